"""What all scales have in common: exactly one number of a range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from app.surveys.kinds import refusals
from app.surveys.kinds.kind import Asked, Given, Kind, Summary, Wrong, counted


class Scale(Kind):
    """A number of `values`; those in `good` are the share that reports speak of."""

    field = "scale"
    extras = ("labels",)
    good: ClassVar[range] = range(0)

    def read(self, asked: Asked, posted: Mapping[str, list[str]]) -> Given | None:
        found = posted.get(asked.name, [])
        if not any(found):
            return None
        choices = {str(number): number for number in self.values}
        if len(found) > 1 or found[0] not in choices:
            raise Wrong(refusals.choose_one(self.values))
        return Given(self.key, choices[found[0]])

    def summary(self, groups: Iterable[tuple[Given, int]]) -> Summary:
        counts = counted(groups)
        n = sum(counts.values())
        if not n:
            return Summary(0, counts)
        mean = sum(float(value) * number for value, number in counts.items()) / n
        good = sum(counts.get(str(value), 0) for value in self.good)
        return Summary(n, counts, mean, good / n if self.good else None)
