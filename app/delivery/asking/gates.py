"""Whether one person may be asked now: the gates in order, each with its reason and the moment it opens again. Pure.

Every ask passes all gates or is refused by the first that is shut. The gates of time open by themselves; a recovery
survey is exempt from quarantine, but not from a person's own wish to be asked less often, and nothing is exempt from
the floor. `cadence` says the same in SQL for a whole wave, and a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache

from flask_babel import lazy_gettext as _l

from app.contacts.models import AskKind, ContactStatus, NotAskable
from app.delivery.models import InvitationState, Purpose
from app.surveys.models import ProgramKind
from app.surveys.rules import Rules

# An ask in one of these states has reached the person, or may have, if it was sent at all.
HEARD = frozenset(
    {
        InvitationState.SENT,
        InvitationState.IN_DOUBT,
        InvitationState.ANSWERED,
        InvitationState.DECLINED,
        InvitationState.SILENT,
        InvitationState.CANCELLED,
    }
)
UNSENT = frozenset({InvitationState.PLANNED, InvitationState.QUEUED, InvitationState.SENDING})
OPEN = frozenset({InvitationState.SENT, InvitationState.IN_DOUBT})


class Reason(StrEnum):
    """Why a person is left out of a wave, in the order of the gates; the first that holds is the one that is told."""

    LIFECYCLE = "lifecycle"
    OWN_DOMAIN = "own_domain"
    ROLE_MAILBOX = "role_mailbox"
    INVALID_EMAIL = "invalid_email"
    NO_ACCOUNT = "no_account"
    ERASED = "erased"
    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED_ADDRESS = "suppressed_address"
    NO_ADDRESS = "no_address"
    LEFT = "left"
    UNWANTED_KIND = "unwanted_kind"
    DUPLICATE_ADDRESS = "duplicate_address"
    SKIPPED = "skipped"
    FLOOR = "floor"
    QUARANTINE = "quarantine"
    QUARANTINE_AFTER_DECLINE = "quarantine_after_decline"
    QUARANTINE_SAME_SURVEY = "quarantine_same_survey"
    LESS_OFTEN = "less_often"
    OPEN_ASK = "open_ask"
    ACCOUNT_PERIOD = "account_period"
    ACCOUNT_DAY = "account_day"

    @property
    def words(self):
        return WORDS[self]

    @property
    def is_of_time(self) -> bool:
        """It passes by waiting, so the ask can be deferred."""
        return self in OF_TIME


WORDS = {
    Reason.LIFECYCLE: _l("Not a customer by the stage that was imported"),
    Reason.OWN_DOMAIN: _l("Works for us: the address is in one of our own domains"),
    Reason.ROLE_MAILBOX: _l("A shared mailbox such as info@, where nobody answers for themselves"),
    Reason.INVALID_EMAIL: _l("The address cannot be used"),
    Reason.NO_ACCOUNT: _l("Belongs to no account yet"),
    Reason.ERASED: _l("Asked to be erased"),
    Reason.BOUNCED: _l("Mail to this person came back"),
    Reason.SUPPRESSED_ADDRESS: _l("The address must not be written to"),
    Reason.NO_ADDRESS: _l("No e-mail address is known"),
    Reason.UNSUBSCRIBED: _l("Does not want to be asked"),
    Reason.LEFT: _l("Has left the account"),
    Reason.UNWANTED_KIND: _l("Does not want to be asked this kind of question"),
    Reason.DUPLICATE_ADDRESS: _l("The same mailbox is already asked in this wave"),
    Reason.SKIPPED: _l("A colleague skips this person"),
    Reason.FLOOR: _l("Was sent a survey only hours ago"),
    Reason.QUARANTINE: _l("Was asked recently"),
    Reason.QUARANTINE_AFTER_DECLINE: _l("Declined recently"),
    Reason.QUARANTINE_SAME_SURVEY: _l("Was asked the same survey recently"),
    Reason.LESS_OFTEN: _l("Wants to be asked less often"),
    Reason.OPEN_ASK: _l("Has an ask that is still open"),
    Reason.ACCOUNT_PERIOD: _l("Enough people of the account were asked lately"),
    Reason.ACCOUNT_DAY: _l("Enough people of the account are asked on that day"),
}
OF_TIME = frozenset(
    {
        Reason.SKIPPED,
        Reason.FLOOR,
        Reason.QUARANTINE,
        Reason.QUARANTINE_AFTER_DECLINE,
        Reason.QUARANTINE_SAME_SURVEY,
        Reason.LESS_OFTEN,
        Reason.OPEN_ASK,
        Reason.ACCOUNT_PERIOD,
        Reason.ACCOUNT_DAY,
    }
)
OF_ADDRESS = frozenset({Reason.NO_ADDRESS, Reason.INVALID_EMAIL})  # They bar mails, not people.
OF_ACCOUNT = frozenset({Reason.ACCOUNT_PERIOD, Reason.ACCOUNT_DAY})
OF_ONE_WAVE = frozenset(
    {Reason.UNWANTED_KIND, Reason.DUPLICATE_ADDRESS, *OF_ACCOUNT}
)  # Shut for some programs or waves only.
QUARANTINES = frozenset({Reason.QUARANTINE, Reason.QUARANTINE_AFTER_DECLINE, Reason.QUARANTINE_SAME_SURVEY})


def kind_of(program: ProgramKind, purpose: Purpose) -> AskKind:
    """What an ask of such a program is to the person who gets it."""
    is_event = program is ProgramKind.TRANSACTIONAL or purpose is Purpose.RECOVERY
    return AskKind.EVENTS if is_event else AskKind.GENERAL


@dataclass(frozen=True)
class PastAsk:
    """An ask of the same person or mailbox, of any wave."""

    state: InvitationState
    purpose: Purpose = Purpose.PROGRAM
    is_rehearsal: bool = False
    is_same_survey: bool = False
    sent_at: datetime | None = None
    closes_at: datetime | None = None
    declined_at: datetime | None = None
    reminded_at: datetime | None = None

    @property
    def mailed_at(self) -> datetime | None:
        """When the last mail of this ask was sent, reminders included."""
        return latest(moment for moment in (self.sent_at, self.reminded_at) if moment)

    @property
    def counts(self) -> bool:
        """Asks of a rehearsal and tests stand in nobody's way."""
        return not self.is_rehearsal and self.purpose != Purpose.TEST


