"""Statements that move a whole wave's invitations at once, each in the caller's transaction."""

from __future__ import annotations

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from app.core import tokens
from app.core.installation import installation
from app.delivery import cadence, invitations
from app.delivery.cadence import Ask
from app.delivery.models import Invitation, InvitationChange, InvitationState, Wave
from app.surveys import wording
from app.surveys.audience import in_language

LAUNCHES = 4_115_170_001  # The key of PostgreSQL's advisory lock; any number that nothing else uses.
SEED_BYTES = 32
UNSENT = (InvitationState.PLANNED, InvitationState.QUEUED)
UNSENT_OR_DEFERRED = sa.or_(Invitation.state.in_(UNSENT), Invitation.deferred_until.is_not(None))


class nonce(FunctionElement):
    """`nonce(seed, number)`: the random part of a link, 132 bits in 22 URL-safe characters, made by the database.

    `seed` is random and made for the one statement, in which every row has another `number`: nobody who has not seen
    the seed can tell the digest of both from a random word, and the seed is kept nowhere. SQLite needs neither.
    """

    type = sa.String()
    inherit_cache = True


@compiles(nonce, "sqlite")
def _nonce_sqlite(element, compiler, **options) -> str:
    return "justask_nonce()"


@compiles(nonce)
def _nonce(element, compiler, **options) -> str:
    """A digest costs a tenth of what two random UUIDs do."""
    seed, number = (compiler.process(part, **options) for part in element.clauses)
    random = f"sha256(CAST({seed} AS BYTEA) || int8send({number}))"
    return f"left(translate(encode({random}, 'base64'), '+/', '-_'), {tokens.NONCE_LENGTH})"


def one_after_the_other(session: Session) -> None:
    """Wait until no other transaction launches; this one then launches alone until it ends.

    On SQLite writing transactions queue anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(LAUNCHES)))


def invite(
    session: Session,
    wave: Wave,
    people: sa.Select,
    ask: Ask,
    *,
    now: datetime,
    deferred_until: datetime | None = None,
    whole: sa.Select | None = None,
) -> int:
    """One invitation for each of the people: planned, or suppressed with reason and free day; how many.

    Whoever is free by `deferred_until` is deferred until then. `whole` is as for `cadence.plan`.
    """
    give_nonces(session)
    until = sa.literal(deferred_until, Invitation.deferred_until.type)
    planned = in_order(cadence.plan(people, ask, whole=whole)).c
    is_asked = planned.reason.is_(None)
    state = sa.case((is_asked, InvitationState.PLANNED.value), else_=InvitationState.SUPPRESSED.value)
    default = installation(session).language
    values = {
        "wave_id": sa.literal(wave.id),
        "contact_id": planned.contact_id,
        "account_id": planned.account_id,
        "version_id": sa.literal(wave.version_id),
        "nonce": nonce(sa.literal(secrets.token_bytes(SEED_BYTES)), planned.contact_id),
        "asked_as": sa.case((is_asked, planned.email_key)),
        "language": in_language(planned.language, wording.languages(wave.version), default),
        "purpose": sa.literal(wave.purpose, Invitation.purpose.type),
        "is_rehearsal": sa.literal(wave.is_rehearsal),
        "state": sa.cast(state, sa.String),
        "suppressed_reason": planned.reason,
        "free_at": planned.free_at,
        "deferred_until": sa.case((planned.free_at <= until, until)),
        "due_at": sa.case((is_asked, planned.due_at)),
        "reminders_left": sa.literal(len(ask.rules.reminder_days)),
        "is_late": sa.false(),
        "is_auto_reply": sa.false(),
        "created_at": sa.literal(now, Invitation.created_at.type),
        "updated_at": sa.literal(now, Invitation.updated_at.type),
    }
    rows = sa.select(*[value.label(name) for name, value in values.items()])
    table = Invitation.__table__
    added = sa.insert(table).from_select(list(values), rows, include_defaults=False)
    return session.execute(added, execution_options={"preserve_rowcount": True}).rowcount


def in_order(planned: sa.Subquery) -> sa.CTE:
    """The people in the order of their ids, in which the keys of asks lie; whole rows would take longer to sort."""
    found = sa.select(planned).order_by(planned.c.contact_id)
    return found.cte("in_order").prefix_with("MATERIALIZED")


def give_nonces(session: Session) -> None:
    """Let SQLite make nonces: its own random blobs would need twice the characters for the same bits."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        driver.create_function("justask_nonce", 0, tokens.new_nonces().__next__)


def cancel_unsent(session: Session, wave: Wave, *, now: datetime, reason: str) -> None:
    """Cancel what was not sent; a mail that is being handed over this moment is left to the sender."""
    theirs = (Invitation.wave_id == wave.id, Invitation.state.in_(UNSENT))
    invitations.hold(session, Invitation.wave_id == wave.id, UNSENT_OR_DEFERRED)
    note_changes(session, theirs, InvitationState.CANCELLED, now=now, reason=reason)
    change = {
        "state": InvitationState.CANCELLED,
        "closed_at": now,
        "remind_at": None,
        "due_at": None,
        "updated_at": now,
    }
    update(session, theirs, change)
    deferred = (Invitation.wave_id == wave.id, Invitation.deferred_until.is_not(None))
    update(session, deferred, {"deferred_until": None})


def note_changes(
    session: Session, which: tuple, state: InvitationState, *, now: datetime, reason: str
) -> None:
    """A row in the ledger for each of these invitations, before they change."""
    columns = {
        "invitation_id": Invitation.id,
        "from_state": Invitation.state,
        "state": sa.literal(state, InvitationChange.state.type),
        "at": sa.literal(now, InvitationChange.at.type),
        "reason": sa.literal(reason),
    }
    rows = sa.select(*[value.label(name) for name, value in columns.items()]).where(*which)
    session.execute(sa.insert(InvitationChange.__table__).from_select(list(columns), rows))


def note_beginnings(session: Session, which: tuple) -> None:
    """A row for how each of these invitations began that has none yet, before its columns forget for what reason."""
    has_rows = sa.exists().where(InvitationChange.invitation_id == Invitation.id)
    columns = {
        "invitation_id": Invitation.id,
        "state": Invitation.state,
        "at": Invitation.created_at,
        "reason": Invitation.suppressed_reason,
    }
    rows = sa.select(*columns.values()).where(*which, sa.not_(has_rows))
    session.execute(sa.insert(InvitationChange.__table__).from_select(list(columns), rows))


def update(session: Session, which: tuple, change: dict) -> int:
    """Change these invitations; how many."""
    statement = sa.update(Invitation).where(*which).values(change)
    return session.execute(statement, execution_options={"synchronize_session": False}).rowcount
