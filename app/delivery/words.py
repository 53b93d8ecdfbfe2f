"""What waves and asks are called, and why a mail waits: one glossary for pages."""

from __future__ import annotations

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.delivery.asking.gates import Reason
from app.delivery.inbound.words import KINDS
from app.delivery.models import Decline, InvitationState, PauseCause, WaveState
from app.delivery.sending.asks import CHANGED, CLOSED, PAUSED, REHEARSAL, WINDOW
from app.delivery.watching.course import LATE, REMINDED, Step

WAVE_STATES = {
    WaveState.WAITING: _l("Waiting"),
    WaveState.SENDING: _l("Sending"),
    WaveState.PAUSED: _l("Paused"),
    WaveState.FINISHED: _l("Sent"),
    WaveState.CANCELLED: _l("Cancelled"),
}
DECLINES = {
    Decline.NOT_NOW: _l("Says: not this time."),
    Decline.NOT_ME: _l("Says: I am not the right person."),
    Decline.LEFT: _l("Says: I have left."),
}  # Why somebody would not answer, as the door that took it writes it down.
WAVE_TONES = {
    WaveState.WAITING: "care",
    WaveState.SENDING: "busy",
    WaveState.PAUSED: "care",
    WaveState.FINISHED: "good",
    WaveState.CANCELLED: "faint",
}
PAUSE_CAUSES = {
    PauseCause.FIRST: _l("its first people are asked"),
    PauseCause.BOUNCES: _l("too many addresses do not exist"),
    PauseCause.COMPLAINTS: _l("people called it spam"),
    PauseCause.WAY: _l("the mail server refuses us"),
}  # Why a wave paused itself, beside its state.
STATES = {
    InvitationState.PLANNED: _l("Planned"),
    InvitationState.SUPPRESSED: _l("Left out"),
    InvitationState.QUEUED: _l("Queued"),
    InvitationState.SENDING: _l("Queued"),
    InvitationState.SENT: _l("Asked, no answer yet"),
    InvitationState.IN_DOUBT: _l("In doubt"),
    InvitationState.REFUSED: _l("Refused"),
    InvitationState.BOUNCED: _l("Bounced"),
    InvitationState.ANSWERED: _l("Answered"),
    InvitationState.DECLINED: _l("Declined"),
    InvitationState.SILENT: _l("Silent"),
    InvitationState.CANCELLED: _l("Cancelled"),
}
DECLINED_AS = {
    Decline.NOT_NOW: _l("Not this time"),
    Decline.NOT_ME: _l("Not the right person"),
    Decline.LEFT: _l("Says to have left"),
}
STATE_TONES = {
    InvitationState.PLANNED: "plain",
    InvitationState.SUPPRESSED: "faint",
    InvitationState.QUEUED: "busy",
    InvitationState.SENDING: "busy",
    InvitationState.SENT: "plain",
    InvitationState.IN_DOUBT: "care",
    InvitationState.REFUSED: "bad",
    InvitationState.BOUNCED: "bad",
    InvitationState.ANSWERED: "good",
    InvitationState.DECLINED: "plain",
    InvitationState.SILENT: "care",
    InvitationState.CANCELLED: "faint",
}
STATE_HELP = {
    InvitationState.IN_DOUBT: _l(
        "The connection broke while the mail was handed over: it may or may not have arrived."
    ),
    InvitationState.REFUSED: _l("The mail server took the mail for nobody; it was not delivered."),
    InvitationState.BOUNCED: _l("The mail came back, because there is no such address."),
    InvitationState.SILENT: _l("Asked and reminded, and the time to answer ran out."),
}
HELD = {
    PAUSED: _l("the wave is paused"),
    REHEARSAL: _l("rehearsal: the mail lies in the mailbox page, the person gets nothing"),
}
WHYS = {
    InvitationState.PLANNED: {"deferred": _l("free again")},
    InvitationState.QUEUED: HELD | {WINDOW: _l("waits for the hours in which mails leave")},
    InvitationState.SENT: {"counted as sent": _l("somebody counts it as sent")},
    InvitationState.CANCELLED: {
        "cancelled": _l("the wave was cancelled"),
        CHANGED: _l("the address was changed meanwhile"),
        CLOSED: _l("the time to answer was over"),
        REHEARSAL: _l("it was a rehearsal"),
    },
}  # Codes of the ledger that are no reasons to be left out.


def step_words(step: Step) -> object:
    """What a step of an ask is called."""
    own = {REMINDED: _("Reminded"), LATE: _("Answered late"), InvitationState.SENT: _("Sent")}
    own[InvitationState.SENDING] = _("Handed over to the mail server")
    return own.get(step.what) or STATES.get(step.what) or KINDS.get(step.what) or step.what


def step_why(step: Step) -> object:
    """Why it was taken, in words; what a server or a colleague said stays as it is."""
    return WHYS.get(step.what, {}).get(step.reason) or reason(step.reason)


def reason(code: str | None) -> object:
    """Why a person was left out, in words; a code that this version does not know stays as it is."""
    return Reason(code).words if code in set(Reason) else (code or "")


def held(code: str | None) -> object:
    """Why a mail waits, in words."""
    return HELD.get(code or "", code or _l("held back"))


def way_on(cause: str | None, left: int) -> str:
    """What is written on the button that lets a paused wave go on."""
    if cause == PauseCause.FIRST and left > 0:
        return ngettext(
            "Continue with the other person",
            "Continue with the other %(number)s people",
            left,
            number=format_decimal(left),
        )
    if cause == PauseCause.WAY:
        return _("Try again")
    if cause in (PauseCause.BOUNCES, PauseCause.COMPLAINTS):
        return _("Continue all the same")
    return _("Resume")
