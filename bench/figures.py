"""A measured figure beside its goal, and the table that they make."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

WIDTHS = (50, 9, 9, 16, 8)
NAMES = ("what", "figure", "goal", "low..high", "")


@dataclass(frozen=True, slots=True)
class Figure:
    """`goal` is the least that is accepted, or with `at_most` the most; None: for information."""

    what: str
    value: float
    goal: float | None = None
    at_most: bool = False
    low: float | None = None
    high: float | None = None
    unit: str = ""
    note: str = ""

    @property
    def is_missed(self) -> bool:
        if self.goal is None:
            return False
        return self.value > self.goal if self.at_most else self.value < self.goal


@dataclass(frozen=True, slots=True)
class Absent:
    """Something that cannot be measured on this machine, and why."""

    what: str
    note: str
    is_missed: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """One round of one side of a comparison."""

    rate: float
    cpu_us: float


def ratio(what: str, goal: float | None, rounds: Sequence[tuple[Side, Side]]) -> Figure:
    """The median over `rounds`, pairs of ours and floor, of ours per second for one of the floor per second."""
    ratios = [ours.rate / floor.rate for ours, floor in rounds]
    ours, floor = [[pair[place] for pair in rounds] for place in (0, 1)]
    rates = [statistics.median(side.rate for side in sides) for sides in (ours, floor)]
    cpu = [statistics.median(side.cpu_us for side in sides) for sides in (ours, floor)]
    note = f"{rates[0]:,.0f}/s to {rates[1]:,.0f}/s; CPU {cpu[0]:,.0f} us to {cpu[1]:,.0f} us each, {cpu[1] / cpu[0]:.2f}"
    return Figure(what, statistics.median(ratios), goal, low=min(ratios), high=max(ratios), note=note)


def head() -> str:
    return row(*NAMES, "per second and CPU for each, ours to floor")


def line(figure: Figure | Absent) -> str:
    if isinstance(figure, Absent):
        return f"{figure.what:{WIDTHS[0]}}  {figure.note}"
    goal = "" if figure.goal is None else f"{'<=' if figure.at_most else '>='} {number(figure.goal)}"
    spread = "" if figure.low is None else f"{number(figure.low)}..{number(figure.high)}"
    verdict = "" if figure.goal is None else "MISSED" if figure.is_missed else "ok"
    return row(figure.what, number(figure.value) + figure.unit, goal, spread, verdict, figure.note)


def row(what: str, figure: str, goal: str, spread: str, verdict: str, note: str) -> str:
    cells = (figure, goal, spread, verdict)
    return (
        f"{what:{WIDTHS[0]}}"
        + "".join(f"{c:>{w}}" for c, w in zip(cells, WIDTHS[1:], strict=True))
        + f"  {note}"
    )


def number(value: float) -> str:
    """Two places for ratios, none for what is larger."""
    return f"{value:.2f}" if abs(value) < 10 else f"{value:,.0f}"
