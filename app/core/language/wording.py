"""How numbers, days and moments are written on pages: the filters of every template, in the reader's language and zone."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from babel import dates, numbers
from flask import Flask, g, has_app_context
from flask_babel import format_decimal, format_timedelta, get_locale, to_user_timezone
from flask_babel import gettext as _
from jinja2 import pass_context, pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from markupsafe import Markup

from app.core import clock
from app.core.face import current as faces
from app.core.language.words import FALLBACK, STAFF, own_name
from app.extensions import babel

MINUS = "\u2212"
NEAR = timedelta(days=7)
A_WEEK, A_MINUTE = NEAR.total_seconds(), 60
UNITS = {86_400: "day", 3_600: "hour", A_MINUTE: "minute"}
EDGES = (*(way * edge for edge in (A_WEEK, *UNITS) for way in (1, -1)), 0)


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
        tenth=tenth,
        whole=whole,
    )
    app.jinja_env.globals.update(
        get_locale=get_locale, face=faces.current, own_name=own_name, has_page=app.view_functions.__contains__
    )
    babel.domain_instance = STAFF
    app.jinja_env.globals.update(_=spoken, gettext=spoken)
    app.jinja_env.globals["ngettext"] = counting(app.jinja_env.globals["ngettext"])


@pass_eval_context
def spoken(place: EvalContext, words: str, /, **given: object) -> str:
    """`_` of templates: what the library's does, at a tenth of its time, which is a fifth of a long page's."""
    said = words if speaks_to_staff() else _(words)
    if place.autoescape:
        said = as_markup(said)
    return said % given if given or "%" in said else said


def tongue() -> object | None:
    """What the library keeps of the language of this context, once anything was said in it."""
    return getattr(g._get_current_object(), "_flask_babel", None) if has_app_context() else None


def speaks_to_staff() -> bool:
    """Whether words are said as they are written; the library looks through five objects for each to find that out."""
    return getattr(tongue(), "babel_domain", None) is STAFF


@lru_cache(maxsize=4096)
def as_markup(said: str) -> Markup:
    """Words of a template, which are its markup; what is put into them is escaped."""
    return Markup(said)  # noqa: S704


def counting(ngettext: Callable[..., str]) -> Callable[..., str]:
    """`ngettext` of templates that writes its number as the reader writes numbers: 23,839 people, not 23839."""

    @pass_context
    def counted(context: Context, one: str, many: str, num: int, **given: object) -> str:
        given = {"num": number(num)} | given
        if not speaks_to_staff():
            return ngettext(context, one, many, num, **given)
        said = one if num == 1 else many
        return (as_markup(said) if context.eval_ctx.autoescape else said) % given

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
    return f"{sign}{tenth(abs(value))}"


def tenths_between(then: float, now: float) -> float:
    """The difference of two figures as they are shown to one decimal, so that the one and it add up to the other."""
    return (whole(10 * now) - whole(10 * then)) / 10


def tenth(value: float) -> str:
    """Without a sign and with one decimal, for "up 4.2 points": 4.2, 0.0."""
    return format_decimal(whole(10 * abs(value)) / 10, "#,##0.0")


def number(value: float) -> str:
    return whole_in(in_force(), value) if type(value) is int else format_decimal(value)


@lru_cache(maxsize=512)
def whole_in(locale: str, value: int) -> str:
    return numbers.format_decimal(value, locale=locale)


def percent(share: float | None) -> str:
    """A share of 0..1 in whole percent; a dash for None, which is not nought percent."""
    return "–" if share is None else percent_in(in_force(), whole(share * 100))


@lru_cache(maxsize=512)
def percent_in(locale: str, percent: int) -> str:
    return numbers.format_percent(percent / 100, locale=locale)


def day(value: date | datetime) -> str:
    own = to_user_timezone(value).date() if isinstance(value, datetime) else value
    return day_in(in_force(), own)


def day_as(form: str, value: date) -> str:
    """A day in a form of Babel's, `MMM yy` for instance."""
    return day_in(in_force(), value, form)


def moment(value: datetime) -> str:
    """Day and time in the reader's zone."""
    return moment_in(in_force(), to_user_timezone(value))


def in_force() -> str:
    """The reader's locale by its name, under which finished words are kept; English where nobody reads."""
    known = tongue()
    locale = getattr(known, "babel_locale", None)
    if locale is None:
        return str(get_locale() or FALLBACK)
    if getattr(known, "locale_named", None) is not locale:
        known.locale_named, known.locale_name = locale, str(locale)
    return known.locale_name


def moment_in(locale: str, own: datetime) -> str:
    """Day and time of a moment that is in the reader's zone already."""
    return f"{day_in(locale, own.date())}, {time_in(locale, own.hour, own.minute)}"


@lru_cache(maxsize=512)
def day_in(locale: str, value: date, form: str = "medium") -> str:
    """A day in words. Pages name few days, each many times, and Babel reads its pattern anew for each."""
    return dates.format_date(value, form, locale)


@lru_cache(maxsize=512)
def time_in(locale: str, hour: int, minute: int) -> str:
    return dates.format_time(time(hour, minute), "short", locale=locale)


def ago(value: date | datetime, now: datetime | None = None) -> str:
    """How long ago or ahead, while that is easier to grasp than a date: within a week. `now` is for tests."""
    now = now or clock.now()
    if not isinstance(value, datetime):
        return days_away(value, to_user_timezone(now).date())
    return ago_in(in_force(), value - now) or day(value)


def ago_in(locale: str, away: timedelta) -> str:
    """So long ago or ahead in words; nothing from a week on, where a date says more."""
    seconds = away.total_seconds()
    length = abs(seconds)
    if length >= A_WEEK:
        return ""
    if length < A_MINUTE:
        return _("just now")
    unit = next(unit for unit in UNITS if length >= unit)
    return time_away(locale, unit, round(seconds / unit))


def ago_lasts(away: timedelta) -> float:
    """For so many seconds from now, `ago_in` says the same of a moment that is now so far away; inf where it always will.

    The words change where a unit begins or ends, and halfway between two numbers of the unit, where they are rounded.
    """
    seconds = away.total_seconds()
    length = abs(seconds)
    edges = [edge for edge in EDGES if edge <= seconds]
    if A_MINUTE <= length < A_WEEK:
        unit = next(unit for unit in UNITS if length >= unit)
        edges += [edge for edge in ((round(seconds / unit) - 0.5) * unit,) if edge <= seconds]
    return seconds - max(edges) if edges else math.inf


@lru_cache(maxsize=512)
def time_away(locale: str, unit: int, number: int) -> str:
    """So many units ago or ahead, in words; the largest unit of which there is one whole."""
    away = timedelta(seconds=unit * number)
    return dates.format_timedelta(
        away, granularity=UNITS[unit], threshold=math.inf, add_direction=True, locale=locale
    )


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
