"""When in a person's week a mail may come. Pure.

A window is some weekdays (0 is Monday) between two hours of the person's own clock; the end hour is not part of it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.surveys.rules import Rules


def next_in_window(
    moment: datetime, in_zone: ZoneInfo, *, days: Collection[int], start: int, end: int
) -> datetime:
    """The moment itself if it lies in the window, else the next opening of the window, in UTC."""
    local = moment.astimezone(in_zone)
    if local.weekday() in days and start <= local.hour < end:
        return moment
    day = local.date() + timedelta(days=local.hour >= start)
    while day.weekday() not in days:
        day += timedelta(days=1)
    return datetime.combine(day, time(start), in_zone).astimezone(UTC)


def reminder_moment(
    rules: Rules, number: int, sent_at: datetime, in_zone: ZoneInfo, *, reminded_at: datetime | None = None
) -> datetime | None:
    """When reminder `number` (from 1) of an ask sent then is due in the person's window; None without one."""
    planned = rules.remind_at(sent_at, number, reminded_at=reminded_at)
    if planned is None:
        return None
    days, start, end = rules.remind_days, rules.remind_from, rules.remind_until
    return next_in_window(planned, in_zone, days=days, start=start, end=end)


@lru_cache(maxsize=512)
def zone(name: str | None, default: ZoneInfo) -> ZoneInfo:
    """The zone of that name, or the default for none and for one that nobody knows."""
    try:
        return ZoneInfo(name) if name else default
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return default
