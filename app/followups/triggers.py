"""Which task an answer or a silence calls for, why, how urgent it is, and both of its clocks (pure).

First touch: detractor 24 business hours (8 for decision makers and champions), alert 1 day, promoter 2, passive, value and
silence 5 business days; resolution 10 business days. Reasons are whole sentences and name no person, so
that erasing a person leaves nothing behind in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache

from babel.dates import format_date
from flask_babel import get_locale, lazy_gettext, ngettext
from flask_babel import gettext as _

from app.contacts.models import ContactRole
from app.core.language.words import FALLBACK, speaking
from app.core.worktime import WorkWeek
from app.followups.models import TaskKind
from app.sentiment.judging.mismatch import is_mismatch
from app.sentiment.models import Label
from app.surveys.kinds import KINDS
from app.surveys.kinds.kind import Given
from app.surveys.scales import band

ROLES = {
    ContactRole.DECISION_MAKER: lazy_gettext("A decision maker"),
    ContactRole.CHAMPION: lazy_gettext("A champion"),
    ContactRole.ADMIN: lazy_gettext("An administrator"),
    ContactRole.POWER_USER: lazy_gettext("A power user"),
    ContactRole.USER: lazy_gettext("A user"),
    ContactRole.OTHER: lazy_gettext("A contact"),
}
BAND_KINDS = frozenset({TaskKind.DETRACTOR, TaskKind.PASSIVE, TaskKind.PROMOTER})
URGENCY = {
    TaskKind.DETRACTOR: 60,
    TaskKind.VALUE: 50,
    TaskKind.ALERT: 50,
    TaskKind.SILENT: 40,
    TaskKind.PASSIVE: 30,
    TaskKind.PROMOTER: 20,
}
KEY_ROLE_URGENCY = 15
TIER_URGENCY = {1: 10, 2: 0, 3: -10}
# Somebody who asked to be contacted waits for us.
ASKED_FOR_URGENCY, MOST_URGENT = 20, 100
LOW_OVERALL, LOW_GOAL, LOW_EASE = 4, 1, 3


@dataclass(frozen=True)
class Clocks:
    """How soon each kind of task wants its first touch (working days; hours for detractors) and its end."""

    detractor_hours: float = 24
    detractor_hours_key_role: float = 8
    touch_days: Mapping[TaskKind, int] = field(
        default_factory=lambda: {
            TaskKind.PROMOTER: 2,
            TaskKind.PASSIVE: 5,
            TaskKind.VALUE: 5,
            TaskKind.SILENT: 5,
            TaskKind.ALERT: 1,
        }
    )
    resolution_days: int = 10


@dataclass(frozen=True)
class Person:
    """What a trigger knows of the person: the role, and the tier of the account (None counts as 2)."""

    role: ContactRole
    tier: int | None = None


@dataclass(frozen=True)
class Due:
    """A task that is called for. Higher priority comes first."""

    kind: TaskKind
    reason: str
    priority: int
    first_touch_due_at: datetime
    due_at: datetime


def for_score(
    score: int | None,
    person: Person,
    *,
    week: WorkWeek,
    now: datetime,
    clocks: Clocks = Clocks(),
    language: str = FALLBACK,
) -> Due | None:
    """The task for an NPS answer 0..10; None without one. Its reason is in the `language` of staff."""
    if score is None:
        return None
    kind = TaskKind(band(score).value)
    reason = score_reason(kind, score, person.role, language)
    return due(kind, reason, person, week=week, now=now, clocks=clocks)


def for_value(
    overall: int | None,
    goal: int | None,
    ease: int | None,
    person: Person,
    *,
    week: WorkWeek,
    now: datetime,
    clocks: Clocks = Clocks(),
    language: str = FALLBACK,
) -> Due | None:
    """The task for a value answer that is low in at least one item; None when there is nothing low in it."""
    if not is_low(overall, goal, ease):
        return None
    with speaking(language):
        low = "; ".join(low_items(overall, goal, ease))
        reason = _("%(who)s sees little value: %(what)s.", who=ROLES[person.role], what=low)
    return due(TaskKind.VALUE, reason, person, week=week, now=now, clocks=clocks)


def for_others(
    given: Iterable[Given],
    person: Person,
    *,
    picked: Iterable[str] = (),
    week: WorkWeek,
    now: datetime,
    clocks: Clocks = Clocks(),
    language: str = FALLBACK,
) -> Due | None:
    """The task for answers of further kinds, satisfaction or effort for instance, of which at least one is bad.

    `picked`: the bad ones that were chosen of lists, in words (see `bad_pick`).
    """
    bad = [one for one in given if one.number is not None and KINDS[one.kind].is_bad(one, {})]
    chosen = list(picked)
    if not bad and not chosen:
        return None
    with speaking(language):
        low = "; ".join([*map(bad_item, bad), *chosen])
        reason = _("%(who)s gave %(what)s: find out why, soon.", who=ROLES[person.role], what=low)
    return due(TaskKind.ALERT, reason, person, week=week, now=now, clocks=clocks)


def for_mismatch(
    score: int | None,
    label: Label | None,
    person: Person,
    *,
    week: WorkWeek,
    now: datetime,
    clocks: Clocks = Clocks(),
    language: str = FALLBACK,
) -> Due | None:
    """The task for a comment that contradicts its score 0..10; None when they fit, or one of them is missing."""
    if not is_mismatch(score, label):
        return None
    reason = mismatch_reason(label, score, person.role, language)
    return due(TaskKind.ALERT, reason, person, week=week, now=now, clocks=clocks)


def together(one: Due | None, other: Due | None) -> Due | None:
    """Two reasons for one task of a kind."""
    return replace(one, reason=f"{one.reason} {other.reason}") if one and other else one or other


def for_silence(
    asked_at: datetime,
    closed_at: datetime,
    reminders: int,
    person: Person,
    *,
    week: WorkWeek,
    now: datetime,
    clocks: Clocks = Clocks(),
    is_away: bool = False,
) -> Due:
    """The task for somebody who was asked and did not answer before the ask closed, or was away all the while."""
    locale = get_locale() or "en"
    asked, closed = (
        format_date(at.astimezone(week.zone), "medium", locale=locale) for at in (asked_at, closed_at)
    )
    said = {"who": ROLES[person.role], "asked": asked, "closed": closed}
    if is_away:
        reason = _("%(who)s was asked on %(asked)s; by %(closed)s only an automatic reply had come.", **said)
    elif reminders:
        reason = ngettext(
            "%(who)s was asked on %(asked)s, reminded once, and did not answer by %(closed)s.",
            "%(who)s was asked on %(asked)s, reminded %(num)s times, and did not answer by %(closed)s.",
            reminders,
            **said,
        )
    else:
        reason = _("%(who)s was asked on %(asked)s and did not answer by %(closed)s.", **said)
    return due(TaskKind.SILENT, reason, person, week=week, now=now, clocks=clocks)


def for_reply(person: Person, *, week: WorkWeek, now: datetime, clocks: Clocks = Clocks()) -> Due:
    """The task for somebody who wrote back to a survey mail, where there is none to put the reply on."""
    reason = _("%(who)s wrote back to our mail and waits for an answer.", who=ROLES[person.role])
    return due(TaskKind.ALERT, reason, person, week=week, now=now, clocks=clocks)


def for_request(person: Person, *, week: WorkWeek, now: datetime, clocks: Clocks = Clocks()) -> Due:
    """The task for somebody who asked to be contacted, where there is none to put the wish on."""
    reason = _("%(who)s asked to be contacted.", who=ROLES[person.role])
    return due(TaskKind.ALERT, reason, person, week=week, now=now, clocks=clocks)


def for_complaint(person: Person, *, week: WorkWeek, now: datetime, clocks: Clocks = Clocks()) -> Due:
    """The task for somebody who called our mail spam."""
    reason = _(
        "%(who)s marked our mail as spam and gets no more surveys. Do not write; find out by phone what went wrong.",
        who=ROLES[person.role],
    )
    return due(TaskKind.ALERT, reason, person, week=week, now=now, clocks=clocks)


def due(
    kind: TaskKind, reason: str, person: Person, *, week: WorkWeek, now: datetime, clocks: Clocks = Clocks()
) -> Due:
    """A task of `kind` with its priority and both clocks, which start at `now`."""
    return Due(
        kind=kind,
        reason=reason,
        priority=priority(kind, person),
        first_touch_due_at=touch_due(kind, person, week=week, now=now, clocks=clocks),
        due_at=week.add_days(now, clocks.resolution_days),
    )


def priority(kind: TaskKind, person: Person) -> int:
    """0..100, higher is more urgent: the kind counts most, then a key role, then the account's tier."""
    return URGENCY[kind] + KEY_ROLE_URGENCY * person.role.is_key + TIER_URGENCY[person.tier or 2]


