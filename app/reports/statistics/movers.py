"""Who moved between bands and silence from one ask to the next (pure); section 5 of the scoring formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """What came of an ask: a band, or silence. In the order in which pages name them."""

    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"
    SILENT = "silent"


HEIGHT = {Standing.PROMOTER: 2, Standing.PASSIVE: 1, Standing.DETRACTOR: 0}
Pair = tuple[Standing, Standing]


@dataclass(frozen=True)
class Movers:
    """How often an ask that ended as the first of a pair was followed by one that ended as the second."""

    pairs: Mapping[Pair, int]

    def number(self, was: Standing, now: Standing) -> int:
        return self.pairs.get((was, now), 0)

    def before(self, was: Standing) -> int:
        return sum(self.number(was, now) for now in Standing)

    def after(self, now: Standing) -> int:
        return sum(self.number(was, now) for was in Standing)

    def share(self, was: Standing, now: Standing) -> float | None:
        """Of those who stood at `was`: 0 to 1; None without any."""
        whole = self.before(was)
        return self.number(was, now) / whole if whole else None

    @property
    def n(self) -> int:
        return sum(self.pairs.values())

    @property
    def up(self) -> int:
        """From a band to a better one."""
        return self._between(lambda was, now: now > was)

    @property
    def down(self) -> int:
        return self._between(lambda was, now: now < was)

    @property
    def went_silent(self) -> int:
        """Answered before, and not this time."""
        return self.after(Standing.SILENT) - self.number(Standing.SILENT, Standing.SILENT)

    @property
    def came_back(self) -> int:
        return self.before(Standing.SILENT) - self.number(Standing.SILENT, Standing.SILENT)

    def _between(self, is_counted) -> int:
        return sum(
            number
            for (was, now), number in self.pairs.items()
            if was in HEIGHT and now in HEIGHT and is_counted(HEIGHT[was], HEIGHT[now])
        )
