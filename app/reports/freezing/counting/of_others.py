"""Counting the reports that are not made of votes: movers between asks, promises and follow-ups, themes of comments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.followups.models import Task, TaskState
from app.followups.promises.models import PromiseState
from app.followups.settling import asking
from app.reports import charts
from app.reports.freezing.counting.counted import Counted, Standpoint, days_of
from app.reports.freezing.counting.of_answers import move_words, quotes
from app.reports.freezing.document import Document, Figure, Row, Table
from app.reports.freezing.rolls import MOST_KEPT, Register
from app.reports.loops import counts as loops
from app.reports.movers import pairs
from app.reports.statistics.movers import Standing
from app.reports.themes import counts as themes
from app.sentiment.models import Department, Label, Mention, StoredReading

Address = Mapping[str, str]
TALLY = ("made", "kept", "broken", "open", "withdrawn", "kept_late", "share_kept")
CLOSING = ("opened", "closed", "told", "confirmed", "share_told")
CLOCK = ("met", "missed", "running", "needless", "share_met")
THEME = ("comments", "share", "share_low", "share_high", "share_before", "negative", "positive")


def movers_of(session: Session, address: Address, at: Standpoint) -> Counted:
    period = days_of(address)
    found, names = pairs.movers(session, period, at.zone), charts.band_words() | {"silent": _("Silent")}
    moves = [(was, now) for was in Standing for now in Standing if found.number(was, now)]
    rows = [
        Row(
            f"{was}>{now}",
            move_words(names[was], names[now]),
            (found.number(was, now), found.share(was, now)),
        )
        for was, now in moves
    ]
    table = Table(
        "moves", _("From one ask to the next"), _("Move"), ("moves", "share_of_before"), tuple(rows), "moves"
    )
    smallest = min((found.number(*move) for move in moves), default=0)
    figures = [Figure("moves", found.n, found.n)]
    for name in ("up", "down", "went_silent", "came_back"):  # Of a sum, a small move could be worked out.
        figures.append(Figure(name, getattr(found, name), smallest))
    one = pairs.pairs(*pairs.moments(period, at.zone).values())
    kept = session.execute(sa.select(one.c.id, one.c.was, one.c.now).limit(MOST_KEPT + 1))
    roll = {"moves": {id: f"{was}>{now}" for id, was, now in kept}}
    return Counted(Document(tuple(figures), (table,)), roll)


# Promises and follow-ups


def loops_of(session: Session, address: Address, at: Standpoint) -> Counted:
    period = days_of(address)
    days = loops.Days(period.start, period.end, at.zone)
    found = loops.loops(session, days, now=at.now)
    total, closing = found.total, found.closing
    figures = [Figure(f"promises_{name}", getattr(total, name), total.made) for name in TALLY]
    figures += [Figure(f"follow_ups_{name}", getattr(closing, name), closing.opened) for name in CLOSING]
    for clock in ("first_touch", "resolution"):
        share = getattr(found.clocks, clock).share_met
        figures.append(Figure(f"{clock}_share_met", share, closing.opened))
    roll = {"promises": promises(session, days, at), "follow_ups": follow_ups(session, days)}
    return Counted(Document(tuple(figures), (owners_table(found),)), roll)


def owners_table(found: loops.Loops) -> Table:
    columns = tuple(f"promises_{name}" for name in TALLY)
    rows = [
        Row(
            str(one.owner.id if one.owner else one.name or "company"),
            one.name or _("The company as a whole"),
            tuple(getattr(one.tally, name) for name in TALLY),
        )
        for one in found.owners
    ]
    title = _("Promises by whom they named")
    return Table("owners", title, _("Name"), columns, tuple(rows), "promises_made", is_naming=True)


def promises(session: Session, days: loops.Days, at: Standpoint) -> Register:
    made = loops.made(days).subquery()
    state = loops.Promise.state(at.now)
    query = sa.select(loops.Promise.id, state).where(loops.Promise.id.in_(sa.select(made.c.id)))
    return {id: str(PromiseState(state)) for id, state in session.execute(query.limit(MOST_KEPT + 1))}


def follow_ups(session: Session, days: loops.Days) -> Register:
    """Each as open or closed, and whether the customer was told and has confirmed."""
    closed = Task.state == TaskState.CLOSED
    told = sa.and_(closed, Task.customer_told.is_(True))
    query = sa.select(Task.id, *(sa.case((one, 1), else_=0) for one in (closed, told, asking.is_confirmed())))
    rows = session.execute(query.where(*loops.opened_on_answers(days)).limit(MOST_KEPT + 1))
    return {
        id: "|".join(
            ("closed" if closed else "open", "told" if told else "", "confirmed" if confirmed else "")
        )
        for id, closed, told, confirmed in rows
    }


# Themes


def themes_of(session: Session, address: Address, at: Standpoint) -> Counted:
    period, given = days_of(address), address.get("department")
    department = Department(given) if given else None
    found = themes.overview(session, period.start, period.end, department)
    rows = [Row(str(row.theme.id), row.theme.name, theme_values(row)) for row in found.rows]
    figures = (
        Figure("comments_all", found.total, found.total),
        Figure("comments_without_theme", found.none.number, found.none.number),
    )
    table = Table("themes", _("What comments speak of"), _("Theme"), THEME, tuple(rows), "comments")
    roll = {"comments": comments(session, period)}
    return Counted(Document(figures, (table,), quotes=quotes(session, period)), roll)


def theme_values(row: themes.Row) -> tuple:
    within = row.share.interval
    labels = (row.labels[label] for label in (Label.NEGATIVE, Label.POSITIVE))
    return (
        row.share.number,
        row.share.value,
        within and within.low,
        within and within.high,
        row.before.value,
        *labels,
    )


def comments(session: Session, period) -> Register:
    """Each text by its reading: the answer, how it sounds, and the themes that it speaks of."""
    mentioned: dict[int, list[int]] = defaultdict(list)
    spoken = sa.select(Mention.reading_id, Mention.theme_id).where(
        *themes.within(Mention, period.start, period.end)
    )
    for reading_id, theme_id in session.execute(spoken.order_by(Mention.theme_id)):
        mentioned[reading_id].append(theme_id)
    read = sa.select(StoredReading.id, StoredReading.response_id, StoredReading.said)
    read = read.where(*themes.within(StoredReading, period.start, period.end)).limit(MOST_KEPT + 1)
    return {
        id: f"{Label(said)}|{response_id}|{','.join(map(str, mentioned[id]))}"
        for id, response_id, said in session.execute(read)
    }
