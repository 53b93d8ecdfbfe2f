"""Whether detractors come back, beside those whom nobody followed up; section 5 of the formulas.

Of detractors with nothing done, 35 to 49 in 100 give a better score the next time: extreme answers fall back towards
the middle by themselves. So a recovery rate says little without the same rate of detractors who were left alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.reports.statistics.nps import Interval, wilson
from app.reports.statistics.tails import fisher_two_sided

RECOVERED_FROM = 7
WON_FROM = 9


@dataclass(frozen=True)
class Recovery:
    """How many of `n` detractors whose next ask has closed gave a better score then; silent ones stay in `n`."""

    recovered: int
    n: int

    @property
    def rate(self) -> float | None:
        return self.recovered / self.n if self.n else None

    @property
    def interval(self) -> Interval | None:
        """Wilson's, 0..1."""
        return wilson(self.recovered, self.n)


@dataclass(frozen=True)
class Compared:
    """Detractors with a closed follow-up beside those without; `difference` of the rates, `p` by Fisher's exact test."""

    followed: Recovery
    control: Recovery

    @property
    def difference(self) -> float | None:
        if self.followed.rate is None or self.control.rate is None:
            return None
        return self.followed.rate - self.control.rate

    @property
    def p(self) -> float | None:
        if not (self.followed.n and self.control.n):
            return None
        return fisher_two_sided(
            (
                (self.followed.recovered, self.followed.n - self.followed.recovered),
                (self.control.recovered, self.control.n - self.control.recovered),
            )
        )
