"""Waves and the ledger of asks. Silence is a dated state of an invitation, never an absence of data."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.models import Account, Contact
from app.core.database.columns import BigId, Id, Moment, Stamped, UtcDateTime, choice, reference
from app.extensions import Base
from app.surveys.models import Program, SurveyVersion


class WaveState(StrEnum):
    """A launched wave waits (undo), sends, may pause, and ends finished or cancelled; an undone one leaves no trace."""

    WAITING = "waiting"
    SENDING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class PauseCause(StrEnum):
    """Why a wave is paused: somebody did it, or it did so by itself and waits for somebody to look."""

    PERSON = "person"
    FIRST = "first"
    BOUNCES = "bounces"
    COMPLAINTS = "complaints"
    WAY = "way"


class Purpose(StrEnum):
    PROGRAM = "program"
    SINGLE = "single"
    RECOVERY = "recovery"
    TEST = "test"


class InvitationState(StrEnum):
    PLANNED = "planned"
    SUPPRESSED = "suppressed"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    IN_DOUBT = "in_doubt"
    REFUSED = "refused"
    BOUNCED = "bounced"
    ANSWERED = "answered"
    DECLINED = "declined"
    SILENT = "silent"
    CANCELLED = "cancelled"


class Decline(StrEnum):
    """Why somebody would not answer, in the terms in which they said it."""

    NOT_NOW = "not_now"
    NOT_ME = "not_me"
    LEFT = "left"


class Channel(StrEnum):
    """How the question reaches people: by our mail, or by a link that another program hands over."""

    MAIL = "mail"
    LINK = "link"


CLOSING = "coalesce(answered_at, silent_at, declined_at)"


def _index_where_set(name: str, column: str, *more: str) -> sa.Index:
    """An index of the rows that have the column only; an ask is written anew for each state, with all its indexes.

    On PostgreSQL the migration makes it so: to name that database here would load it where SQLite is used.
    """
    return sa.Index(name, column, *more, sqlite_where=sa.text(f"{column} IS NOT NULL"))


class Wave(Stamped, Base):
    """One launch of a program. `launch_key` makes a second press of the same button find the first wave.

    With `ignores_window` first mails leave at any hour; reminders keep to their window all the same.
    While `first_people` is set only those many, who stand in `first_asks`, are written to. What came back before
    `watched_from` has been looked at by somebody and pauses the wave no more. While a large audience is written down
    `judged_to` is the last account whose people were; nothing is sent before all are.
    """

    __tablename__ = "waves"
    __table_args__ = (_index_where_set("ix_waves_judged_to", "judged_to"),)

    id: Mapped[Id]
    program_id: Mapped[int] = reference("programs.id")
    version_id: Mapped[int] = reference("survey_versions.id", ondelete="RESTRICT")
    name: Mapped[str] = mapped_column(sa.String(160))
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose), default=Purpose.PROGRAM)
    channel: Mapped[Channel] = mapped_column(choice(Channel), default=Channel.MAIL)
    state: Mapped[WaveState] = mapped_column(choice(WaveState), default=WaveState.WAITING)
    launch_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    is_rehearsal: Mapped[bool]
    is_demo: Mapped[bool] = mapped_column(default=False)
    launched_at: Mapped[Moment] = mapped_column(index=True)
    launched_by_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL", index=False)
    launched_by: Mapped[str] = mapped_column(sa.String(200), default="")
    send_at: Mapped[Moment]
    undo_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ignores_window: Mapped[bool] = mapped_column(default=False)
    paused_reason: Mapped[str | None] = mapped_column(sa.Text)
    pause_cause: Mapped[str | None] = mapped_column(sa.String(16))
    first_people: Mapped[int | None]
    judged_to: Mapped[int | None] = mapped_column(BigId)
    watched_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    program: Mapped[Program] = relationship()
    version: Mapped[SurveyVersion] = relationship()

    @property
    def first_send_at(self) -> datetime:
        """The moment from which mails of the wave may leave, where a window is open."""
        return max(self.send_at, self.undo_until or self.send_at)


class Invitation(Stamped, Base):
    """One ask of one contact. `asked_as` is the mailbox asked, so that a person gets one mail per wave.

    Somebody left out for a while is asked once `free_at` has come, if that is by `deferred_until`; without it the
    wave asks them no more.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        sa.UniqueConstraint("wave_id", "contact_id"),
        sa.UniqueConstraint("wave_id", "asked_as"),
        sa.Index("ix_invitations_account_sent", "account_id", "sent_at"),
        sa.Index("ix_invitations_contact_sent", "contact_id", "sent_at"),
        sa.Index("ix_invitations_asked_as", "asked_as", "sent_at"),
        sa.Index("ix_invitations_state_closes", "state", "closes_at"),
        _index_where_set("ix_invitations_remind", "remind_at"),
        _index_where_set("ix_invitations_deferred", "deferred_until", "free_at"),
        _index_where_set(
            "ix_invitations_sent", "sent_at", "state", "version_id", "is_rehearsal", "is_auto_reply"
        ),
        sa.Index("ix_invitations_wave_state", "wave_id", "state"),
        sa.Index(
            "ix_invitations_contact_closed",
            "contact_id",
            sa.text(CLOSING),
            sqlite_where=sa.text(f"{CLOSING} IS NOT NULL"),
        ),
        sa.CheckConstraint(
            "state <> 'suppressed' OR suppressed_reason IS NOT NULL", name="suppressed_reason"
        ),
        sa.CheckConstraint("state <> 'answered' OR answered_at IS NOT NULL", name="answered_at"),
        sa.CheckConstraint("state <> 'silent' OR silent_at IS NOT NULL", name="silent_at"),
        sa.CheckConstraint("sent_at IS NULL OR closes_at IS NOT NULL", name="closes_at"),
    )

    id: Mapped[Id]
    wave_id: Mapped[int] = reference("waves.id", index=False)
    contact_id: Mapped[int] = reference("contacts.id", index=False)
    account_id: Mapped[int] = reference("accounts.id", index=False)
    version_id: Mapped[int] = reference("survey_versions.id", ondelete="RESTRICT", index=False)
    nonce: Mapped[str] = mapped_column(sa.String(32), unique=True)
    asked_as: Mapped[str | None] = mapped_column(sa.String(320))
    language: Mapped[str] = mapped_column(sa.String(16))
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose, "ask_purpose"), default=Purpose.PROGRAM)
    is_rehearsal: Mapped[bool]
    state: Mapped[InvitationState] = mapped_column(choice(InvitationState), default=InvitationState.PLANNED)
    suppressed_reason: Mapped[str | None] = mapped_column(sa.String(64))
    free_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deferred_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    remind_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminders_left: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    declined_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    declined_as: Mapped[Decline | None] = mapped_column(choice(Decline))
    silent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    complained_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_late: Mapped[bool] = mapped_column(default=False)
    is_auto_reply: Mapped[bool] = mapped_column(default=False)
    wave: Mapped[Wave] = relationship()
    contact: Mapped[Contact] = relationship()
    account: Mapped[Account] = relationship()
    version: Mapped[SurveyVersion] = relationship()

    @property
    def says_away(self) -> bool:
        """A program has answered that the person is away, and nothing else has come since."""
        return self.is_auto_reply and self.state in (InvitationState.SENT, InvitationState.SILENT)

    @hybrid_property
    def is_away(self) -> bool:
        """Closed with nothing but an automatic reply: the person was away, so the silence is none of theirs.

        It counts neither for nor against taking part (scoring, the states of an ask).
        """
        return self.state == InvitationState.SILENT and self.is_auto_reply

    @is_away.inplace.expression
    @classmethod
    def _is_away(cls) -> sa.ColumnElement[bool]:
        return sa.and_(cls.state == InvitationState.SILENT, cls.is_auto_reply)


