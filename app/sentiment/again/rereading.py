"""Reading again what an older engine has read, in batches that are each committed, so that a killed run goes on.

Corrections stay: they win over the new reading as over the old. A trial reads and counts the same way and changes
nothing. The steps are taken by a job or a command, never by a web process.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core.errors import Refused
from app.responses.models import Response
from app.sentiment import texts
from app.sentiment.models import Label, Rereading, StoredReading
from app.sentiment.reading import ENGINE, VERSION, read
from app.sentiment.texts import Text

BATCH = 50
SAMPLE = 1000
EXAMPLES_OF_A_MOVE, MOST_EXAMPLES = 3, 30
BULK = {"synchronize_session": False}

outdated = sa.or_(StoredReading.engine != ENGINE, StoredReading.version != VERSION)


def versions(session: Session) -> list[tuple[str, str, int]]:
    """The readings by engine and version, those of most comments first."""
    number = sa.func.count()
    query = sa.select(StoredReading.engine, StoredReading.version, number)
    query = query.group_by(StoredReading.engine, StoredReading.version)
    return [tuple(row) for row in session.execute(query.order_by(number.desc(), StoredReading.version))]


def how_many_outdated(session: Session) -> int:
    return sum(n for engine, version, n in versions(session) if (engine, version) != (ENGINE, VERSION))


def running(session: Session) -> Rereading | None:
    return session.scalar(sa.select(Rereading).where(Rereading.finished_at.is_(None)).limit(1))


def last(session: Session, *, is_trial: bool) -> Rereading | None:
    """The newest run of the kind that was begun with the present engine."""
    query = sa.select(Rereading).where(
        Rereading.is_trial.is_(is_trial), Rereading.engine == ENGINE, Rereading.version == VERSION
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
    run = Rereading(
        engine=ENGINE,
        version=VERSION,
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


def step(session: Session, run: Rereading, *, now: datetime, size: int = BATCH) -> int:
    """The next comments of a run; 0 when it has come to its end, which it notes."""
    if (run.engine, run.version) != (ENGINE, VERSION):
        stop(session, run, now=now)
        return 0
    rows = batch(session, run, size)
    for reading, response, words in rows:
        heard = read(words, lang=response.language, intent=reading.intent)
        count(run, reading, heard.label)
        if not run.is_trial:
            replace(session, reading, heard, now)
    if rows:
        run.last_id = rows[-1].reading.id
        run.done += len(rows)
    else:
        run.finished_at, run.total = now, run.done
    session.flush()
    session.expire_all()
    return len(rows)


def batch(session: Session, run: Rereading, size: int) -> list[Text]:
    """Readings past the last one with their words, in order; a sample takes only some. Nobody else changes them."""
    query = (
        texts.select()
        .where(outdated, StoredReading.id > run.last_id, texts.said != "")
        .order_by(StoredReading.id)
        .limit(size)
        .with_for_update(of=StoredReading, key_share=True)
    )
    if run.stride > 1:
        query = query.where(StoredReading.id % run.stride == 0)
    return [Text(*row) for row in session.execute(query)]


def count(run: Rereading, reading: StoredReading, label: Label) -> None:
    """Note where a label goes. JSON columns are written anew, since a change inside is not seen."""
    move = f"{reading.label.value}>{label.value}"
    run.moves = run.moves | {move: run.moves.get(move, 0) + 1}
    is_shown = label is not reading.label and run.moves[move] <= EXAMPLES_OF_A_MOVE
    if is_shown and len(run.examples) < MOST_EXAMPLES:
        run.examples = [*run.examples, [reading.id, reading.label.value, label.value]]


def replace(session: Session, reading: StoredReading, heard, now: datetime) -> None:
    is_other = heard.label is not reading.label
    reading.engine, reading.version = ENGINE, VERSION
    reading.polarity, reading.label = heard.polarity, heard.label
    reading.confidence, reading.language = heard.confidence, heard.language or reading.language
    reading.evidence, reading.read_at, reading.edition = list(heard.evidence), now, 0
    if is_other:
        answers = sa.update(Response).where(Response.id == reading.response_id)
        session.execute(answers.values(updated_at=now), execution_options=BULK)


def told(session: Session, run: Rereading) -> list[tuple[Text, Label, Label]]:
    """The examples of a run with their words."""
    query = texts.select().where(StoredReading.id.in_([one[0] for one in run.examples]))
    found = {one.reading.id: one for one in (Text(*row) for row in session.execute(query)) if one.words}
    shown: Iterable = (one for one in run.examples if one[0] in found)
    return [(found[id], Label(was), Label(now)) for id, was, now in shown]