def touch_due(
    kind: TaskKind, person: Person, *, week: WorkWeek, now: datetime, clocks: Clocks = Clocks()
) -> datetime:
    if kind is TaskKind.DETRACTOR:
        hours = clocks.detractor_hours_key_role if person.role.is_key else clocks.detractor_hours
        return week.add_hours(now, hours)
    return week.add_days(now, clocks.touch_days[kind])


@cache
def score_reason(kind: TaskKind, score: int, role: ContactRole, language: str) -> str:
    """There are few of them and many answers, so each is worded once."""
    said = {"who": ROLES[role], "score": score}
    with speaking(language):
        if kind is TaskKind.DETRACTOR:
            return _("%(who)s gave %(score)s of 10: find out why, soon.", **said)
        if kind is TaskKind.PASSIVE:
            return _("%(who)s gave %(score)s of 10: ask what is missing.", **said)
        return _("%(who)s gave %(score)s of 10: say thank you, and ask for help.", **said)


@cache
def mismatch_reason(label: Label, score: int, role: ContactRole, language: str) -> str:
    """As few of them."""
    said = {"who": ROLES[role], "score": score}
    with speaking(language):
        if label is Label.NEGATIVE:
            return _(
                "%(who)s gave %(score)s of 10, but the comment sounds negative: read it before you thank them.",
                **said,
            )
        return _("%(who)s gave %(score)s of 10, but the comment sounds positive: ask what was meant.", **said)


