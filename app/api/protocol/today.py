"""The present moment, the installation's day and its zone, asked for once at the door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.core import clock
from app.core.web.pages import this_installation


@dataclass(frozen=True)
class Present:
    """Now, and what day that is where the installation is at home."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return clock.day_of(self.now, self.zone)


def present() -> Present:
    return Present(clock.now(), this_installation().zone)
