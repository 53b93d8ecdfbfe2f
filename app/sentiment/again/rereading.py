"""Reading again what another engine has read, in batches that are each committed, so that a killed run goes on.

Corrections stay: they win over the new reading as over the old. A trial reads and counts the same way and changes
nothing. The steps are taken by a job or a command, never by a web process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core.errors import Refused
from app.sentiment import better, texts
from app.sentiment.again import batches
from app.sentiment.again.batches import Seen
from app.sentiment.models import Label, Rereading, StoredReading
from app.sentiment.reading import Reading
from app.sentiment.texts import Text

SAMPLE = 1000
EXAMPLES_OF_A_MOVE, MOST_EXAMPLES = 3, 30


def good_enough() -> tuple[tuple[str, str], ...]:
    """Engines and versions whose readings need not be made anew: the present one, and the better one even where it is
    installed no more."""
    return tuple({better.present().names, better.better().names})


def outdated() -> sa.ColumnElement[bool]:
    engine, version = StoredReading.engine, StoredReading.version
    return sa.and_(*(sa.or_(engine != name, version != number) for name, number in good_enough()))


def versions(session: Session) -> list[tuple[str, str, int]]:
    """The readings by engine and version, those of most comments first."""
    number = sa.func.count()
    query = sa.select(StoredReading.engine, StoredReading.version, number)
    query = query.group_by(StoredReading.engine, StoredReading.version)
    return [tuple(row) for row in session.execute(query.order_by(number.desc(), StoredReading.version))]


def how_many_outdated(session: Session) -> int:
    fresh = good_enough()
    return sum(n for engine, version, n in versions(session) if (engine, version) not in fresh)


def running(session: Session) -> Rereading | None:
    return session.scalar(sa.select(Rereading).where(Rereading.finished_at.is_(None)).limit(1))


def last(session: Session, *, is_trial: bool) -> Rereading | None:
    """The newest run of the kind that was begun with the present engine."""
    engine, version = better.present().names
    query = sa.select(Rereading).where(
        Rereading.is_trial.is_(is_trial), Rereading.engine == engine, Rereading.version == version
    )
    return session.scalar(query.order_by(Rereading.id.desc()).limit(1))


def begin(session: Session, *, is_trial: bool, sample: int = 0, by: str, now: datetime) -> Rereading:
    """A run, to be taken on by `step`; a trial may look at a sample only. Refused beside another, or with nothing to do."""
    if running(session):
        raise Refused(_("Comments are being read again already."))
    total = how_many_outdated(session)
    if not total:
        raise Refused(_("Every comment has been read by the present engine."))
    stride = max(1, total // sample) if is_trial and sample else 1
    engine, version = better.present().names
    run = Rereading(
        engine=engine,
        version=version,
        is_trial=is_trial,
        stride=stride,
        last_id=0,
        total=-(-total // stride),
        done=0,
        moves={},
        examples=[],
        started_at=now,
        by=by,
    )
    session.add(run)
    session.flush()
    return run


def stop(session: Session, run: Rereading, *, now: datetime) -> None:
    """End a run where it stands; what was read stays, and a new run goes on with the rest."""
    run.finished_at, run.is_stopped = now, True


def step(session: Session, run: Rereading, *, now: datetime, size: int | None = None) -> Iterator[int]:
    """The next comments of a run; commit at each yield. What is yielded sums to how many there were, 0 at the end of
    the run, which it notes."""
    engine = better.present()
    if (run.engine, run.version) != engine.names:
        stop(session, run, now=now)
        return
    seen = look(session, run, size or batches.size_for(engine))
    if not seen:
        run.finished_at, run.total = now, run.done
        session.flush()
        return
    yield 0
    heard, _failed = batches.heard(seen, engine)
    settle(session, run, seen, heard, now)
    yield len(seen)


def look(session: Session, run: Rereading, size: int) -> list[Seen]:
    """The comments past the last one, in order; a sample takes only some."""
    conditions = [outdated(), StoredReading.id > run.last_id]
    if run.stride > 1:
        conditions.append(StoredReading.id % run.stride == 0)
    return batches.look(session, *conditions, order=StoredReading.id.asc(), size=size)


def settle(
    session: Session, run: Rereading, seen: list[Seen], heard: dict[int, Reading], now: datetime
) -> None:
    """Count what was heard, and unless it is a trial write it, in one transaction with how far the run has come."""
    for reading, *_rest in batches.unchanged(session, seen, heard):
        count(run, reading, heard[reading.id].label)
        if not run.is_trial:
            batches.replace(session, reading, heard[reading.id], better.present(), now=now)
    run.last_id = seen[-1].id
    run.done += len(seen)
    session.flush()
    session.expire_all()


def count(run: Rereading, reading: StoredReading, label: Label) -> None:
    """Note where a label goes. JSON columns are written anew, since a change inside is not seen."""
    move = f"{reading.label.value}>{label.value}"
    run.moves = run.moves | {move: run.moves.get(move, 0) + 1}
    is_shown = label is not reading.label and run.moves[move] <= EXAMPLES_OF_A_MOVE
    if is_shown and len(run.examples) < MOST_EXAMPLES:
        run.examples = [*run.examples, [reading.id, reading.label.value, label.value]]


def told(session: Session, run: Rereading) -> list[tuple[Text, Label, Label]]:
    """The examples of a run with their words."""
    query = texts.select().where(StoredReading.id.in_([one[0] for one in run.examples]))
    found = {one.reading.id: one for one in (Text(*row) for row in session.execute(query)) if one.words}
    shown: Iterable = (one for one in run.examples if one[0] in found)
    return [(found[id], Label(was), Label(now)) for id, was, now in shown]
