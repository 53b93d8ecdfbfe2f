"""The ways out behind the links of a mail: not this time, not the right person, less often, or never again (a door).

Opening a page does none of it; a pressed button does, or one click of a mail program (RFC 8058).
"""

from __future__ import annotations

from datetime import datetime

from flask import request
from flask_babel import gettext as _

from app import journey
from app.auth import access, limits
from app.contacts import wishes
from app.contacts.models import Contact, ContactStatus
from app.contacts.wishes import THEMSELVES, Wishes
from app.core import clock
from app.core.audit import Actor
from app.core.database import transactions
from app.core.language.words import addressing, speaking
from app.core.web.frame import AsItIs
from app.delivery import optouts
from app.delivery.models import Decline, Invitation, InvitationState
from app.delivery.words import DECLINES
from app.extensions import db
from app.public import forms, pages, preferences
from app.public.desk import desk
from app.public.forms import Form, Successor
from app.public.routes import CHANGES, blueprint, page
from app.responses import handovers
from app.responses.asks import ON_ITS_WAY, Ask

ONE_CLICK = ("List-Unsubscribe", "One-Click")
NONE = Wishes(is_unsubscribed=True)
RESPONDENT = Actor(THEMSELVES, None, "the person asked")
MAY_DECLINE = ON_ITS_WAY | {InvitationState.DECLINED}


@blueprint.post("/a/<token>/decline")
@access.token
def decline(token: str) -> AsItIs:
    """Not this time, not the right person, or gone: no reminder follows; who is named instead is held for a colleague."""
    at = desk()
    posted = forms.read(request, at.comment_length)
    ask = at.ask(token)
    form = at.pages.form(ask)
    said, successor = forms.declined(posted)
    if successor.is_wrong:
        return page(pages.skip(ask, form, token, is_other=True, successor=successor), form.language, 400)
    if said is Decline.NOT_NOW or limits.take(CHANGES, "decline", str(ask.id)):
        is_held = write_down(ask, said, successor)
    else:
        is_held = False
    return page(pages.declined(ask, form, token, said, is_held=is_held), form.language)


def write_down(ask: Ask, said: Decline, successor: Successor) -> bool:
    """End the ask where it has not ended; whether something was held for a colleague to decide."""
    now = clock.now()
    with speaking(ask.staff_language):
        reason = str(DECLINES[said])
    transactions.write(db.session)
    invitation = db.session.get_one(Invitation, ask.id, with_for_update=True)
    if invitation.contact.status is ContactStatus.ERASED:
        return False
    if (invitation.state in MAY_DECLINE and said is not Decline.NOT_NOW) or invitation.state in ON_ITS_WAY:
        journey.invitation_declined(db.session, invitation, now=now, reason=reason, said=said)
    held = handovers.say(db.session, invitation, said, name=successor.name, email=successor.email, now=now)
    db.session.commit()
    return held is not None


@blueprint.get("/u/<token>")
@access.token
def leave(token: str) -> AsItIs:
    """How somebody wants to be asked, or not at all. Opening changes nothing.

    `?once=1` offers to skip only this ask while that spares the person anything, and says so when it was skipped already;
    `?other=1` offers to say that somebody else is the one to answer.
    """
    at = desk()
    ask = at.ask(token)
    at.look(ask, request, clock.now(), None, page="unsubscribe")
    form = at.pages.form(ask)
    is_other = request.args.get("other") == "1"
    is_once = request.args.get("once") == "1"
    if (is_other or (is_once and ask.may_be_skipped)) and not ask.is_unsubscribed:
        return page(pages.skip(ask, form, token, is_other=is_other), form.language)
    if is_once and ask.is_skipped and ask.takes_answers(clock.now()):
        return page(pages.declined(ask, form, token, Decline.NOT_NOW, is_held=False), form.language)
    return page(preferences.shown(ask, form, token, wishes_of(ask)), form.language)


@blueprint.post("/u/<token>")
@access.token
def unsubscribe(token: str) -> AsItIs:
    """What the page's buttons say, or one click of a mail program (RFC 8058); again is as good as once."""
    at, now = desk(), clock.now()
    values = forms.read(request, at.comment_length).values
    ask = at.ask(token)
    form = at.pages.form(ask)
    name, value = ONE_CLICK
    if value in values.get(name, []) or "yes" in values.get("confirm", []):
        told = NONE
    else:
        told = preferences.read(values)
    if told is None:
        return page(preferences.shown(ask, form, token, wishes_of(ask), is_unclear=True), form.language, 400)
    if told != NONE and not limits.take(CHANGES, "wishes", str(ask.contact_id)):
        return too_often(ask, form, token, told, now)
    if ask.contact_status is not ContactStatus.ERASED:
        transactions.write(db.session)
        optouts.hold(db.session, [ask.contact_id])
        contact = db.session.get_one(Invitation, ask.id, with_for_update=True).contact
        journey.wishes_told(db.session, contact, told, now=now, actor=RESPONDENT)
        db.session.commit()
    return page(preferences.shown(ask, form, token, told, is_told=True), form.language)


def too_often(ask: Ask, form: Form, token: str, told: Wishes, now: datetime) -> AsItIs:
    """Wishes were changed over and over; what was chosen stays chosen. A no is always heard at once."""
    with addressing(form.language):
        problem = _("There were too many requests in a short time. Please wait a minute and try again.")
    seconds = limits.seconds_left(CHANGES, "wishes", str(ask.contact_id), now=now)
    shown = preferences.shown(ask, form, token, told, problem=problem)
    return page(shown, form.language, 429, retry_after=seconds)


def wishes_of(ask: Ask) -> Wishes:
    """How the person of an ask wants to be asked."""
    transactions.read(db.session)
    return wishes.of(db.session.get_one(Contact, ask.contact_id))
