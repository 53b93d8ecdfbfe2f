"""What answers, accounts and the silent weigh in an NPS.

Three weights: each answer once (voice), each account once, each account by its ARR (money). And what the NPS would be
if the silent answered like the people who are like them: weighting classes, or raking where only margins are known.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from math import fsum, sqrt
from statistics import stdev

from app.reports.statistics.nps import Counts

FEWEST_IN_CLASS = 5
HEAVIEST = 3.0
RAKING_STEPS, RAKING_ENOUGH = 1000, 1e-10


@dataclass(frozen=True)
class Weighted:
    """An NPS in which accounts weigh instead of answers; `effective` is how many equal accounts it is worth.

    `coverage` is the share 0..1 of all weight that has an answer; `se` needs equal weights and two accounts.
    """

    nps: float | None
    accounts: int
    effective: float
    coverage: float
    se: float | None = None


def account_weighted(by_account: Mapping[str, Counts]) -> Weighted:
    """Each account's NPS once, however many of its people answered."""
    each = [counts.nps for counts in by_account.values() if counts.n]
    weighted = arr_weighted(by_account, dict.fromkeys(by_account, 1))
    se = stdev(each) / sqrt(len(each)) if len(each) > 1 else None
    return Weighted(weighted.nps, weighted.accounts, weighted.effective, weighted.coverage, se)


def arr_weighted(by_account: Mapping[str, Counts], arr: Mapping[str, float]) -> Weighted:
    """Each account's NPS weighed by its ARR; accounts without ARR do not count. `arr` may hold silent accounts."""
    weights = {account: float(arr.get(account) or 0) for account, counts in by_account.items() if counts.n}
    weights = {account: weight for account, weight in weights.items() if weight > 0}
    total, everything = fsum(weights.values()), fsum(float(weight or 0) for weight in arr.values())
    if not total:
        return Weighted(None, 0, 0.0, 0.0)
    nps = fsum(weight * by_account[account].nps for account, weight in weights.items()) / total
    effective = total**2 / fsum(weight**2 for weight in weights.values())
    return Weighted(nps, len(weights), effective, total / everything)


def clustered_se(by_account: Mapping[Hashable, Counts]) -> float | None:
    """The SE in points of the NPS of all answers where people of one account answer alike.

    The linearised ratio with the factor m / (m - 1) for m accounts; None with fewer than two of them.
    """
    each = [counts for counts in by_account.values() if counts.n]
    if len(each) < 2:
        return None
    n, net = sum(counts.n for counts in each), sum(counts.promoters - counts.detractors for counts in each)
    left = fsum((counts.promoters - counts.detractors - counts.n * net / n) ** 2 for counts in each)
    return 100 / n * sqrt(left * len(each) / (len(each) - 1))


def shrunk(counts: Counts, portfolio: Counts, k: float = 10) -> float | None:
    """The NPS of a small segment pulled towards the portfolio, as if `k` more answers had come at its level."""
    if not portfolio.n or not counts.n + k:
        return None
    return ((counts.nps * counts.n if counts.n else 0.0) + k * portfolio.nps) / (counts.n + k)


# The silent


@dataclass(frozen=True)
class Adjusted:
    """An NPS in which each answer also speaks for the silent of its class.

    `weights` per answer and class, asked / answered; `effective` answers it is worth; `raw` without weights.
    """

    nps: float
    raw: float
    effective: float
    weights: dict[Hashable, float]


def class_weighted(asked: Mapping[Hashable, int], answered: Mapping[Hashable, Counts]) -> Adjusted:
    """Each answer weighs asked / answered of its class.

    Raises ValueError where a class has no answers: there is nothing to speak for its silent.
    """
    for name, people in asked.items():
        counts = answered.get(name, Counts())
        if people and not counts.n:
            raise ValueError(
                f"class {name} has no answers: collapse it with a neighbour or report it as unknown"
            )
        if counts.n > people:
            raise ValueError(f"class {name}: {counts.n} people cannot have answered out of {people}")
    weights = {name: people / answered[name].n for name, people in asked.items() if people}
    shapes = {name: answered[name] for name in weights}
    net = fsum(weights[name] * (each.promoters - each.detractors) for name, each in shapes.items())
    total = fsum(weights[name] * each.n for name, each in shapes.items())
    if not total:
        raise ValueError("nobody was asked")
    squares = fsum(weights[name] ** 2 * each.n for name, each in shapes.items())
    return Adjusted(100 * net / total, sum(shapes.values(), Counts()).nps, total**2 / squares, weights)


def collapsed(
    asked: Mapping[tuple, int], answered: Mapping[tuple, Counts]
) -> tuple[dict[tuple, int], dict[tuple, Counts]]:
    """Classes named by what they have in common, coarse first, joined with their neighbours until each can be weighed.

    A class of fewer than five answers, or whose answers would weigh more than three times, is joined with all that
    share its name but for the last part; in the end with everybody.
    """
    asked, answered = dict(asked), dict(answered)
    while len(asked) > 1 and (weak := _weakest(asked, answered)) is not None:
        shorter = weak[:-1]
        near = [name for name in asked if name[: len(shorter)] == shorter]
        people = sum(asked.pop(name) for name in near)
        counts = sum((answered.pop(name, Counts()) for name in near), Counts())
        asked[shorter], answered[shorter] = people, counts
    return asked, answered


def _weakest(asked: Mapping[tuple, int], answered: Mapping[tuple, Counts]) -> tuple | None:
    """The finest class that cannot be weighed by itself, the one of fewest answers."""
    weak = [
        name
        for name, people in asked.items()
        if (n := answered.get(name, Counts()).n) < FEWEST_IN_CLASS or people > HEAVIEST * n
    ]
    return min(weak, key=lambda name: (-len(name), answered.get(name, Counts()).n, name), default=None)


def raked(
    answered: Mapping[tuple[str, ...], int], margins: list[Mapping[str, float]]
) -> dict[tuple[str, ...], float]:
    """The weight of each answer by cell so that the weighted answers agree with every margin of the people asked.

    Cells are named by one category for each margin, in its order. By iterative fitting (Deming & Stephan 1940).
    Raises ValueError where a category of a margin has no answers, or the margins do not add up to the same.
    """
    _check_margins(answered, margins)
    weights = dict.fromkeys((cell for cell, n in answered.items() if n), 1.0)
    for _ in range(RAKING_STEPS):
        off = 0.0
        for place, margin in enumerate(margins):
            for category, wanted in margin.items():
                cells = [cell for cell in weights if cell[place] == category]
                factor = wanted / fsum(weights[cell] * answered[cell] for cell in cells)
                off = max(off, abs(factor - 1))
                weights.update({cell: weights[cell] * factor for cell in cells})
        if off < RAKING_ENOUGH:
            return weights
    raise ValueError("the margins cannot be met together with these answers")


def _check_margins(answered: Mapping[tuple[str, ...], int], margins: list[Mapping[str, float]]) -> None:
    totals = [fsum(margin.values()) for margin in margins]
    if max(totals) - min(totals) > 1e-6 * max(totals):
        raise ValueError(f"the margins do not add up to the same number of people: {totals}")
    for place, margin in enumerate(margins):
        known = {cell[place] for cell, n in answered.items() if n}
        if missing := sorted(
            category for category, people in margin.items() if people and category not in known
        ):
            raise ValueError(f"nobody answered in {', '.join(missing)}")
        if unknown := sorted(known - {category for category, people in margin.items() if people}):
            raise ValueError(f"nobody was asked in {', '.join(unknown)}")
