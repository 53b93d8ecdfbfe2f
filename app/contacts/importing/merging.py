"""What a row changes about a person who is known, or makes of one who is not. Pure.

Three rules stand above the file: an empty cell says nothing; letters that an export has lost ("?") never replace
letters; and nobody who unsubscribed, bounced, left or was erased becomes askable again. Within one file the first
row about a person counts and later ones only fill gaps, so that reading it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from app.contacts.importers.cells import is_damaged
from app.contacts.importers.rows import ContactRow, Issue
from app.contacts.models import ContactRole, ContactStatus, NotAskable

NAMES = ("first_name", "last_name", "title")
PLAIN = ("language", "time_zone", "country")
ADDRESS_REASONS = frozenset({NotAskable.INVALID_EMAIL, NotAskable.OWN_DOMAIN, NotAskable.ROLE_MAILBOX})
CURABLE = frozenset({NotAskable.INVALID_EMAIL, NotAskable.NO_ACCOUNT})
LASTING = (
    NotAskable.OWN_DOMAIN,
    NotAskable.ROLE_MAILBOX,
    NotAskable.LIFECYCLE,
    NotAskable.INVALID_EMAIL,
    NotAskable.NO_ACCOUNT,
)


@dataclass(slots=True, eq=False)
class Person:
    """A contact while an import works on it. A negative id stands for one that only a dry run knows."""

    id: int | None
    external_id: str | None
    account_id: int | None
    email: str | None
    email_key: str | None
    first_name: str
    last_name: str
    title: str
    role: ContactRole
    language: str | None
    time_zone: str | None
    country: str | None
    status: ContactStatus
    left_on: date | None
    not_askable: NotAskable | None
    unsubscribed_at: datetime | None
    bounced_at: datetime | None
    is_new: bool = False
    is_changed: bool = False
    has_new_role: bool = False
    has_newly_opted_out: bool = False
    new_key: str | None = None

    def put(self, name: str, value: object) -> None:
        setattr(self, name, value)
        self.is_changed = True


@dataclass(frozen=True)
class Moment:
    """When the import runs, for the dates it writes, and the zone of those it reads."""

    now: datetime
    today: date
    zone: ZoneInfo


@dataclass(frozen=True)
class Touched:
    """What a committed part of an import did that others must know: ids of accounts and of people who opted out."""

    accounts: frozenset[int] = frozenset()
    opted_out: frozenset[int] = frozenset()


@dataclass(frozen=True)
class No:
    """That a person wants no mail, as the file says; `taken_back_on`: the later day on which they wished otherwise."""

    taken_back_on: date | None = None

    @property
    def holds(self) -> bool:
        return self.taken_back_on is None


@dataclass
class Outcome:
    """What a row came to: the reasons by line, and why the person cannot be asked."""

    issues: list[Issue] = field(default_factory=list)
    reasons: set[str] = field(default_factory=set)


def new_person(row: ContactRow, account_id: int | None) -> Person:
    """A person nobody knew, still without what `merge` takes from the row."""
    return Person(
        id=None, external_id=None, account_id=account_id, email=None, email_key=None, first_name="", last_name="",
        title="", role=row.role or ContactRole.OTHER, language=None, time_zone=None, country=None,
        status=ContactStatus.ACTIVE, left_on=None, not_askable=None, unsubscribed_at=None, bounced_at=None,
        is_new=True, has_new_role=True,
    )  # fmt: skip


def merge(
    person: Person, row: ContactRow, account_id: int | None, moment: Moment, *, no: No | None, is_again: bool
) -> Outcome:
    """Bring `person` up to what `row` says. `is_again`: an earlier row of the same file spoke about them already."""
    outcome = Outcome()
    had = (person.email_key, person.account_id)
    _take_names(person, row, is_again, outcome)
    for name in PLAIN:
        _take(person, row, name, is_again, outcome)
    _take_role(person, row, is_again, outcome)
    if row.email_key and row.email_key != person.email_key and not (is_again and person.email_key):
        person.put("email", row.email)
        person.put("email_key", row.email_key)
    if account_id is not None and account_id != person.account_id and not (is_again and person.account_id):
        person.put("account_id", account_id)
    _take_no(person, row, no, moment, outcome)
    _take_status(person, row, moment, outcome)
    fresh = _fresh_reasons(person, row)
    _take_reason(person, row, fresh, is_moved=had != (person.email_key, person.account_id))
    if person.status is not ContactStatus.ACTIVE:
        outcome.reasons.add(person.status.value)
    if person.not_askable:
        outcome.reasons |= {person.not_askable.value, *(reason.value for reason in fresh)}
    return outcome


def inherit(person: Person, known: list[Person], suppressed: Mapping[str, str], now: datetime) -> None:
    """An address that unsubscribed or bounced elsewhere stays so for a new person who carries it."""
    states = {other.status for other in known if other is not person and other.email_key == person.email_key}
    reason = suppressed.get(person.email_key or "")
    is_unsubscribed = any(
        o.unsubscribed_at for o in known if o is not person and o.email_key == person.email_key
    )
    if ContactStatus.UNSUBSCRIBED in states or is_unsubscribed or (reason and "bounce" not in reason):
        unsubscribe(person, now)
    elif ContactStatus.BOUNCED in states or reason:
        bounce(person, now)


def unsubscribe(person: Person, now: datetime) -> None:
    if not person.unsubscribed_at:
        person.put("unsubscribed_at", now)
        person.has_newly_opted_out = True
    if person.status in {ContactStatus.ACTIVE, ContactStatus.BOUNCED}:
        person.put("status", ContactStatus.UNSUBSCRIBED)


def bounce(person: Person, now: datetime) -> None:
    if person.status is ContactStatus.ACTIVE:
        person.put("status", ContactStatus.BOUNCED)
        person.put("bounced_at", person.bounced_at or now)


def _take_names(person: Person, row: ContactRow, is_again: bool, outcome: Outcome) -> None:
    for name in NAMES:
        value, known = getattr(row, name), getattr(person, name)
        if value and known and is_damaged(value) and not is_damaged(known):
            continue
        _take(person, row, name, is_again, outcome)


def _take(person: Person, row: ContactRow, name: str, is_again: bool, outcome: Outcome) -> None:
    value, known = getattr(row, name), getattr(person, name)
    if not value or value == known:
        return
    if known and is_again:
        outcome.issues.append(_conflict(row, name, value, known))
    else:
        person.put(name, value)


def _conflict(row: ContactRow, name: str, value: str, known: str) -> Issue:
    reason = _("An earlier line says %(known)s about the same person; that one was kept.", known=known)
    return Issue(row.line, name, value, reason)


def _take_role(person: Person, row: ContactRow, is_again: bool, outcome: Outcome) -> None:
    if row.role is None or row.role is person.role:
        return
    if is_again and person.role is not ContactRole.OTHER:
        outcome.issues.append(_conflict(row, "role", row.role.value, person.role.value))
        return
    person.put("role", row.role)
    person.has_new_role = True


def _take_no(person: Person, row: ContactRow, no: No | None, moment: Moment, outcome: Outcome) -> None:
    if no is None:
        return
    if no.holds:
        unsubscribe(person, moment.now)
        return
    column = "status" if row.status is ContactStatus.UNSUBSCRIBED else "opted_out"
    words = _(
        "Older than what the person wished here on %(day)s, which stands: they may be asked.",
        day=no.taken_back_on.isoformat(),
    )
    outcome.issues.append(Issue(row.line, column, "", words))


def _take_status(person: Person, row: ContactRow, moment: Moment, outcome: Outcome) -> None:
    if row.status is ContactStatus.BOUNCED:
        bounce(person, moment.now)
    if row.status is ContactStatus.LEFT:
        _leave(person, row.left_on, moment.today)
    if row.status is ContactStatus.ACTIVE and person.status is not ContactStatus.ACTIVE:
        words = _(
            "This person is %(status)s here and stays so; no import makes them askable.",
            status=person.status.value,
        )
        outcome.issues.append(Issue(row.line, "status", row.status.value, words))


def _leave(person: Person, on: date | None, today: date) -> None:
    if person.status is not ContactStatus.LEFT:
        person.put("status", ContactStatus.LEFT)
        person.put("left_on", on or today)
    elif on and on != person.left_on:
        person.put("left_on", on)


def _fresh_reasons(person: Person, row: ContactRow) -> set[NotAskable]:
    """Why the person could not be asked if the file alone decided."""
    found = {reason for reason in row.not_askable if reason is not NotAskable.INVALID_EMAIL}
    if not person.email_key:
        found.add(NotAskable.INVALID_EMAIL)
    if person.account_id is None:
        found.add(NotAskable.NO_ACCOUNT)
    return found


def _take_reason(person: Person, row: ContactRow, fresh: set[NotAskable], *, is_moved: bool) -> None:
    """Set the reason where the file brought news. A member of staff may have overruled one; that is not undone."""
    known = person.not_askable
    if known is NotAskable.LIFECYCLE and row.is_customer is None:
        fresh = fresh | {known}
    is_news = (
        is_moved
        or person.is_new
        or (known in CURABLE and known not in fresh)
        or (known is NotAskable.LIFECYCLE and row.is_customer is True)
        or (row.is_customer is False and (known is None or known in CURABLE))
    )
    if not is_news:
        return
    if known in ADDRESS_REASONS and not row.email_key and person.email_key:
        fresh = fresh | {known}
    wanted = next((reason for reason in LASTING if reason in fresh), None)
    if wanted is not known:
        person.put("not_askable", wanted)
