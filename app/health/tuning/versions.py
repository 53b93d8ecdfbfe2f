"""The parameters of the formulas as they hold: a version for each change, dated, with who made it and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.models import Account
from app.core import audit
from app.core.database import upserts
from app.core.errors import Invalid, Refused
from app.health.models import FormulaVersion, ScoreDue
from app.health.parameters import V1, FormulaSet
from app.health.tuning.knobs import KNOBS, Knob, problems, read

NEWEST_FIRST = (
    FormulaVersion.active_from.desc(),
    sa.func.length(FormulaVersion.version).desc(),
    FormulaVersion.version.desc(),
)


def present(session: Session) -> FormulaSet:
    """The parameters by which scores are computed now."""
    return read_set(session.scalars(sa.select(FormulaVersion).order_by(*NEWEST_FIRST).limit(1)).first())


def of_version(session: Session, version: str) -> FormulaSet:
    """The parameters of a version, by which a stored score can be computed again."""
    return read_set(session.get_one(FormulaVersion, version))


def read_set(row: FormulaVersion | None) -> FormulaSet:
    """What a row holds; the first one holds nothing, and means the usual parameters."""
    if row is None or not row.parameters:
        return V1
    return replace(FormulaSet.from_json(row.parameters), version=row.version)


@dataclass(frozen=True)
class Change:
    """One parameter that a version set to another value than the one before it."""

    knob: Knob
    before: float
    after: float


def history(session: Session, *, limit: int = 30) -> list[tuple[FormulaVersion, list[Change]]]:
    """The versions, newest first, each with what it changed."""
    rows: Sequence[FormulaVersion] = session.scalars(
        sa.select(FormulaVersion).order_by(*NEWEST_FIRST).limit(limit + 1)
    ).all()
    sets = [read_set(row) for row in rows]
    told = [
        (row, differences(sets[n + 1], sets[n]) if n + 1 < len(rows) else []) for n, row in enumerate(rows)
    ]
    return told[:limit]


def differences(before: FormulaSet, after: FormulaSet) -> list[Change]:
    """The parameters that differ, in the order of the page."""
    one, other = before.as_json(), after.as_json()
    pairs = ((knob, read(one, knob.path), read(other, knob.path)) for knob in KNOBS)
    return [Change(*found) for found in pairs if found[1] != found[2]]


def change(
    session: Session, wanted: FormulaSet, *, based_on: str, reason: str, now: datetime, by: audit.Actor
) -> FormulaVersion | None:
    """Compute by these parameters from now on; None when nothing is different. Past days keep the version they had.

    Invalid for values that cannot be and without a reason; Refused when another version came after `based_on`.
    """
    former = present(session)
    if former.version != based_on:
        raise Refused(_("Somebody has changed the parameters meanwhile. Look at them again."))
    errors = problems(wanted)
    if not reason.strip():
        errors["reason"] = _("Say why: whoever wonders later reads it here.")
    if errors:
        raise Invalid(_("The parameters were not changed."), errors=errors)
    changes = differences(former, wanted)
    if not changes:
        return None
    row = FormulaVersion(
        version=next_name(session),
        parameters=wanted.as_json(),
        active_from=now,
        staff_name=by.name,
        reason=reason,
    )
    session.add(row)
    session.flush()
    told = {change.knob.path: [change.before, change.after] for change in changes}
    audit.note(session, by, "scores.parameters", now=now, version=row.version, changes=told)
    mark_all(session, now)
    return row


def next_name(session: Session) -> str:
    """v1 is the shipped set; each change of it is v1.1, v1.2 and so on."""
    return f"{V1.version}.{session.scalar(sa.select(sa.func.count(FormulaVersion.version)))}"


def mark_all(session: Session, now: datetime) -> None:
    """The scores of every account are due; pages compute them live until the worker has."""
    every = sa.select(Account.id, sa.literal(now, ScoreDue.since.type)).where(Account.id > 0)
    rows = upserts.insert(session.connection().dialect.name, ScoreDue).from_select(
        ["account_id", "since"], every
    )
    rows = rows.on_conflict_do_update(
        index_elements=[ScoreDue.account_id], set_={"since": rows.excluded.since}
    )
    session.execute(rows)
