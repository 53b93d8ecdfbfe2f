"""The ledger of asks for other programs: who was asked when, and what became of it, silence included."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

import marshmallow as ma
import sqlalchemy as sa
from flask import current_app
from flask_babel import lazy_gettext as _

from app.api.protocol.bearer import actor, may
from app.api.protocol.fields import Choice, Flag, Given, Id, Many, Moment, Shown, Text
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.api.protocol.today import present
from app.auth.models import Scope
from app.contacts.models import Contact
from app.core import audit
from app.core.errors import NotFound
from app.core.tokens import Signer
from app.delivery import sender, waves
from app.delivery.models import Channel, Decline, Invitation, InvitationState, Purpose, Reminder, Wave
from app.delivery.programs import links
from app.delivery.watching import course, doubts
from app.extensions import db
from app.surveys.models import Program

resource = Resource("invitations", "Asks, one person each, and what became of them.")
NEVER_SENT = frozenset({InvitationState.SUPPRESSED, InvitationState.CANCELLED})
PLAIN = (
    "id",
    "wave_id",
    "contact_id",
    "account_id",
    "state",
    "purpose",
    "language",
    "suppressed_reason",
    "free_at",
    "deferred_until",
    "due_at",
    "sent_at",
    "answered_at",
    "declined_at",
    "declined_as",
    "silent_at",
    "closes_at",
    "closed_at",
    "created_at",
    "updated_at",
)


class InvitationSchema(Shown):
    """One ask. Silence is a state with its day: `silent_at` stays when an answer comes `late` after all."""

    id = Id(required=True)
    wave_id = Id(required=True)
    contact_id = Id(required=True)
    account_id = Id(required=True)
    state = Choice(InvitationState, required=True)
    purpose = Choice(Purpose, required=True)
    channel = Choice(Channel, required=True)
    language = ma.fields.String(required=True)
    late = ma.fields.Boolean(required=True)
    auto_reply = ma.fields.Boolean(required=True)
    rehearsal = ma.fields.Boolean(required=True)
    suppressed_reason = ma.fields.String(required=True, allow_none=True)
    free_at = Moment(
        required=True, allow_none=True, metadata={"description": "When somebody left out may be asked again."}
    )
    deferred_until = Moment(
        required=True,
        allow_none=True,
        metadata={
            "description": "Somebody left out who is free by then is asked by this wave on the free day."
        },
    )
    due_at = Moment(
        required=True,
        allow_none=True,
        metadata={
            "description": "When the first mail is to leave; it waits for the person's window until then."
        },
    )
    sent_at = Moment(required=True, allow_none=True)
    reminded_at = ma.fields.List(Moment(), required=True)
    answered_at = Moment(required=True, allow_none=True)
    declined_at = Moment(required=True, allow_none=True)
    declined_as = Choice(
        Decline,
        required=True,
        allow_none=True,
        metadata={"description": "Not this time, not the right person, or says to have left."},
    )
    silent_at = Moment(required=True, allow_none=True)
    closes_at = Moment(required=True, allow_none=True)
    closed_at = Moment(required=True, allow_none=True)
    answer_url = ma.fields.String(
        allow_none=True,
        metadata={
            "description": "The person's own link: only for keys with the scope admin; null if never sent."
        },
    )
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class StepSchema(Shown):
    at = Moment(required=True)
    what = ma.fields.String(
        required=True,
        metadata={
            "description": "A state of an ask, answered_late, reminded, or what came by mail: auto_reply, soft_bounce,"
            " delay, complaint, reply."
        },
    )
    reason = ma.fields.String(
        required=True,
        metadata={"description": "A code as in suppressed_reason, or what a server said; may be empty."},
    )


class CourseSchema(Shown):
    """Everything that the ledger has about one ask, dated, the oldest first."""

    steps = ma.fields.List(ma.fields.Nested(StepSchema), required=True)


class NewInvitationSchema(Given):
    """Whom to ask with which program. With `link` no mail is sent: `answer_url` is for you to show, and counts as sent.

    So people are asked too who have no mail address.
    """

    program = Id(required=True)
    contact = Id(required=True)
    channel = Choice(Channel, required=True)


class InvitationFilters(Filters):
    wave_id = Many(Id())
    program_id = Many(Id())
    contact_id = Many(Id())
    account_id = Many(Id())
    state = Many(Choice(InvitationState))
    purpose = Many(Choice(Purpose))
    suppressed_reason = Many(Text(64))
    late = Flag(text=True)
    auto_reply = Flag(text=True)
    rehearsal = Flag(text=True)
    sent_from = Moment(metadata={"description": "Sent at that moment or later."})
    sent_to = Moment(metadata={"description": "Sent at that moment or before."})
    answered_from = Moment(metadata={"description": "Answered at that moment or later."})
    answered_to = Moment(metadata={"description": "Answered at that moment or before."})


WHERE = {
    "wave_id": Invitation.wave_id.in_,
    "program_id": lambda ids: Invitation.wave_id.in_(sa.select(Wave.id).where(Wave.program_id.in_(ids))),
    "contact_id": Invitation.contact_id.in_,
    "account_id": Invitation.account_id.in_,
    "state": Invitation.state.in_,
    "purpose": Invitation.purpose.in_,
    "suppressed_reason": Invitation.suppressed_reason.in_,
    "late": Invitation.is_late.is_,
    "auto_reply": Invitation.is_auto_reply.is_,
    "rehearsal": Invitation.is_rehearsal.is_,
    "sent_from": lambda at: Invitation.sent_at >= at,
    "sent_to": lambda at: Invitation.sent_at <= at,
    "answered_from": lambda at: Invitation.answered_at >= at,
    "answered_to": lambda at: Invitation.answered_at <= at,
}


def told(rows: list[Invitation]) -> list[dict]:
    """Asks with their reminders, and with their links for those who may see them."""
    reminded = defaultdict(list)
    sent = sa.select(Reminder.invitation_id, Reminder.sent_at).where(
        Reminder.invitation_id.in_([row.id for row in rows]), Reminder.sent_at.is_not(None)
    )
    for number, at in db.session.execute(sent.order_by(Reminder.number)):
        reminded[number].append(at)
    urls, channels = links_of(rows), channels_of(rows)
    return [
        {name: getattr(row, name) for name in PLAIN}
        | {"late": row.is_late, "auto_reply": row.is_auto_reply, "rehearsal": row.is_rehearsal}
        | {"reminded_at": reminded[row.id], "channel": channels[row.wave_id]}
        | urls.get(row.id, {})
        for row in rows
    ]


def channels_of(rows: list[Invitation]) -> dict[int, Channel]:
    """By which way each of their waves reaches people."""
    found = sa.select(Wave.id, Wave.channel).where(Wave.id.in_({row.wave_id for row in rows}))
    return dict(db.session.execute(found).all())


def links_of(rows: list[Invitation]) -> dict[int, dict]:
    """The person's own link of each ask; none at all for keys that may not answer for others."""
    if not may(Scope.ADMIN):
        return {}
    settings = current_app.extensions["settings"]
    signer, base = Signer([settings.SECRET_KEY]), settings.BASE_URL.rstrip("/")
    return {
        row.id: {"answer_url": None if row.state in NEVER_SENT else f"{base}/a/{signer.token(row.nonce)}"}
        for row in rows
    }


