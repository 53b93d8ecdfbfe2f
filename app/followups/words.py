"""What the kinds, states, causes and outcomes of tasks are called on pages; one glossary for lists, forms and filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum

from flask_babel import format_date, gettext, ngettext
from flask_babel import lazy_gettext as _
from wtforms.fields.choices import SelectChoice

from app.auth.absences.models import Absence
from app.auth.models import Staff
from app.core.language import wording
from app.core.worktime import WorkWeek
from app.followups import ranking
from app.followups.company.causes import named
from app.followups.models import (
    ActivityKind,
    Cause,
    Outcome,
    StepKind,
    Task,
    TaskKind,
    TaskState,
    TaskStep,
)
from app.followups.undoing.models import ActKind
from app.sentiment.models import Label

KINDS = {
    TaskKind.DETRACTOR: _("Detractor"),
    TaskKind.PASSIVE: _("Passive"),
    TaskKind.PROMOTER: _("Promoter"),
    TaskKind.SILENT: _("Silent"),
    TaskKind.VALUE: _("Low value"),
    TaskKind.ALERT: _("Alert"),
    TaskKind.FOOTPRINT: _("Missing people"),
}
STATES = {
    TaskState.NEW: _("New"),
    TaskState.CONTACTED: _("Contacted"),
    TaskState.IN_PROGRESS: _("In progress"),
    TaskState.WAITING: _("Waiting for the customer"),
    TaskState.CLOSED: _("Closed"),
    TaskState.REOPENED: _("Reopened"),
}
STATE_TONES = {
    TaskState.NEW: "busy",
    TaskState.CONTACTED: "plain",
    TaskState.IN_PROGRESS: "plain",
    TaskState.WAITING: "care",
    TaskState.CLOSED: "good",
    TaskState.REOPENED: "bad",
}
ACTIVITIES = {
    ActivityKind.CALL: _("Call"),
    ActivityKind.MAIL: _("Mail"),
    ActivityKind.MEETING: _("Meeting"),
    ActivityKind.NOTE: _("Note"),
}
OUTCOMES = {
    Outcome.RESOLVED: _("Resolved: what was wrong is right now"),
    Outcome.IMPROVED: _("Improved: better, not yet right"),
    Outcome.NO_CHANGE: _("No change"),
    Outcome.LOST: _("Lost: the customer leaves"),
    Outcome.NO_CONTACT: _("Nobody could be reached"),
}
CAUSE_GROUPS = (
    (
        _("Product"),
        (Cause.PRODUCT_BUG, Cause.PRODUCT_GAP, Cause.PRODUCT_USABILITY, Cause.PRODUCT_PERFORMANCE),
    ),
    (_("Service"), (Cause.SERVICE_SUPPORT, Cause.SERVICE_ONBOARDING, Cause.SERVICE_CSM)),
    (_("Commercial"), (Cause.COMMERCIAL_PRICE, Cause.COMMERCIAL_CONTRACT, Cause.COMMERCIAL_BILLING)),
    (_("Fit"), (Cause.FIT_MISMATCH, Cause.FIT_CHANGED_NEEDS)),
    (_("Relationship and other"), (Cause.RELATIONSHIP_CONTACT_CHANGE, Cause.OTHER)),
)
USUAL_CAUSES = {
    Cause.PRODUCT_BUG: _("Something is broken"),
    Cause.PRODUCT_GAP: _("Something is missing"),
    Cause.PRODUCT_USABILITY: _("Hard to use"),
    Cause.PRODUCT_PERFORMANCE: _("Slow or not available"),
    Cause.SERVICE_SUPPORT: _("Support"),
    Cause.SERVICE_ONBOARDING: _("Onboarding"),
    Cause.SERVICE_CSM: _("Our account team"),
    Cause.COMMERCIAL_PRICE: _("Price"),
    Cause.COMMERCIAL_CONTRACT: _("Contract terms"),
    Cause.COMMERCIAL_BILLING: _("Billing"),
    Cause.FIT_MISMATCH: _("Mismatch: we sold something we are not"),
    Cause.FIT_CHANGED_NEEDS: _("Their needs changed"),
    Cause.RELATIONSHIP_CONTACT_CHANGE: _("Our contact changed"),
    Cause.OTHER: _("Something else"),
}
CAUSES = named(USUAL_CAUSES)
PRIORITIES = {
    ranking.Level.HIGH: _("High"),
    ranking.Level.MEDIUM: _("Medium"),
    ranking.Level.LOW: _("Low"),
}
URGENT_KINDS = {
    TaskKind.DETRACTOR: _("an unhappy answer"),
    TaskKind.PASSIVE: _("a lukewarm answer"),
    TaskKind.PROMOTER: _("a happy answer"),
    TaskKind.SILENT: _("a silence"),
    TaskKind.VALUE: _("little value seen"),
    TaskKind.ALERT: _("an alert"),
    TaskKind.FOOTPRINT: _("people missing"),
}
DONE = {
    ActKind.CLOSED: _("Closed:"),
    ActKind.PUT_ASIDE: _("Put aside:"),
    ActKind.HANDED_OVER: _("Handed over:"),
}
SENTIMENTS = {
    Label.NEGATIVE: _("The comment sounds negative"),
    Label.NEUTRAL: _("The comment sounds neutral"),
    Label.MIXED: _("The comment sounds mixed"),
    Label.POSITIVE: _("The comment sounds positive"),
    Label.UNKNOWN: _("We cannot tell how this comment sounds"),
}


def why_urgent(task: Task, now: datetime, today: date) -> str:
    """What the place of a task in the queue is made of."""
    return urgency(ranking.stakes_of(task, now, today))


def urgency(stakes: ranking.Stakes) -> str:
    """What lifts a task (followups/ranking), the customer who waits and the overdue clock first."""
    parts = [gettext("waits for our answer")] if stakes.is_waiting else []
    parts += [gettext("overdue")] if stakes.is_overdue else []
    parts.append(str(URGENT_KINDS[stakes.kind]))
    if stakes.is_key:
        parts.append(gettext("a key role"))
    parts.append(gettext("a tier %(n)s customer", n=stakes.tier))
    if stakes.arr is not None:
        amount = f"{wording.number(wording.whole(float(stakes.arr)))} {stakes.currency}"
        parts.append(gettext("%(amount)s a year at stake", amount=amount))
    if stakes.renews_soon:
        parts.append(gettext("a renewal near"))
    return ", ".join(parts)


def waited(task: Task, week: WorkWeek, now: datetime) -> str:
    """Since how many working hours a customer waits for our answer; in working days from two of them on."""
    return waited_since(task.replied_at, week, now)


def waited_since(replied_at: datetime, week: WorkWeek, now: datetime) -> str:
    hours = week.hours_between(replied_at, now)
    days = int(hours // week.hours_per_day)
    if days >= 2:  # noqa: PLR2004 one day says less than its hours
        return ngettext("waits for %(num)s working day", "waits for %(num)s working days", days)
    if hours < 1:
        return gettext("waits for less than a working hour")
    return ngettext("waits for %(num)s working hour", "waits for %(num)s working hours", int(hours))


def name_of(task: Task) -> str:
    """Whom a task is about, as lists name it."""
    return (task.contact.name if task.contact else "") or task.account.name


def after_act(kind: ActKind, task: Task, now: datetime) -> str:
    """How a sentence goes on that began by `DONE` and the name: until when, or to whom."""
    if kind is ActKind.PUT_ASIDE and task.snoozed_until:
        until = gettext(", until %(day)s.", day=near_day(task.snoozed_until.date()))
        shows = (
            " " + gettext("It shows all the same, because it is overdue.") if task.is_overdue(now=now) else ""
        )
        return until + shows
    if kind is ActKind.HANDED_OVER:
        has = task.owner.display_name if task.owner else gettext("nobody")
        return gettext(", to %(name)s.", name=has)
    return "."


def done_to_many(kind: ActKind, number: int) -> str:
    """What was done to a chosen set."""
    sentences = {
        ActKind.CLOSED: ngettext("%(num)s follow-up closed.", "%(num)s follow-ups closed.", number),
        ActKind.PUT_ASIDE: ngettext("%(num)s follow-up put aside.", "%(num)s follow-ups put aside.", number),
        ActKind.HANDED_OVER: ngettext(
            "%(num)s follow-up handed over.", "%(num)s follow-ups handed over.", number
        ),
    }
    return sentences[kind]


def taken_back(kind: ActKind, number: int) -> str:
    """That so many tasks are again what they were before an act."""
    if kind is ActKind.CLOSED:
        return ngettext(
            "Open again. What you wrote stands in its form.",
            "%(num)s follow-ups are open again.",
            number,
        )
    return ngettext(
        "Taken back: it is as it was before.", "Taken back: %(num)s follow-ups are as they were.", number
    )


def step(row: TaskStep) -> str:
    """What happened, as a heading of the task's story."""
    if row.kind is StepKind.TAKEN_UP:
        return gettext("Taken up before its day")
    if row.kind is StepKind.PUT_ASIDE:
        return gettext("Put aside until %(day)s", day=format_date(row.until_at, "medium"))
    return (
        gettext("Handed over to %(name)s", name=row.owner_name)
        if row.owner_name
        else gettext("Given back: nobody has it")
    )


