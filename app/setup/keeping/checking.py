"""Whether what the database holds is whole: its own integrity, its schema, the sums behind trends, and the ledger of asks.

It only reads. What can be put right by a command is named with that command.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.database import migrating
from app.delivery.models import Invitation, InvitationChange, InvitationState
from app.reports.sums import verifying
from app.responses.models import Response

MOST_NAMED = 5


@dataclass(frozen=True)
class Check:
    """One check: whether all is well, and in words what was found."""

    name: str
    ok: bool
    words: str

    def told(self) -> dict[str, Any]:
        return asdict(self)


def checks(session: Session) -> Iterator[Check]:
    """Every check, as of one moment. Nothing else can be asked of a database without the schema of this version."""
    verifying.of_one_state(session)
    schema = schema_check(session)
    yield schema
    yield integrity_check(session)
    if schema.ok:
        for check in (reference_check, sums_check, ledger_check, answer_check):
            yield check(session)


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def schema_check(session: Session) -> Check:
    present, needed = migrating.revision(session.connection()), migrating.head()
    words = f"The schema is {present or 'none'}"
    if present == needed:
        return Check("schema", True, f"{words}, the one this version needs.")
    return Check("schema", False, f"{words}, this version needs {needed}. Run: justask db upgrade")


def integrity_check(session: Session) -> Check:
    """What the database itself says: pages and indexes of SQLite, constraints and indexes of PostgreSQL."""
    if is_sqlite(session):
        said = [row[0] for row in session.execute(sa.text("PRAGMA integrity_check"))]
        found = [] if said == ["ok"] else said
    else:
        found = [str(row[0]) for row in session.execute(NOT_IN_FORCE)]
    return told("integrity", found, "Pages, indexes and constraints are whole.", "Restore a backup. Damaged")


NOT_IN_FORCE = sa.text(
    "SELECT conname FROM pg_constraint WHERE NOT convalidated"
    " UNION ALL SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
)


def reference_check(session: Session) -> Check:
    """Rows that point at rows which are not there. PostgreSQL lets none come about."""
    rows = session.execute(sa.text("PRAGMA foreign_key_check")).all() if is_sqlite(session) else []
    found = [f"{row[0]} {row[1]} (to {row[2]})" for row in rows]
    return told("references", found, "Every row that others name is there.", "Rows name others that are gone")


def sums_check(session: Session) -> Check:
    found = verifying.findings(session)
    differing = [f"{one.series} {one.dim}={one.key} {one.day}" for one in found.differences]
    words = f"{found.answers} answers counted again give the {found.cells} sums that are kept."
    return told("sums", differing, words, "Run: justask rollups rebuild. Sums differ from the answers")


def ledger_check(session: Session) -> Check:
    """Every ask stands where its last noted change has brought it."""
    later = sa.select(sa.func.max(InvitationChange.id)).group_by(InvitationChange.invitation_id)
    query = (
        sa.select(Invitation.id, Invitation.state, InvitationChange.state)
        .join(InvitationChange, InvitationChange.invitation_id == Invitation.id)
        .where(InvitationChange.id.in_(later), InvitationChange.state != Invitation.state)
    )
    found = [f"ask {id} is {state}, noted as {noted}" for id, state, noted in session.execute(query)]
    return told("ledger", found, "Every ask stands where its last change led.", "Asks stand elsewhere")


def answer_check(session: Session) -> Check:
    """An ask is answered exactly when an answer to it stands that nobody has dismissed, and both name one person."""
    is_answered = Invitation.state == InvitationState.ANSWERED
    stands = sa.and_(Response.id.is_not(None), Response.dismissed_at.is_(None))
    is_other = sa.or_(
        Response.contact_id != Invitation.contact_id, Response.account_id != Invitation.account_id
    )
    query = (
        sa.select(Invitation.id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(sa.or_(is_answered != stands, is_other))
    )
    found = [f"ask {id}" for id in session.scalars(query)]
    return told("answers", found, "Asks and answers fit each other.", "Asks and answers that do not fit")


def told(name: str, found: list[str], well: str, wrong: str) -> Check:
    """The check with the first things found."""
    if not found:
        return Check(name, True, well)
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return Check(name, False, f"{wrong}: {'; '.join(found[:MOST_NAMED])}{more}")