@dataclass(frozen=True)
class Person:
    """What the gates look at. `asks` are those of the person and of the person's mailbox."""

    id: int
    not_askable: NotAskable | None = None
    status: ContactStatus = ContactStatus.ACTIVE
    left_on: date | None = None
    unsubscribed_at: datetime | None = None
    email_key: str | None = None
    has_account: bool = True
    is_suppressed: bool = False
    rest_days: int | None = None
    unwanted_kind: AskKind | None = None
    skipped_until: datetime | None = None
    account_id: int | None = None
    zone: str = ""
    asks: Sequence[PastAsk] = ()


@dataclass(frozen=True)
class Gate:
    """One gate: shut or not; `free_at` is the moment a gate of time opens, None when waiting does not open it."""

    reason: Reason
    is_shut: bool
    free_at: datetime | None = None
    is_exempt: bool = False


@dataclass(frozen=True)
class Verdict:
    """The first shut gate, or None; `free_at` is when all gates are open, None if waiting alone will not do."""

    reason: Reason | None
    free_at: datetime | None = None


def gates(
    person: Person,
    rules: Rules,
    *,
    at: datetime,
    today: date,
    purpose: Purpose = Purpose.PROGRAM,
    kind: AskKind = AskKind.GENERAL,
    is_duplicate: bool = False,
) -> list[Gate]:
    """All gates in order, for an ask sent `at`. `today` is the installation's day of that moment."""
    shut = lasting(person, today, kind) | {Reason.DUPLICATE_ADDRESS: is_duplicate}
    found = [Gate(reason, is_shut) for reason, is_shut in shut.items()]
    for reason, free_at, is_shut in timed(person, rules, at):
        is_exempt = reason in exempt_from(purpose)
        found.append(Gate(reason, is_shut and not is_exempt, free_at if is_shut else None, is_exempt))
    return found


def exempt_from(purpose: Purpose) -> frozenset[Reason]:
    """The gates that an ask of that purpose passes: who asks one person by hand knows better than a colleague's skip."""
    if purpose == Purpose.PROGRAM:
        return frozenset()
    return frozenset({Reason.SKIPPED}) | (QUARANTINES if purpose == Purpose.RECOVERY else frozenset())


@cache
def bars(*, is_rehearsal: bool) -> tuple[NotAskable, ...]:
    """What keeps people from being asked at all. A rehearsal is for colleagues, so it asks those of our own domains."""
    return tuple(bar for bar in NotAskable if not (is_rehearsal and bar is NotAskable.OWN_DOMAIN))