@resource.lists(
    "/invitations", InvitationSchema, filters=InvitationFilters, stamp=Invitation.updated_at, told=told
)
def find(asked):
    """List asks"""
    return sa.select(Invitation).where(*matching(WHERE, asked))


@resource.writes(
    "POST", "/invitations", InvitationSchema, takes=NewInvitationSchema, status=201, scope=Scope.ADMIN
)
def add(given: dict):
    """Ask one person now, by mail or by a link to show in a message of your own

    409 with the reason, and the day the person becomes free, when they may not be asked now.
    """
    program = db.session.get(Program, given["program"])
    contact = db.session.get(Contact, given["contact"])
    if program is None or contact is None:
        raise NotFound(_("There is no such program.") if program is None else _("There is no such person."))
    channel = Channel(given["channel"])
    made = links.ask(db.session, program, contact, channel, actor=actor(), now=present().now)
    return told([made])[0]


@resource.reads("/invitations/<int:invitation_id>", InvitationSchema)
def show(invitation_id: int):
    """Show an ask"""
    return told([the_ask(invitation_id)])[0]


@resource.reads("/invitations/<int:invitation_id>/course", CourseSchema)
def steps(invitation_id: int):
    """Show what happened to an ask, step by step"""
    found = the_ask(invitation_id)
    return {"steps": course.courses(db.session, [found])[found.id]}


def the_ask(invitation_id: int) -> Invitation:
    found = db.session.get(Invitation, invitation_id)
    if found is None:
        raise NotFound(_("There is no such ask."))
    return found


@resource.writes("POST", "/invitations/<int:invitation_id>/resend", InvitationSchema)
def send_again(invitation_id: int):
    """Send the mail of an ask that is in doubt or was refused once more, as the same message"""
    found, now = the_ask(invitation_id), present().now
    sender.send_again(db.session, found, now=now)
    waves.reopen(db.session, found.wave)
    return decided(found, "invitation.sent_again", now)


@resource.writes("POST", "/invitations/<int:invitation_id>/count-as-sent", InvitationSchema)
def count_as_sent(invitation_id: int):
    """Take it that the mail of an ask that is in doubt arrived"""
    found, now = the_ask(invitation_id), present().now
    doubts.count_as_sent(db.session, found, now=now)
    return decided(found, "invitation.counted_as_sent", now)


def decided(found: Invitation, action: str, now: datetime) -> dict:
    audit.note(db.session, actor(), action, subject=f"invitation:{found.id}", now=now)
    db.session.flush()
    return told([found])[0]
