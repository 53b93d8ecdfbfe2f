"""The rows behind the numbers: the answers and the asks of a period, by pages that stay quick at any depth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.orm import Session, aliased, joinedload

from app.contacts.models import Account, Contact, called
from app.core.database.prepared import Prepared, among, connection_of, unsought
from app.delivery.models import Invitation, InvitationState
from app.followups.models import Task, TaskState
from app.followups.triggers import BAND_KINDS
from app.reports import rollups
from app.reports.deltas import COLUMN, DAY_SERIES, WINDOW_SERIES
from app.reports.held_against import HeldAgainst
from app.reports.participation import (
    ANSWERED,
    DECLINED,
    OPEN,
    REACHED,
    SILENT,
    VALUE,
    asks_about,
    asks_to_recommend,
    start_of,
    unheard,
)
from app.reports.trend import HEADLINE_DAYS, around, counted
from app.reports.values.trend import valued, within
from app.responses import besides
from app.responses.models import Response
from app.surveys.scales import BAND_SCORES, Band, ValueLevel, band

PAGE_SIZE = 50
CSV_CHUNK = 1000
MOST_TO_REVIEW = 200
MOST_COUNTED = 500
STATES = {
    "open": OPEN,
    "answered": ANSWERED,
    "declined": DECLINED,
    "silent": SILENT,
    "unanswered": SILENT | DECLINED,
    "closed": ANSWERED | SILENT | DECLINED,
}
ASKS_HEAD = ("ask", "sent", "account", "contact", "state", "since", "late", "answered", "counted")
CSV_HEAD = (
    "response",
    "day",
    "account",
    "contact",
    "score",
    "band",
    "comment",
    "value_points",
    "late",
    "counted",
    "answers",
    "follow_up",
    "first_touched",
    "closed",
    "customer_told",
)


@dataclass(frozen=True)
class Chosen:
    """Which rows: days [start, end), and optionally a band, states, one segment of a dimension, words.

    With `per_person` the rows are people: of answers each person's last vote in these days, which is what the headline
    counts; of asks the last one of each person who gave no vote. `recommending`: of asks only those that ask for a
    recommendation. `second`: one more dimension with its segment. `valued`: of answers those that say how much value,
    of asks those that ask for it; `level`: how much. `held_against`: of answers those of people who stood so in other days.
    """

    start: date
    end: date
    band: Band | None = None
    state: str | None = None
    dim: str | None = None
    key: str | None = None
    words: str = ""
    per_person: bool = False
    recommending: bool = False
    account_id: int | None = None
    second: tuple[str, str] | None = None
    valued: bool = False
    level: ValueLevel | None = None
    held_against: HeldAgainst | None = None

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def states(self) -> frozenset[InvitationState]:
        """Of which asks. A person whose answer does not count, a machine's perhaps, did not answer."""
        if self.per_person and self.state == "unanswered":
            return REACHED - OPEN
        return STATES.get(self.state or "", REACHED)

    @property
    def is_narrowed(self) -> bool:
        narrowed = (
            self.band,
            self.state,
            self.dim,
            self.words,
            self.recommending,
            self.account_id,
            self.second,
            self.valued,
            self.level,
            self.held_against,
        )
        return any(narrowed)


def answers(
    session: Session, chosen: Chosen, *, after: int | None = None, size: int = PAGE_SIZE
) -> Sequence[sa.Row]:
    """Answers of the days chosen with who gave them, newest first, past the response `after`; one row more than `size`."""
    newest = newest_answers(chosen, ANSWER_ON_PAGE).limit(size + 1)
    last = session.execute(PLACE, {"id": after}).one_or_none() if after else None
    if last:
        newest = newest.where(sa.tuple_(Response.submitted_at, Response.id) < sa.tuple_(*last))
    return session.execute(newest).all()


def newest_answers(chosen: Chosen, columns: Sequence[sa.ColumnElement]) -> sa.Select:
    """The answers of the days chosen, newest first; the moments let the database begin with the newest."""
    query = sa.select(*columns).join(Response.account).join(Response.contact)
    begin, until = around(chosen.start, chosen.end)
    query = query.where(Response.submitted_at >= begin, Response.submitted_at < until)
    query = query.where(*conditions(chosen, unsought(Response.day)))
    return query.order_by(Response.submitted_at.desc(), Response.id.desc())


PERSON = Contact.status, Contact.first_name, Contact.last_name, Contact.email
ANSWER_ON_PAGE = (
    *(Response.id, Response.day, Response.score, Response.value_points, Response.comment, Response.language),
    *(Response.contact_id, Account.name.label("account"), *PERSON),
)
PLACE = sa.select(Response.submitted_at, Response.id).where(Response.id == sa.bindparam("id"))


