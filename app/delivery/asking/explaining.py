"""Why one person is or is not asked: each program's gates in order, in words, passed ones too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.delivery import cadence
from app.delivery.asking import gates
from app.delivery.asking.gates import OF_ACCOUNT, Gate, Reason, Verdict
from app.delivery.programs import skips
from app.surveys import audience, rules
from app.surveys.models import Program, ProgramKind, ProgramStatus
from app.surveys.rules import Rules


@dataclass(frozen=True)
class Line:
    """One gate in words; `free_at` is when a shut gate of time opens."""

    is_shut: bool
    words: str
    free_at: datetime | None


@dataclass(frozen=True)
class Standing:
    """How a person stands with a program at this moment."""

    program: Program
    is_in_audience: bool
    lines: list[Line]
    verdict: Verdict


def standings(session: Session, contact: Contact, *, now: datetime) -> list[Standing]:
    """How the person stands with each active program; that of single asks comes last."""
    active = sa.select(Program).filter_by(status=ProgramStatus.ACTIVE)
    programs = session.scalars(active.order_by(Program.kind == ProgramKind.MANUAL, Program.name))
    return [standing(session, contact, program, now=now) for program in programs]


def standing(session: Session, contact: Contact, program: Program, *, now: datetime) -> Standing:
    found = cadence.why_not(session, contact, program, now=now)
    is_manual = program.kind == ProgramKind.MANUAL
    return Standing(
        program,
        is_manual or is_in_audience(session, contact, program),
        lines(found, rules.of(program), skip_words(session, contact)),
        gates.verdict(found),
    )


def is_in_audience(session: Session, contact: Contact, program: Program) -> bool:
    named = audience.people(program.audience).where(Contact.id == contact.id)
    return session.scalar(named) is not None


def skip_words(session: Session, contact: Contact) -> str | None:
    """What a colleague said who skips the person."""
    found = skips.of_contacts(session, [contact.id]).get(contact.id)
    return skips.words_of(found) if found else None


def lines(found: list[Gate], of: Rules, skipped: str | None = None) -> list[Line]:
    """The gates in words, those of one kind together; `skipped` are a colleague's."""
    by_reason = {gate.reason: gate for gate in found}
    told = []
    for group, passed in groups(of, is_capped=bool(OF_ACCOUNT & by_reason.keys())):
        shut = [gate for reason in group if (gate := by_reason.get(reason)) and gate.is_shut]
        told += [Line(True, words_of(gate, skipped), gate.free_at) for gate in shut]
        if not shut:
            told.append(Line(False, passed, None))
    return told


def words_of(gate: Gate, skipped: str | None) -> str:
    words = skipped if gate.reason is Reason.SKIPPED and skipped else str(gate.reason.words)
    return words if words.endswith((".", "!", "?")) else f"{words}."


def groups(of: Rules, *, is_capped: bool) -> list[tuple[tuple[Reason, ...], str]]:
    """Gates of one kind in their order, and what is true of a person who passes them."""
    own = (Reason.LIFECYCLE, Reason.OWN_DOMAIN, Reason.ROLE_MAILBOX, Reason.INVALID_EMAIL, Reason.NO_ACCOUNT)
    quarantine = (Reason.QUARANTINE, Reason.QUARANTINE_AFTER_DECLINE)
    hours, same = of.floor_hours, of.same_survey_days
    return [
        (own, _("Is a person at a customer, with an address of their own.")),
        ((Reason.ERASED, Reason.BOUNCED), _("Mail reaches this person.")),
        ((Reason.UNSUBSCRIBED,), _("Has not asked to be left alone.")),
        ((Reason.SUPPRESSED_ADDRESS, Reason.NO_ADDRESS), _("Has an address that may be written to.")),
        ((Reason.LEFT,), _("Is still at the account.")),
        ((Reason.UNWANTED_KIND,), _("Wants to be asked questions of this kind.")),
        ((Reason.SKIPPED,), _("Is not skipped by a colleague.")),
        (
            (Reason.FLOOR,),
            ngettext(
                "Got no survey mail in the last hour.", "Got no survey mail in the last %(num)s hours.", hours
            ),
        ),
        (
            quarantine,
            ngettext(
                "Was not asked anything in the last day.",
                "Was not asked anything in the last %(num)s days.",
                of.any_days,
            ),
        ),
        (
            (Reason.QUARANTINE_SAME_SURVEY,),
            ngettext(
                "Was not asked this survey in the last day.",
                "Was not asked this survey in the last %(num)s days.",
                same,
            ),
        ),
        ((Reason.LESS_OFTEN,), _("Is not asked more often than they wish.")),
        ((Reason.OPEN_ASK,), _("Has no ask that is still open.")),
        *([(tuple(OF_ACCOUNT), _("The account has room for one more."))] if is_capped else []),
    ]
