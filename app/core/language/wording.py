"""How numbers, days and moments are written on pages: the filters of every template, in the reader's language and zone."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta

from flask import Flask
from flask_babel import (
    format_date,
    format_decimal,
    format_percent,
    format_time,
    format_timedelta,
    get_locale,
    to_user_timezone,
)
from flask_babel import gettext as _
from jinja2 import pass_context
from jinja2.runtime import Context

from app.core import clock
from app.core.face import current as faces
from app.core.language.words import own_name

MINUS = "\u2212"
NEAR = timedelta(days=7)


def install(app: Flask) -> None:
    app.jinja_env.filters.update(
        ago=ago,
        day=day,
        initials=initials,
        moment=moment,
        number=number,
        percent=percent,
        signed=signed,
        signed_tenth=signed_tenth,
        whole=whole,
    )
    app.jinja_env.globals.update(
        get_locale=get_locale, face=faces.current, own_name=own_name, has_page=app.view_functions.__contains__
    )
    app.jinja_env.globals["ngettext"] = counting(app.jinja_env.globals["ngettext"])


def counting(ngettext: Callable[..., str]) -> Callable[..., str]:
    """`ngettext` of templates that writes its number as the reader writes numbers: 23,839 people, not 23839."""

    @pass_context
    def counted(context: Context, one: str, many: str, num: int, **given: object) -> str:
        return ngettext(context, one, many, num, **{"num": number(num)} | given)

    return counted


def whole(value: float) -> int:
    """Rounded half away from zero, as people round: 12.5 becomes 13, -12.5 becomes -13."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def signed(value: float) -> str:
    """A whole number with its sign, a true minus among them: +42, 0, −7."""
    rounded = whole(value)
    sign = "+" if rounded > 0 else MINUS if rounded < 0 else ""
    return f"{sign}{number(abs(rounded))}"


def signed_tenth(value: float) -> str:
    """With its sign and one decimal: +4.2, 0.0, −7.5."""
    tenths = whole(10 * value)
    sign = "+" if tenths > 0 else MINUS if tenths < 0 else ""
    return f"{sign}{format_decimal(abs(tenths) / 10, '#,##0.0')}"


def number(value: float) -> str:
    return format_decimal(value)


def percent(share: float | None) -> str:
    """A share of 0..1 in whole percent; a dash for None, which is not nought percent."""
    return "–" if share is None else format_percent(whole(share * 100) / 100)


def day(value: date | datetime) -> str:
    return format_date(value, "medium")


def moment(value: datetime) -> str:
    """Day and time in the reader's zone."""
    return f"{format_date(value, 'medium')}, {format_time(value, 'short')}"


def ago(value: date | datetime, now: datetime | None = None) -> str:
    """How long ago or ahead, while that is easier to grasp than a date: within a week. `now` is for tests."""
    now = now or clock.now()
    if not isinstance(value, datetime):
        return days_away(value, to_user_timezone(now).date())
    away = value - now
    if abs(away) >= NEAR:
        return day(value)
    if abs(away) < timedelta(minutes=1):
        return _("just now")
    return format_timedelta(away, add_direction=True, threshold=1.0)


def days_away(value: date, today: date) -> str:
    near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}
    away = value - today
    if away.days in near:
        return near[away.days]
    return (
        day(value)
        if abs(away) >= NEAR
        else format_timedelta(away, granularity="day", add_direction=True, threshold=1.0)
    )


def initials(name: str | None) -> str:
    """At most two letters for the mark beside a name: Ada King becomes AK, ada@example.com becomes A."""
    words = [word for word in (name or "").partition("@")[0].split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[0], words[-1]) if word).upper()[: len(words)] if words else "?"