def conditions(chosen: Chosen, day: sa.ColumnElement[date] = Response.day) -> list[sa.ColumnElement[bool]]:
    days = [counts(chosen), day >= chosen.start, day < chosen.end]
    found = [*days, is_last_vote(chosen)] if chosen.per_person else days
    if chosen.band:
        found.append(Response.score.between(*BAND_SCORES[chosen.band]))
    if chosen.valued and chosen.level:
        found.append(within(Response.value_points, chosen.level))
    if chosen.dim and chosen.key:
        found.append(Response.dims[chosen.dim].as_string() == chosen.key)
    if chosen.second:
        dim, key = chosen.second
        found.append(Response.dims[dim].as_string() == key)
    if chosen.account_id:
        found.append(Response.account_id == chosen.account_id)
    if chosen.held_against:
        found.append(chosen.held_against.condition)
    if chosen.words:
        found.append(Response.comment.icontains(chosen.words, autoescape=True))
    return found


def counts(chosen: Chosen, response: type[Response] = Response) -> sa.ColumnElement[bool]:
    """What is an answer: one to the recommendation, or to the value questions."""
    return valued(response) if chosen.valued else counted(response)


def follow_ups_of(on: Connection | Session, response_ids: list[int]) -> dict[int, sa.Row]:
    """The follow-ups on these answers' bands, by answer; an open one before one that is closed."""
    return {task.response_id: task for task in FOLLOW_UPS.rows(connection_of(on), among=response_ids)}


FOLLOW_UPS = Prepared(
    sa.select(
        Task.response_id, Task.id, Task.state, Task.first_touched_at, Task.closed_at, Task.customer_told
    )
    .where(among(Task.response_id), sa.or_(*(Task.kind == kind for kind in sorted(BAND_KINDS))))
    .order_by(Task.state != TaskState.CLOSED, Task.id)
)


def to_review(session: Session) -> list[Response]:
    """Answers that a machine may have sent and of which nobody has said who did, the oldest first."""
    query = sa.select(Response).where(*WAITING)
    query = query.options(joinedload(Response.account), joinedload(Response.contact))
    return list(session.scalars(query.order_by(Response.submitted_at, Response.id).limit(MOST_TO_REVIEW)))


def how_many_to_review(session: Session) -> int:
    """As many as a page of them shows at most."""
    return HOW_MANY_WAIT.row(session.connection())[0]


WAITING = (
    sa.or_(Response.is_maybe_automatic, Response.doubts.is_not(None)),
    Response.is_rehearsal.is_(False),
    Response.reviewed_at.is_(None),
    Response.dismissed_at.is_(None),
)
HOW_MANY_WAIT = Prepared(
    sa.select(sa.func.count()).select_from(
        sa.select(Response.id).where(*WAITING).limit(MOST_TO_REVIEW).subquery()
    ),
    tuple,
)


def is_last_vote(chosen: Chosen) -> sa.ColumnElement[bool]:
    """No later vote of the same person in these days."""
    later = aliased(Response)
    newer = sa.tuple_(later.submitted_at, later.id) > sa.tuple_(Response.submitted_at, Response.id)
    return ~sa.exists().where(
        later.contact_id == Response.contact_id,
        newer,
        counts(chosen, later),
        later.day >= chosen.start,
        later.day < chosen.end,
    )


def how_many_answers(session: Session, chosen: Chosen) -> int:
    """By the rows; of very many from the sums of the trend where these know, whose time does not grow with the answers."""
    rows = sa.select(Response.id).where(*conditions(chosen))
    if is_in_sums(chosen):
        few = session.scalar(sa.select(sa.func.count()).select_from(rows.limit(MOST_COUNTED + 1).subquery()))
        return few if few <= MOST_COUNTED else in_sums(session, chosen)
    return session.scalar(sa.select(sa.func.count()).select_from(rows.subquery())) or 0


def is_in_sums(chosen: Chosen) -> bool:
    """Whether nothing narrows the rows but a band and a segment."""
    narrowed = chosen.words or chosen.account_id or chosen.second or chosen.valued or chosen.held_against
    days = (chosen.end - chosen.start).days
    return not narrowed and (not chosen.per_person or days == HEADLINE_DAYS)


def in_sums(session: Session, chosen: Chosen) -> int:
    dim, key = (chosen.dim, chosen.key) if chosen.dim and chosen.key else rollups.ALL
    if chosen.per_person:
        sums = rollups.sums(session, WINDOW_SERIES, dim, before=chosen.end)
    else:
        sums = rollups.sums(session, DAY_SERIES, dim, start=chosen.start, before=chosen.end)
    counts = dict(zip(rollups.BANDS, sums.get(key, (0, 0, 0)), strict=True))
    return counts[COLUMN[chosen.band]] if chosen.band else sum(counts.values())


def asks(
    session: Session, chosen: Chosen, *, zone: ZoneInfo, after: int | None = None, size: int = PAGE_SIZE
) -> list[Invitation]:
    """Asks that reached somebody on the days chosen, newest first; one row more than `size`."""
    query = (
        sa.select(Invitation)
        .where(*ask_conditions(chosen, zone))
        .order_by(Invitation.sent_at.desc(), Invitation.id.desc())
        .options(joinedload(Invitation.account), joinedload(Invitation.contact))
        .limit(size + 1)
    )
    last = session.get(Invitation, after) if after else None
    if last and last.sent_at:
        query = query.where(sa.tuple_(Invitation.sent_at, Invitation.id) < sa.tuple_(last.sent_at, last.id))
    return list(session.scalars(query))


