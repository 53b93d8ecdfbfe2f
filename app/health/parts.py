"""A score that explains itself: its parts, what each cost, the ceiling that binds; and the arithmetic of all scores."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import floor, fsum
from typing import Self

from app.core.language.wording import whole


@dataclass(frozen=True)
class Part:
    """One reason for a score: its value 0..100 (None = unknown), its weight, and the points it cost.

    `evidence` holds the whole numbers behind the value (people, asks, days), for the words on the page.
    """

    name: str
    value: float | None
    weight: float
    evidence: Mapping[str, int] = field(default_factory=dict)
    points_lost: float | None = None


@dataclass(frozen=True)
class Ceiling:
    """What a score may reach at most, and why; `points_lost` is what it took when it is the one that binds."""

    name: str
    value: float
    points_lost: float = 0.0


@dataclass(frozen=True)
class Score:
    """A score 0..100 with its reasons; `score` is None when too little is known.

    100 - score is exactly the sum of the points lost by the parts and to the binding ceiling. `known_weight` is the
    weight of the parts that are known, `completeness` the same as a share 0..1 of all weight.
    """

    score: float | None
    raw: float | None
    parts: tuple[Part, ...]
    ceilings: tuple[Ceiling, ...]
    binding: Ceiling | None
    known_weight: float
    completeness: float

    @classmethod
    def of(
        cls, parts: Iterable[Part], ceilings: Iterable[Ceiling] = (), *, enough: bool = True, **own
    ) -> Self:
        """Average the known parts by weight and hold the result under every ceiling; no score unless `enough`."""
        parts, ceilings = tuple(parts), tuple(ceilings)
        known, total = known_weight(parts), fsum(part.weight for part in parts)
        raw = weighted_mean((part.value, part.weight) for part in parts if part.value is not None)
        raw = raw if enough else None
        if raw is not None:
            parts = tuple(_with_loss(part, known) for part in parts)
        binding = _binding(ceilings, raw)
        return cls(
            score=binding.value if binding else raw,
            raw=raw,
            parts=parts,
            ceilings=ceilings,
            binding=binding,
            known_weight=known,
            completeness=known / total if total else 0.0,
            **own,
        )

    def part(self, name: str) -> Part:
        return next(part for part in self.parts if part.name == name)

    def shown_losses(self) -> dict[str, int]:
        """Whole points lost by part and binding ceiling; they and the rounded score add up to 100."""
        if self.score is None:
            return {}
        losses = {part.name: part.points_lost for part in self.parts if part.points_lost is not None}
        if self.binding:
            losses[self.binding.name] = self.binding.points_lost
        return whole_points(losses, 100 - whole(self.score))


def known_weight(parts: Iterable[Part]) -> float:
    return fsum(part.weight for part in parts if part.value is not None)


def _with_loss(part: Part, known: float) -> Part:
    return part if part.value is None else replace(part, points_lost=part.weight * (100 - part.value) / known)


def _binding(ceilings: tuple[Ceiling, ...], raw: float | None) -> Ceiling | None:
    lowest = min(ceilings, key=lambda ceiling: (ceiling.value, ceiling.name), default=None)
    if lowest is None or raw is None or lowest.value >= raw:
        return None
    return replace(lowest, points_lost=raw - lowest.value)


def weighted_mean(pairs: Iterable[tuple[float, float]]) -> float | None:
    """The mean of (value, weight) pairs, whatever their order; None without any weight."""
    pairs = tuple(pairs)
    total = fsum(weight for _, weight in pairs)
    if not total:
        return None
    mean = fsum(value * weight for value, weight in pairs) / total
    # Rounding must not carry a mean past its own values: 100 stays 100, or a score could leave its scale.
    values = [value for value, _ in pairs]
    return min(max(mean, min(values)), max(values))


def remaining(age: float, half_life: float) -> float:
    """The share 1..0 that is left after `age` days; nothing is lost before day 0."""
    return 2 ** (-max(0, age) / half_life)


def fade(points: float, age: float, half_life: float, grace: float = 0) -> float:
    """Points above 50 sink towards 50 once `grace` days are over; points up to 50 stay as they are."""
    return points if points <= 50 else 50 + (points - 50) * remaining(age - grace, half_life)


def whole_points(parts: Mapping[str, float], total: int) -> dict[str, int]:
    """Cut the parts down to whole points that add up to `total`: the largest remainders are rounded up, ties by name.

    Parts may be negative; where `total` was rounded to less than the parts cut down, the smallest remainders give way.
    """
    shown = {name: floor(points) for name, points in parts.items()}
    # Remainders are compared to nine places, so that equal ones are not told apart by float noise.
    by_remainder = sorted(parts, key=lambda name: (round(shown[name] - parts[name], 9), name))
    missing = total - sum(shown.values())
    for name in by_remainder[: max(0, missing)]:
        shown[name] += 1
    for name in by_remainder[len(by_remainder) + min(0, missing) :]:
        shown[name] -= 1
    return shown