def near_day(day: date) -> str:
    """A day of these weeks, by which people know it: Tue 24 Nov."""
    return format_date(day, "EEE d MMM")


def options(names: Mapping[StrEnum, object]) -> list[tuple[str, object]]:
    """The options of a filter."""
    return [(member.value, name) for member, name in names.items()]


def choices(names: Mapping[StrEnum, object]) -> list[SelectChoice]:
    """The choices of a form's field."""
    return [SelectChoice(member.value, name) for member, name in names.items()]


def cause_choices() -> list[SelectChoice]:
    """The causes in their groups, and a first one that says to choose."""
    grouped = [
        SelectChoice(c.value, CAUSES[c], optgroup=str(group))
        for group, causes in CAUSE_GROUPS
        for c in causes
    ]
    return [SelectChoice("", _("Choose…")), *grouped]


def owner_options(people: Sequence[Staff]) -> list[tuple[int, str]]:
    """The owners of a filter."""
    return [(person.id, person.display_name) for person in people]


def owner_choices(people: Sequence[Staff], away: Mapping[int, Absence] | None = None) -> list[SelectChoice]:
    """The owners a task may be handed to, nobody among them; who is away, and until when, stands with the name."""
    return [
        SelectChoice(0, _("Nobody")),
        *(SelectChoice(person.id, owner_words(person, (away or {}).get(person.id))) for person in people),
    ]


def owner_words(person: Staff, away: Absence | None) -> str:
    if away is None:
        return person.display_name
    return gettext("%(name)s, away until %(day)s", name=person.display_name, day=wording.day(away.to_on))