def ask_conditions(chosen: Chosen, zone: ZoneInfo) -> list[sa.ColumnElement[bool]]:
    states = Invitation.state.in_(chosen.states)
    if chosen.per_person:
        return [*unheard(chosen.start, chosen.end, zone), states]
    return [
        Invitation.is_rehearsal.is_(False),
        Invitation.sent_at >= start_of(chosen.start, zone),
        Invitation.sent_at < start_of(chosen.end, zone),
        states,
        *([sa.not_(Invitation.is_away)] if chosen.state else []),
        *([asks_to_recommend()] if chosen.recommending else []),
        *([asks_about(VALUE)] if chosen.valued else []),
    ]


def how_many_asks(session: Session, chosen: Chosen, *, zone: ZoneInfo) -> int:
    found = ask_conditions(chosen, zone)
    return session.scalar(sa.select(sa.func.count()).select_from(Invitation).where(*found)) or 0


def was_anybody_asked(session: Session, chosen: Chosen, *, zone: ZoneInfo) -> bool:
    """Whether any ask reached somebody on the days chosen, whatever came of it."""
    return how_many_asks(session, Chosen(chosen.start, chosen.end), zone=zone) > 0


def asks_rows(session: Session, chosen: Chosen, *, zone: ZoneInfo) -> Iterator[tuple]:
    """The asks for a file, from one statement; answered summed over counted summed is the response rate of the page."""
    query = sa.select(*ASK_IN_FILE).join(Invitation.account).join(Invitation.contact)
    newest = query.order_by(Invitation.sent_at.desc(), Invitation.id.desc())
    for page in in_parts(session, newest.where(*ask_conditions(chosen, zone))):
        yield from [ask_row(ask, chosen, zone) for ask in page]


def in_parts(session: Session, query: sa.Select) -> Iterator[Sequence[sa.Row]]:
    """The rows of a statement as they come, however many there are."""
    return session.execute(query, execution_options={"yield_per": CSV_CHUNK}).partitions()


def ask_row(ask: sa.Row, chosen: Chosen, zone: ZoneInfo) -> tuple:
    """One ask; it counts once closed, unless the person was away, and as a person not heard at once."""
    since = moment_of(ask)
    return (
        ask.id,
        ask.sent_at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if ask.sent_at else "",
        ask.account,
        called(ask.status, ask.first_name, ask.last_name, ask.email),
        "open" if ask.state in OPEN else "away" if ask.is_away else ask.state.value,
        since.astimezone(zone).strftime("%Y-%m-%d %H:%M") if since else "",
        int(ask.is_late),
        int(ask.state in ANSWERED),
        int(chosen.per_person or not (ask.state in OPEN or ask.is_away)),
    )


def answers_rows(session: Session, chosen: Chosen, *, zone: ZoneInfo) -> Iterator[tuple]:
    """The answers for a file, from one statement; a recount of rows with counted = 1 gives the figure of the page."""
    connection = session.connection()
    for page in in_parts(session, newest_answers(chosen, ANSWER_IN_FILE)):
        ids = [row[0] for row in page]
        said, tasks = besides.lines_of(connection, ids), follow_ups_of(connection, ids)
        yield from [csv_row(row, said.get(row[0], ""), tasks.get(row[0]), zone) for row in page]


ANSWER_IN_FILE = (
    *(Response.id, Response.day, Account.name, *PERSON),
    *(Response.score, Response.comment, Response.value_points, Response.is_late),
)
ASK_IN_FILE = (
    *(Invitation.id, Invitation.sent_at, Invitation.answered_at, Invitation.closed_at, Invitation.state),
    *(Invitation.is_away.label("is_away"), Invitation.is_late, Account.name.label("account"), *PERSON),
)
SCORED = {None: ("", "")} | {score: (score, band(score).value) for score in range(11)}


def csv_row(row: sa.Row, besides: str, task: sa.Row | None, zone: ZoneInfo) -> tuple:
    id, day, account, status, first_name, last_name, email, score, comment, points, is_late = row
    name = called(status, first_name, last_name, email)
    worth = "" if points is None else points
    own = (id, day, account, name, *SCORED[score], comment, worth, int(is_late), 1, besides)
    return own + (task_cells(task, zone) if task else NO_TASK)


NO_TASK = ("", "", "", "")


def task_cells(task: sa.Row, zone: ZoneInfo) -> tuple:
    """Where the follow-up on an answer stands, with its days in `zone`."""
    touched, closed = (
        at.astimezone(zone).date() if at else "" for at in (task.first_touched_at, task.closed_at)
    )
    return task.state.value, touched, closed, int(bool(task.customer_told)) if task.closed_at else ""


def moment_of(invitation: Invitation | sa.Row) -> datetime | None:
    """When an ask came to its present state."""
    return invitation.answered_at or invitation.closed_at or invitation.sent_at
