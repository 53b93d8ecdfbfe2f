"""How many of those asked took part: asks by the period they were sent in, and what became of them by now.

Reached is sent and not bounced. The rate of a period is answered over closed asks (answered, declined, silent); asks
still open count nowhere, and a period that has some says "provisional". One that closed with nothing
but an automatic reply counts nowhere either: whoever was away was not silent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial, reduce
from itertools import repeat
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.contacts.models import Account, Contact
from app.core.database.columns import UtcDateTime
from app.core.database.prepared import Prepared
from app.core.database.reading import watched
from app.delivery.models import Invitation, InvitationState
from app.reports.periods import Period
from app.reports.statistics.nps import Interval, wilson
from app.reports.trend import around
from app.reports.trend import counted as votes_that_count
from app.responses.models import Response
from app.surveys.models import Question, QuestionKind

ANSWERED = frozenset({InvitationState.ANSWERED})
SILENT = frozenset({InvitationState.SILENT})
DECLINED = frozenset({InvitationState.DECLINED})
OPEN = frozenset({InvitationState.SENT})
REACHED = ANSWERED | SILENT | DECLINED | OPEN


MANY_ASKS, MANY_PEOPLE, MOST_TAKEN, FRESH = 100_000, 10_000, 200, timedelta(minutes=1)
FEW_ASKS = 20_000
TAKEN: dict[tuple, tuple[datetime, Any]] = {}
Found = TypeVar("Found")
Moment = datetime | sa.BindParameter
Kinds = tuple[QuestionKind, ...]
RECOMMENDATION: Kinds = (QuestionKind.NPS,)
VALUE: Kinds = (QuestionKind.VALUE_OVERALL, QuestionKind.VALUE_GOAL)


@dataclass
class Participation:
    """The asks of one period and segment, each in one of four counts."""

    period: Period
    key: str = "all"
    answered: int = 0
    declined: int = 0
    silent: int = 0
    open: int = 0
    states: dict[InvitationState, int] = field(default_factory=dict, repr=False)

    @property
    def closed(self) -> int:
        return self.answered + self.declined + self.silent

    @property
    def reached(self) -> int:
        return self.closed + self.open

    @property
    def rate(self) -> float | None:
        """Answered over closed, 0..1; None while nothing is closed."""
        return self.answered / self.closed if self.closed else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.answered, self.closed)

    @property
    def is_provisional(self) -> bool:
        return self.open > 0

    def add(self, state: InvitationState, count: int) -> None:
        name = next(name for name, states in PLACES.items() if state in states)
        setattr(self, name, getattr(self, name) + count)


Both = tuple[list[Participation], list[Participation]]
NOBODY = "none"  # The segment of accounts without an owner.
PLACES = {"answered": ANSWERED, "declined": DECLINED, "silent": SILENT, "open": OPEN}
DIMENSIONS = {
    "all": sa.literal("all"),
    "tier": sa.func.coalesce(Account.tier, 2),
    "role": Contact.role,
    "owner": Account.owner_id,
}


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day begins in the installation's zone, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def participation(
    session: Session, periods: list[Period], *, zone: ZoneInfo, dim: str = "all", now: datetime | None = None
) -> list[Participation]:
    """One entry for each period and segment, from the ledger itself; rehearsals are left out."""
    return participations(session, periods, zone=zone, dim=dim, now=now)[0]


def participations(
    session: Session,
    periods: list[Period],
    *,
    zone: ZoneInfo,
    dim: str = "all",
    now: datetime | None = None,
    about: Kinds = RECOMMENDATION,
) -> Both:
    """All asks, and beside them those alone that asked `about` something, whose silence belongs beside the bands.

    With `now` figures of very many asks may be up to a minute old.
    """
    key = ("asks", str(session.get_bind().url), tuple(periods), zone, dim, about)
    return kept(key, now, lambda: counted(session, periods, zone, dim, about), is_of_many)


def is_of_many(found: Both) -> bool:
    return sum(entry.reached for entry in found[0]) > MANY_ASKS


def counted(session: Session, periods: list[Period], zone: ZoneInfo, dim: str, about: Kinds) -> Both:
    every: dict[tuple[str, int], Participation] = {}
    narrower: dict[tuple[str, int], Participation] = {}
    moments: dict[str, datetime] = {}
    for place, period in enumerate(periods):
        begin, until = start_of(period.start, zone), start_of(period.end, zone)
        moments |= {f"begin{place}": begin, f"until{place}": until}
    for place, key, state, *counts in states(session, moments, dim, about):
        name = NOBODY if key is None else str(key)
        for found, count in zip((every, narrower), counts, strict=True):
            if state in REACHED and count:
                entry = found.setdefault((name, place), Participation(periods[place], name))
                entry.add(state, count)
    return in_order(every, periods, dim), in_order(narrower, periods, dim)


def states(session: Session, moments: dict[str, datetime], dim: str, about: Kinds) -> Iterator[tuple]:
    """Period by its place, segment, state, how many asks, and how many of them asked `about` something."""
    periods, connection = len(moments) // 2, session.connection()
    if periods and dim != "all":
        yield from states_of(periods, dim, about).rows(connection, **moments)
    elif periods:
        for place, numbers in states_of_all(periods, about).rows(connection, **moments):
            counts = [int(number) for number in numbers.split()]
            yield from zip(repeat(place), repeat(dim), ORDER, counts[::2], counts[1::2])


def in_order(
    found: dict[tuple[str, int], Participation], periods: list[Period], dim: str
) -> list[Participation]:
    """By segment, then by time, with nothing left out in between."""
    keys = sorted({key for key, _ in found}) or (["all"] if dim == "all" else [])
    return [
        found.get((key, place)) or Participation(period, key)
        for key in keys
        for place, period in enumerate(periods)
    ]


def asks_to_recommend(ask: type[Invitation] = Invitation) -> sa.ColumnElement[bool]:
    """Asks with a recommendation question."""
    return asks_about(RECOMMENDATION, ask)


def asks_about(kinds: Kinds, ask: type[Invitation] = Invitation) -> sa.ColumnElement[bool]:
    """Asks with a question of one of these kinds."""
    is_meant = sa.or_(*(Question.kind == kind for kind in kinds))
    return ask.version_id.in_(sa.select(Question.version_id).where(is_meant))


@lru_cache(maxsize=200)
def states_of(periods: int, dim: str, about: Kinds) -> Prepared:
    """How many asks of each of so many periods, by its place in the list, stand in which state, by segment; and how
    many of them asked `about` something.

    Nothing but the moment is asked for in the join, which is outer: else SQLite begins with the asks or takes another
    index than theirs by moment, and looks at every ask for every period. The caller leaves out states that do not count.
    """
    segment, spans = DIMENSIONS[dim], spans_of(periods)
    asks = sa.and_(
        Invitation.sent_at >= spans.c.begin,
        Invitation.sent_at < spans.c.until,
    )
    asked = sa.func.count(sa.case((sa.and_(REAL, asks_about(about)), 1)))
    query = sa.select(spans.c.place, segment, Invitation.state, COUNTED, asked).join_from(
        spans, Invitation, asks, isouter=True
    )
    if dim != "all":
        query = query.outerjoin(Account, Account.id == Invitation.account_id).outerjoin(
            Contact, Contact.id == Invitation.contact_id
        )
    return Prepared(query.group_by(spans.c.place, segment, Invitation.state), tuple)


@lru_cache(maxsize=200)
def states_of_all(periods: int, about: Kinds) -> Prepared:
    """As `states_of` of everybody, in a third of its time: the counts of a period in one text, two for each of `ORDER`.

    A row is looked at once and goes into no group; more than one column would need one look each.
    """
    spans = spans_of(periods)
    counts = [
        sa.cast(sa.func.count().filter(Invitation.state == state, *more), sa.Text)
        for state in ORDER
        for more in ((), (asks_about(about),))
    ]
    together = reduce(lambda text, one: text + " " + one, counts)
    within = Invitation.sent_at >= spans.c.begin, Invitation.sent_at < spans.c.until, REAL
    numbers = sa.select(together).where(*within).correlate(spans).scalar_subquery()
    return Prepared(sa.select(spans.c.place, numbers), tuple)


ORDER = sorted(REACHED)
REAL = sa.and_(Invitation.is_rehearsal.is_(False), sa.not_(Invitation.is_away))
COUNTED = sa.func.count(sa.case((REAL, 1)))


def spans_of(periods: int) -> sa.CTE:
    """The moments at which the periods begin and end, as rows to join: one query then counts all of them."""
    columns = sa.column("place", sa.Integer), sa.column("begin", UtcDateTime), sa.column("until", UtcDateTime)
    moment = partial(sa.bindparam, type_=UtcDateTime)
    rows = [(place, moment(f"begin{place}"), moment(f"until{place}")) for place in range(periods)]
    return sa.values(*columns, name="spans").data(rows).cte("spans")


def provisional(session: Session, periods: list[Period], *, zone: ZoneInfo) -> set[Period]:
    """Those of `periods` in which asks were sent that are open still, so that their figures may change."""
    oldest = session.scalar(
        sa.select(sa.func.min(Invitation.sent_at)).where(
            Invitation.is_rehearsal.is_(False), Invitation.state.in_(OPEN)
        )
    )
    if oldest is None:
        return set()
    recent = [period for period in periods if start_of(period.end, zone) > oldest]
    return {entry.period for entry in participation(session, recent, zone=zone) if entry.is_provisional}


def is_counted(ask: type[Invitation], begin: Moment, until: Moment) -> sa.ColumnElement[bool]:
    """Asks that count, with a recommendation question, sent in [begin, until)."""
    return sa.and_(
        ask.is_rehearsal.is_(False),
        sa.or_(*(ask.state == state for state in sorted(REACHED))),
        sa.not_(ask.is_away),
        ask.sent_at >= begin,
        ask.sent_at < until,
        asks_to_recommend(ask),
    )


def last_ask(person_id: sa.ColumnElement[int], begin: Moment, until: Moment) -> sa.ScalarSelect[int]:
    """The last ask of a person that counts, with a recommendation question, sent in [begin, until)."""
    ask = aliased(Invitation)
    mine = sa.select(ask.id).where(ask.contact_id == person_id, is_counted(ask, begin, until))
    return mine.order_by(ask.sent_at.desc(), ask.id.desc()).limit(1).scalar_subquery()


def has_voted(person_id: sa.ColumnElement[int], days: Days) -> sa.Exists:
    """Whether a person gave a vote on these days. The moments spare a look at all that the person ever gave."""
    return sa.exists().where(
        Response.contact_id == person_id,
        Response.submitted_at >= days.earliest,
        Response.submitted_at < days.latest,
        Response.day >= days.start,
        Response.day < days.end,
        votes_that_count(),
    )


@dataclass(frozen=True)
class Days:
    """Days [start, end), the moments at which they begin and end, and moments between which they lie in every zone."""

    start: date | sa.BindParameter
    end: date | sa.BindParameter
    begin: Moment
    until: Moment
    earliest: Moment
    latest: Moment

    @classmethod
    def of(cls, start: date, end: date, zone: ZoneInfo) -> Days:
        begin, until = start_of(start, zone), start_of(end, zone)
        return cls(start, end, begin, until, *around(start, end))


def unheard(start: date, end: date, zone: ZoneInfo) -> list[sa.ColumnElement[bool]]:
    """The last ask of each person who was asked to recommend on [start, end) and gave no vote in these days."""
    return unheard_on(Days.of(start, end, zone))


def unheard_on(days: Days) -> list[sa.ColumnElement[bool]]:
    """As `unheard`."""
    span, person = (days.begin, days.until), Invitation.contact_id
    return [is_counted(Invitation, *span), ~has_voted(person, days), Invitation.id == last_ask(person, *span)]


def unheard_people(
    session: Session, *, today: date, days: int, zone: ZoneInfo, heard: int = 0, now: datetime | None = None
) -> dict[InvitationState, int]:
    """How many people were asked to recommend in the last `days` and gave no vote, by the state of their last ask.

    With `now` a figure of very many, the `heard` among them, may be up to a minute old.
    """
    end = today + timedelta(days=1)
    start = end - timedelta(days=days)

    def count() -> dict[InvitationState, int]:
        given = asdict(Days.of(start, end, zone))
        connection = session.connection()
        unheard = UNHEARD_PEOPLE if ARE_MANY.row(connection, **given) else UNHEARD_ASKS
        return dict(unheard.rows(connection, **given))

    key = ("unheard", str(session.get_bind().url), start, end, zone)
    return kept(key, now, count, lambda found: heard + sum(found.values()) > MANY_PEOPLE)


GIVEN = Days(*(sa.bindparam(name) for name in Days.__dataclass_fields__))
SENT_THEN = Invitation.sent_at >= GIVEN.begin, Invitation.sent_at < GIVEN.until
ARE_MANY = Prepared(
    sa.select(Invitation.id).where(*SENT_THEN).order_by(Invitation.sent_at).offset(FEW_ASKS).limit(1)
)
HOW_MANY = sa.select(Invitation.state, sa.func.count()).group_by(Invitation.state)
UNHEARD_ASKS = Prepared(HOW_MANY.where(*unheard_on(GIVEN)), tuple)
# Of very many asks most are of the same people: looking for the last one of each takes as long however many there are.
UNHEARD_PEOPLE = Prepared(
    HOW_MANY.select_from(Contact)
    .join(Invitation, Invitation.id == last_ask(Contact.id, GIVEN.begin, GIVEN.until))
    .where(~has_voted(Contact.id, GIVEN)),
    tuple,
)


def kept(
    key: tuple, now: datetime | None, count: Callable[[], Found], is_costly: Callable[[Found], bool]
) -> Found:
    """What was counted less than a minute ago where counting looks at very many rows, else counted now."""
    if now is None:
        return count()
    place = watched.mark()
    at, found = TAKEN.get(key, (None, None))
    if at is None or not timedelta(0) <= now - at < FRESH:
        at, found = now, count()
        if not is_costly(found):
            return found
        if len(TAKEN) >= MOST_TAKEN:
            TAKEN.clear()
        TAKEN[key] = at, found
    watched.instead_of_those_since(place, at + FRESH)
    return found


def totals(entries: list[Participation]) -> dict[str, int]:
    """The sum over entries."""
    sums: dict[str, int] = defaultdict(int)
    for entry in entries:
        for name in PLACES:
            sums[name] += getattr(entry, name)
    return dict(sums)