def is_low(overall: int | None, goal: int | None, ease: int | None) -> bool:
    """Whether any item of a value answer is low; what was not answered is not."""
    limits = ((overall, LOW_OVERALL), (goal, LOW_GOAL), (ease, LOW_EASE))
    return any(points is not None and points <= limit for points, limit in limits)


def low_items(overall: int | None, goal: int | None, ease: int | None) -> list[str]:
    """In words, which items of a value answer are low: overall 4 of 10 or less, goal 1 of 4, ease 3 of 7."""
    low = []
    if overall is not None and overall <= LOW_OVERALL:
        low.append(_("%(points)s of 10 for what comes back, where 5 is break-even", points=overall))
    if goal is not None and goal <= LOW_GOAL:
        low.append(_("stuck with the main goal") if goal == 0 else _("behind with the main goal"))
    if ease is not None and ease <= LOW_EASE:
        low.append(_("%(points)s of 7 for ease", points=ease))
    return low


def bad_pick(question: str, answer: str) -> str:
    """In words, what was chosen of a list, and what was asked."""
    return _("“%(answer)s” to “%(question)s”", answer=answer, question=question)


def bad_item(given: Given) -> str:
    """In words, a number of its scale and what for: 1 of 5 for satisfaction."""
    kind = KINDS[given.kind]
    said = {"points": f"{given.number:g}", "most": kind.values[-1], "what": kind.about}
    return _("%(points)s of %(most)s for %(what)s", **said)