class PlannedDay(Base):
    """A day of a drip that is written down as asks: how many people were planned, in the wave of the month."""

    __tablename__ = "planned_days"

    program_id: Mapped[int] = reference("programs.id", primary_key=True, index=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    wave_id: Mapped[int | None] = reference("waves.id")
    people: Mapped[int]
    planned_at: Mapped[Moment]


class FirstAsk(Base):
    """One of the people, chosen at random, who are written to before the rest of a program's first wave."""

    __tablename__ = "first_asks"

    invitation_id: Mapped[int] = reference("invitations.id", primary_key=True, index=False)


class Occasion(Base):
    """What a program asked one person about: a stage reached, a renewal, a signal. Once, by its key."""

    __tablename__ = "occasions"
    __table_args__ = (
        sa.UniqueConstraint("program_id", "contact_id", "key"),
        sa.Index("ix_occasions_program_met", "program_id", "met_at"),
    )

    id: Mapped[Id]
    program_id: Mapped[int] = reference("programs.id", index=False)
    contact_id: Mapped[int] = reference("contacts.id")
    key: Mapped[str] = mapped_column(sa.String(80))
    due_on: Mapped[date]
    wave_id: Mapped[int] = reference("waves.id")
    met_at: Mapped[Moment]


class Skip(Base):
    """A colleague's word that no program asks a person until the end of a day, which is at `free_at`.

    It holds until it is ended.
    """

    __tablename__ = "skips"

    id: Mapped[Id]
    contact_id: Mapped[int] = reference("contacts.id")
    staff_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL")
    staff_name: Mapped[str] = mapped_column(sa.String(200))
    reason: Mapped[str] = mapped_column(sa.String(300))
    until_on: Mapped[date]
    free_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    made_at: Mapped[Moment]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    contact: Mapped[Contact] = relationship()


class ComingNotice(Base):
    """Until which moment the owner of accounts was told by mail of the asks of a wave that come."""

    __tablename__ = "coming_notices"

    wave_id: Mapped[int] = reference("waves.id", primary_key=True, index=False)
    staff_id: Mapped[int] = reference("staff.id", primary_key=True)
    until_at: Mapped[Moment]
    told_at: Mapped[Moment]


class InvitationChange(Base):
    """A change of the ledger, dated. Reports fold these rows, so delivery need not know reports."""

    __tablename__ = "invitation_states"
    __table_args__ = (sa.Index("ix_invitation_states_invitation_at", "invitation_id", "at"),)

    id: Mapped[Id]
    invitation_id: Mapped[int] = reference("invitations.id", index=False)
    from_state: Mapped[InvitationState | None] = mapped_column(choice(InvitationState, "from_state"))
    state: Mapped[InvitationState] = mapped_column(choice(InvitationState, "to_state"))
    at: Mapped[Moment]
    reason: Mapped[str | None] = mapped_column(sa.Text)


class Reminder(Base):
    """A reminder that was sent; the second comes at least three days after the first."""

    __tablename__ = "reminders"
    __table_args__ = (
        sa.UniqueConstraint("invitation_id", "number"),
        sa.CheckConstraint("number > 0", name="number"),
    )

    id: Mapped[Id]
    invitation_id: Mapped[int] = reference("invitations.id", index=False)
    number: Mapped[int] = mapped_column(sa.SmallInteger)
    queued_at: Mapped[Moment]
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Visit(Base):
    """A look at a link: counted, never an answer. Written outside the request's transaction, best effort."""

    __tablename__ = "visits"

    id: Mapped[Id]
    invitation_id: Mapped[int] = reference("invitations.id")
    at: Mapped[Moment]
    page: Mapped[str] = mapped_column(sa.String(16))
    is_machine: Mapped[bool] = mapped_column(default=False)


class Suppression(Base):
    """An address that must not be written to again, whichever contact carries it."""

    __tablename__ = "suppressions"

    email_key: Mapped[str] = mapped_column(sa.String(320), primary_key=True)
    reason: Mapped[str] = mapped_column(sa.String(32))
    at: Mapped[Moment]
