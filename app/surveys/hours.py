"""Windows and hours in the reader's words."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask_babel import format_date, format_time, get_locale
from flask_babel import gettext as _

from app.surveys.rules import Rules


def day_names(width: str = "wide") -> list[tuple[int, str]]:
    """The days of the week from Monday (0) on."""
    return sorted(get_locale().days["stand-alone"][width].items())


def days(chosen: Collection[int]) -> str:
    """Weekdays as people write them: "Tue-Thu", "Mon, Wed, Fri"."""
    names = dict(day_names("abbreviated"))
    spans: list[list[int]] = []
    for day in sorted(chosen):
        if spans and spans[-1][-1] == day - 1:
            spans[-1].append(day)
        else:
            spans.append([day])
    told = [
        f"{names[span[0]]}–{names[span[-1]]}" if len(span) > 2 else ", ".join(names[day] for day in span)
        for span in spans
    ]
    return ", ".join(told)


def hour(number: int) -> str:
    return format_time(time(number % 24), "short")


def window(chosen: Collection[int], start: int, end: int) -> str:
    """Such as "Tue-Thu, 08:00 to 11:00"."""
    return _("%(days)s, %(start)s to %(end)s", days=days(chosen), start=hour(start), end=hour(end))


def on_clock(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as the clock of that zone shows it, whoever reads it."""
    local = moment.astimezone(zone)
    return f"{format_date(local.date(), 'medium')}, {format_time(local.time(), 'short')}"


def first_mails(rules: Rules) -> str:
    return window(rules.send_days, rules.send_from, rules.send_until)


def reminders(rules: Rules) -> str:
    return window(rules.remind_days, rules.remind_from, rules.remind_until)
