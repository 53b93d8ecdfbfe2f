"""Stored scores: computed anew where something happened, kept once a day for every account, read live until then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Account
from app.core.errors import NotFound
from app.health.colours import Memory, next_colour
from app.health.formula import AccountScores, score_account
from app.health.gathering import gather
from app.health.judgement import judging
from app.health.models import Adoption, Colour, ScoreDue, Snapshot
from app.health.parameters import V1, FormulaSet
from app.health.parts import Score
from app.health.tuning import versions

CHUNK = 100
NAMES = ("relationship", "adoption", "value", "health")
NOTHING: Mapping[str, Any] = MappingProxyType({})
SHOWN = [
    getattr(Snapshot, column)
    for column in ("account_id", "on", "version", *NAMES, *(f"{name}_colour" for name in NAMES))
]
PARTS = {name: Snapshot.explanation[name]["parts"].label("parts") for name in NAMES}


def without_snapshot(session: Session, day: date, *, limit: int = CHUNK) -> list[int]:
    """Accounts that have no snapshot of the day yet."""
    have = sa.select(Snapshot.account_id).where(Snapshot.on == day)
    return list(
        session.scalars(
            sa.select(Account.id).where(Account.id.not_in(have)).order_by(Account.id).limit(limit)
        )
    )


def refresh(
    session: Session, account_ids: Sequence[int], *, today: date, zone: ZoneInfo, now: datetime
) -> dict[int, Told]:
    """Compute the scores of `today` and keep them as the day's snapshots, in the caller's transaction."""
    told = live(session, account_ids, today=today, zone=zone)
    query = sa.select(Snapshot).where(Snapshot.on == today, Snapshot.account_id.in_(list(told)))
    present = {snapshot.account_id: snapshot for snapshot in session.scalars(query)}
    for account_id, scores in told.items():
        snapshot = present.get(account_id) or Snapshot(account_id=account_id, on=today)
        keep(snapshot, scores, now)
        session.add(snapshot)
    session.flush()
    return told


def keep(snapshot: Snapshot, told: Told, now: datetime) -> None:
    """Write what was computed into the row."""
    snapshot.version = told.version
    snapshot.computed_at = now
    snapshot.memory = dict(told.memory)
    snapshot.explanation = dict(told.explanation)
    for name in NAMES:
        setattr(snapshot, name, told.score(name))
        setattr(snapshot, f"{name}_colour", told.colour(name))


def move_account(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """What other systems said of one account's use is said of another, where they said nothing of that one for the day.

    Past scores stay as they were computed: those of the account that goes, go with it.
    """
    told = sa.select(Adoption.as_of).where(Adoption.account_id == to_id)
    mine = sa.update(Adoption).where(Adoption.account_id == from_id, Adoption.as_of.not_in(told))
    session.execute(mine.values(account_id=to_id), execution_options={"synchronize_session": False})
    judging.move_account(session, from_id, to_id, now=now)


def live(
    session: Session,
    account_ids: Sequence[int],
    *,
    today: date,
    zone: ZoneInfo,
    formula: FormulaSet | None = None,
) -> dict[int, Told]:
    """The scores as they are now, computed and not stored; by the parameters that hold, unless others are given."""
    formula = formula or versions.present(session)
    before = last_before(session, account_ids, today)
    facts = gather(session, account_ids, as_of=today, zone=zone, formula=formula)
    return {id: tell(score_account(known, formula), before.get(id), formula) for id, known in facts.items()}


def last_before(session: Session, account_ids: Sequence[int], day: date) -> dict[int, Snapshot]:
    """The newest snapshot of each account before the day."""
    newest = (
        sa.select(Snapshot.account_id, sa.func.max(Snapshot.on).label("on"))
        .where(Snapshot.account_id.in_(list(account_ids)), Snapshot.on < day)
        .group_by(Snapshot.account_id)
        .subquery()
    )
    query = sa.select(Snapshot).join(
        newest, sa.and_(newest.c.account_id == Snapshot.account_id, newest.c.on == Snapshot.on)
    )
    return {snapshot.account_id: snapshot for snapshot in session.scalars(query)}


def current(session: Session, account_id: int, *, today: date, zone: ZoneInfo) -> Told:
    """The scores of an account now: the day's snapshot, or computed live when something happened since."""
    snapshot = session.scalar(
        sa.select(Snapshot).where(Snapshot.account_id == account_id, Snapshot.on == today)
    )
    if snapshot is not None and session.get(ScoreDue, account_id) is None:
        return stored(snapshot)
    found = live(session, [account_id], today=today, zone=zone)
    if account_id not in found:
        raise NotFound("There is no such account.")
    return found[account_id]