def lasting(person: Person, today: date, kind: AskKind) -> dict[Reason, bool]:
    """The gates that waiting does not open, before the one about the wave itself."""
    return {Reason(kind.value): person.not_askable == kind for kind in NotAskable} | {
        Reason.NO_ACCOUNT: person.not_askable == NotAskable.NO_ACCOUNT or not person.has_account,
        Reason.ERASED: person.status == ContactStatus.ERASED,
        Reason.BOUNCED: person.status == ContactStatus.BOUNCED,
        Reason.UNSUBSCRIBED: person.status == ContactStatus.UNSUBSCRIBED
        or person.unsubscribed_at is not None,
        Reason.SUPPRESSED_ADDRESS: person.is_suppressed,
        Reason.NO_ADDRESS: not person.email_key,
        Reason.LEFT: person.status == ContactStatus.LEFT
        or (person.left_on is not None and person.left_on <= today),
        Reason.UNWANTED_KIND: person.unwanted_kind is kind,
    }


def timed(person: Person, rules: Rules, at: datetime) -> list[tuple[Reason, datetime | None, bool]]:
    """The gates of time: reason, when it opens, whether it is shut `at`."""
    asks = [ask for ask in person.asks if ask.counts]
    heard = [ask for ask in asks if ask.state in HEARD]
    declined = [ask for ask in heard if ask.state == InvitationState.DECLINED]
    heeded = [ask for ask in heard if ask.state != InvitationState.DECLINED]
    mailed = [*heard, *(ask for ask in asks if ask.state == InvitationState.BOUNCED)]
    ends = {
        Reason.SKIPPED: person.skipped_until,
        Reason.FLOOR: latest(
            ask.mailed_at + timedelta(hours=rules.floor_hours) for ask in mailed if ask.mailed_at
        ),
        Reason.QUARANTINE: after(heeded, timedelta(days=rules.any_days)),
        Reason.QUARANTINE_AFTER_DECLINE: latest(
            ask.declined_at + timedelta(days=rules.after_decline_days) for ask in declined if ask.declined_at
        ),
        Reason.QUARANTINE_SAME_SURVEY: after(
            [ask for ask in heard if ask.is_same_survey], timedelta(days=rules.same_survey_days)
        ),
        Reason.LESS_OFTEN: after(heard, timedelta(days=person.rest_days)) if person.rest_days else None,
    }
    shut = [(reason, end, end is not None and end > at) for reason, end in ends.items()]
    return [*shut, (Reason.OPEN_ASK, *open_ask(asks, at))]


def open_ask(asks: Iterable[PastAsk], at: datetime) -> tuple[datetime | None, bool]:
    """When the last open ask closes, and whether one is open; one that is not sent yet closes at no known moment."""
    asks = list(asks)
    if any(ask.state in UNSENT for ask in asks):
        return None, True
    end = latest(ask.closes_at for ask in asks if ask.state in OPEN and ask.closes_at)
    return end, end is not None and end > at


def after(asks: Iterable[PastAsk], wait: timedelta) -> datetime | None:
    """The end of the wait after the last of the asks was sent."""
    return latest(ask.sent_at + wait for ask in asks if ask.sent_at)


def latest(moments: Iterable[datetime]) -> datetime | None:
    return max(moments, default=None)


def verdict(found: Iterable[Gate]) -> Verdict:
    """What the gates say together."""
    shut = [gate for gate in found if gate.is_shut]
    if not shut:
        return Verdict(None)
    ends = [gate.free_at for gate in shut]
    return Verdict(shut[0].reason, None if None in ends else max(ends))


def judge(
    people: Iterable[Person],
    rules: Rules,
    *,
    at: datetime,
    today: date,
    purpose: Purpose = Purpose.PROGRAM,
    kind: AskKind = AskKind.GENERAL,
) -> dict[int, Verdict]:
    """A whole wave at one moment, without regard to accounts; `caps.judge` has it."""
    return judge_each(people, rules, at=lambda _person: at, today=today, purpose=purpose, kind=kind)


def judge_each(
    people: Iterable[Person],
    rules: Rules,
    *,
    at: Callable[[Person], datetime],
    today: date,
    purpose: Purpose = Purpose.PROGRAM,
    kind: AskKind = AskKind.GENERAL,
) -> dict[int, Verdict]:
    """A whole wave: each mailbox is asked once, through the person with the lowest id who passes the lasting gates."""
    seen: set[str] = set()
    found = {}
    for person in sorted(people, key=lambda p: p.id):
        is_contender = not any(lasting(person, today, kind).values())
        is_duplicate = is_contender and person.email_key in seen
        if is_contender:
            seen.add(person.email_key or "")
        shut = gates(
            person, rules, at=at(person), today=today, purpose=purpose, kind=kind, is_duplicate=is_duplicate
        )
        found[person.id] = verdict(shut)
    return found
