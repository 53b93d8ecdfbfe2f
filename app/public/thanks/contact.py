"""Asking to be contacted on the thank-you page: reading the form, and the words of what was promised."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _

from app.core import text
from app.core.language.words import addressing
from app.followups.promises.giving import Wanted
from app.followups.promises.models import Promise, PromiseState, Way
from app.public.forms import Posted

LONGEST_NUMBER, FEWEST_DIGITS, MOST_DIGITS = 40, 5, 17
NUMBER = re.compile(r"[+0-9][0-9 ()./-]*(?:(?:x|ext\.?|#) ?[0-9]{1,6})?", re.IGNORECASE)


@dataclass(frozen=True)
class Told:
    """What the form said: how to be reached, or that it is not needed after all; `error` when it cannot be taken."""

    wanted: Wanted | None = None
    is_withdrawn: bool = False
    error: str = ""


def read(posted: Posted, language: str) -> Told:
    """What the form says, read strictly; the words of an error are in `language`."""
    if posted.given.get("withdraw") == "yes":
        return Told(is_withdrawn=True)
    way, phone = posted.given.get("way"), number_of(posted)
    if way == Way.MAIL:
        return Told(Wanted(Way.MAIL))
    if way == Way.PHONE and phone:
        return Told(Wanted(Way.PHONE, phone))
    with addressing(language):
        return Told(error=_("Please give a number that we can call, with the code of the country."))


def number_of(posted: Posted) -> str:
    """The telephone number as it was written; empty when it is none."""
    try:
        given = text.clean(posted.given.get("phone", ""), limit=LONGEST_NUMBER).strip()
    except text.UnreadableText:
        return ""
    digits = sum(sign.isdigit() for sign in given)
    return given if NUMBER.fullmatch(given) and FEWEST_DIGITS <= digits <= MOST_DIGITS else ""


def shown(promise: Promise | None, company: str, *, is_open: bool, now: datetime) -> Mapping[str, Any]:
    """What the page says about being in touch, in the language in force: the promise, or how to get one."""
    standing = promise if promise is not None and promise.withdrawn_at is None else None
    if standing is None:
        return {"may_ask": is_open}
    if standing.state(now) is PromiseState.KEPT:
        return {}
    if standing.state(now) is PromiseState.BROKEN:
        return {"missed": missed(standing)}
    return {"promise": promised(standing, company), "may_withdraw": is_open}


def promised(promise: Promise, company: str) -> str:
    """Who is in touch, how, and by when."""
    said = {"who": promise.staff_name or company, "day": day_in_words(promise.due_on)}
    if promise.way is Way.PHONE:
        return _("%(who)s calls you by %(day)s.", **said)
    return _("%(who)s writes to you by %(day)s.", **said)


def missed(promise: Promise) -> str:
    """The day has passed, and as far as we know nobody was in touch."""
    return _(
        "Somebody should have been in touch with you by %(day)s. If nobody was, please reply to the mail you came from:"
        " it reaches a person.",
        day=day_in_words(promise.due_on),
    )


def day_in_words(day: date) -> str:
    """The date with the day of the week, as the language in force writes them."""
    return format_date(day, "full")