def current_of(
    session: Session, account_ids: Sequence[int], *, today: date, zone: ZoneInfo
) -> dict[int, Told]:
    """As `current` for many accounts: stored where that is true, live for the rest."""
    ids = list(account_ids)
    due = sa.select(ScoreDue.account_id)
    query = sa.select(Snapshot).where(
        Snapshot.on == today, Snapshot.account_id.in_(ids), Snapshot.account_id.not_in(due)
    )
    told = {snapshot.account_id: stored(snapshot) for snapshot in session.scalars(query)}
    missing = [id for id in ids if id not in told]
    return told | (live(session, missing, today=today, zone=zone) if missing else {})


def scores_of(
    session: Session, account_ids: Sequence[int], *, today: date, zone: ZoneInfo, parts_of: str | None = None
) -> dict[int, Told]:
    """As `current_of` without the reasons of stored scores, which are most of what is stored, for lists that show none.

    `parts_of` names the one score whose parts, and nothing else of its reasons, come along.
    """
    ids = list(account_ids)
    query = sa.select(*SHOWN, PARTS[parts_of] if parts_of else sa.null().label("parts")).where(
        Snapshot.on == today,
        Snapshot.account_id.in_(ids),
        Snapshot.account_id.not_in(sa.select(ScoreDue.account_id)),
    )
    told = {
        row.account_id: told_of(
            row, explanation={parts_of: {"parts": row.parts or ()}} if parts_of else NOTHING
        )
        for row in session.execute(query)
    }
    missing = [id for id in ids if id not in told]
    return told | (live(session, missing, today=today, zone=zone) if missing else {})


def on_day(session: Session, account_id: int, day: date) -> Told | None:
    """The stored scores of a past day, or None when none were kept then."""
    snapshot = session.scalar(
        sa.select(Snapshot).where(Snapshot.account_id == account_id, Snapshot.on == day)
    )
    return stored(snapshot) if snapshot else None


def history(session: Session, account_id: int, *, start: date, end: date) -> list[Snapshot]:
    """The snapshots of an account over [start, end), by day."""
    query = sa.select(Snapshot).where(
        Snapshot.account_id == account_id, Snapshot.on >= start, Snapshot.on < end
    )
    return list(session.scalars(query.order_by(Snapshot.on)))


# What a score says


@dataclass(frozen=True)
class Told:
    """The four scores of an account on a day, with colours and reasons, stored or just computed."""

    as_of: date
    version: str
    scores: Mapping[str, float | None]
    colours: Mapping[str, Colour]
    memory: Mapping[str, Any]
    explanation: Mapping[str, Any]
    is_live: bool

    def score(self, name: str) -> float | None:
        return self.scores[name]

    def colour(self, name: str) -> Colour:
        return self.colours[name]

    def reasons(self, name: str) -> Mapping[str, Any]:
        return self.explanation.get(name, {})


def tell(scores: AccountScores, before: Snapshot | None, formula: FormulaSet = V1) -> Told:
    """The scores of a day with the colours that follow from the snapshot of the day before."""
    by_name = {name: getattr(scores, name) for name in NAMES}
    memories = {
        name: next_colour(score.score, memory_of(before, name), formula) for name, score in by_name.items()
    }
    return Told(
        as_of=scores.as_of,
        version=scores.version,
        scores={name: score.score for name, score in by_name.items()},
        colours={name: memory.colour for name, memory in memories.items()},
        memory={name: memory.rising_days for name, memory in memories.items()},
        explanation={name: reasons(score) for name, score in by_name.items()},
        is_live=True,
    )


def memory_of(snapshot: Snapshot | None, name: str) -> Memory:
    if snapshot is None:
        return Memory()
    return Memory(getattr(snapshot, f"{name}_colour"), snapshot.memory.get(name, 0))


def stored(snapshot: Snapshot) -> Told:
    """A snapshot told."""
    return told_of(snapshot, memory=snapshot.memory, explanation=snapshot.explanation)


def told_of(
    row: Snapshot | sa.Row,
    *,
    memory: Mapping[str, Any] = NOTHING,
    explanation: Mapping[str, Any] = NOTHING,
) -> Told:
    """What was stored, told."""
    return Told(
        as_of=row.on,
        version=row.version,
        scores={name: getattr(row, name) for name in NAMES},
        colours={name: getattr(row, f"{name}_colour") for name in NAMES},
        memory=memory,
        explanation=explanation,
        is_live=False,
    )


def reasons(score: Score) -> dict[str, Any]:
    """The parts, ceilings and completeness of a score as JSON; `shown` holds whole points lost that add up."""
    binding = score.binding
    told = {
        "raw": score.raw,
        "completeness": score.completeness,
        "parts": [
            {
                "name": part.name,
                "value": part.value,
                "weight": part.weight,
                "points_lost": part.points_lost,
                "evidence": dict(part.evidence),
            }
            for part in score.parts
        ],
        "ceiling": {"name": binding.name, "value": binding.value, "points_lost": binding.points_lost}
        if binding
        else None,
        "shown": score.shown_losses(),
    }
    for name in ("threads", "answers", "strength"):
        if hasattr(score, name):
            told[name] = getattr(score, name)
    return told
