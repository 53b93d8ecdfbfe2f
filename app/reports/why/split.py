"""The change between two NPS cut into people, so that the parts add up exactly (pure).

With S people who answered in both periods, NPS2 - NPS1 is the sum of three: how the mean of S moved; how far those who
answer newly lie from S, by their share of the second period; and, taken away, how far those who no longer answer lay
from S, by their share of the first. Each person has a contribution of their own, so that accounts and themes add up
the same way. Where nobody answered in both, newly answering people explain everything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from app.core.language.wording import tenths_between, whole
from app.health.parts import whole_points
from app.reports.statistics.nps import FEWEST_FOR_NPS, Counts
from app.surveys.scales import Band

WORTH = {Band.PROMOTER: 100, Band.PASSIVE: 0, Band.DETRACTOR: -100}
SHAPE = (Band.DETRACTOR, Band.PASSIVE, Band.PROMOTER)


class Part(StrEnum):
    """What people did between the two periods."""

    MOVED = "moved"
    JOINED = "joined"
    LEFT = "left"


@dataclass(frozen=True)
class People:
    """`number` people alike: of one account or theme, in the band `before` and then `after`; None: no answer then."""

    key: Hashable
    before: Band | None
    after: Band | None
    number: int

    @property
    def part(self) -> Part:
        if self.before is None:
            return Part.JOINED
        return Part.LEFT if self.after is None else Part.MOVED


@dataclass(frozen=True)
class Contribution:
    """What an account or theme adds to the change, in points, and how many of its people are behind it."""

    key: Hashable
    points: float
    people: int


@dataclass(frozen=True)
class Split:
    """The change of `people`, everybody who answered in either period, by account; both periods have answers."""

    people: Sequence[People]

    @cached_property
    def before(self) -> Counts:
        return self._counts(lambda group: group.before)

    @cached_property
    def after(self) -> Counts:
        return self._counts(lambda group: group.after)

    @cached_property
    def same_before(self) -> Counts:
        return self._counts(lambda group: group.before if group.part is Part.MOVED else None)

    @cached_property
    def same_after(self) -> Counts:
        return self._counts(lambda group: group.after if group.part is Part.MOVED else None)

    @property
    def is_told(self) -> bool:
        """Whether both periods have as many answers as an NPS takes."""
        return min(self.before.n, self.after.n) >= FEWEST_FOR_NPS

    def told(self, points: float) -> float | None:
        """Points of this change as they may be said: none until both periods have an NPS."""
        return points if self.is_told else None

    @property
    def points(self) -> float:
        return self.after.nps - self.before.nps

    @cached_property
    def parts(self) -> dict[Part, float]:
        """In points, each unrounded; they add up to `points`."""
        sums = dict.fromkeys(Part, 0.0)
        for group in self.people:
            sums[group.part] += self.points_of(group)
        return sums

    @cached_property
    def tenths(self) -> dict[Part, int]:
        """The parts in tenths of a point as they are shown: they add up to the tenths of the two figures."""
        total = whole(10 * self.tenths_in_all)
        return whole_points({part: 10 * points for part, points in self.parts.items()}, total)

    @property
    def tenths_in_all(self) -> float:
        """The change in points, between the two figures as they are shown to one decimal."""
        return tenths_between(self.before.nps, self.after.nps)

    def number(self, part: Part) -> int:
        return sum(group.number for group in self.people if group.part is part)

    def points_of(self, group: People) -> float:
        """What people alike add to the change."""
        if group.part is Part.MOVED:
            return group.number * (WORTH[group.after] - WORTH[group.before]) / self.same_after.n
        if group.part is Part.JOINED:
            return group.number * (WORTH[group.after] - self._level(self.same_after)) / self.after.n
        return -group.number * (WORTH[group.before] - self._level(self.same_before)) / self.before.n

    def contributions(self, people: Iterable[People] | None = None) -> list[Contribution]:
        """By account, or by what `people` are grouped by, the largest first in either direction."""
        points, numbers = defaultdict(float), defaultdict(int)
        for group in self.people if people is None else people:
            points[group.key] += self.points_of(group)
            numbers[group.key] += group.number
        found = [Contribution(key, points[key], numbers[key]) for key in points]
        return sorted(found, key=lambda one: (-round(abs(one.points), 9), -one.people, str(one.key)))

    def moves(self) -> dict[tuple[Band, Band], int]:
        """How many of the same people went from which band to which."""
        found: dict[tuple[Band, Band], int] = defaultdict(int)
        for group in self.people:
            if group.part is Part.MOVED:
                found[group.before, group.after] += group.number
        return found

    def _level(self, same: Counts) -> float:
        """What those who came or went are held against."""
        return self.before.nps if same.nps is None else same.nps

    def _counts(self, band_of) -> Counts:
        sums = dict.fromkeys(SHAPE, 0)
        for group in self.people:
            if (band := band_of(group)) is not None:
                sums[band] += group.number
        return Counts(*(sums[band] for band in SHAPE))


def split(people: Sequence[People]) -> Split | None:
    """None where either period has no answers."""
    found = Split(people)
    return found if found.before.n and found.after.n else None
