"""The pages behind the link of a mail: question, answer, thanks, not this time, unsubscribe (a door).

The link is the credential: no session, no cookie, no CSRF token. GET and HEAD change nothing, because mail gateways
open every link; only a pressed button records. Thanks are said after the commit and not before.
"""

from __future__ import annotations

import logging
from functools import partial

from flask import Blueprint, Response, request
from flask_babel import gettext as _
from limits import parse
from sqlalchemy.exc import SQLAlchemyError

from app import journey
from app.auth import access, limits
from app.contacts import wishes
from app.contacts.models import Contact, ContactStatus
from app.contacts.wishes import THEMSELVES, Wishes
from app.core import clock
from app.core.audit import Actor
from app.core.database import transactions
from app.core.database.transactions import GateBusy
from app.core.errors import RETRY_AFTER_SECONDS
from app.core.language.words import addressing, browsers_choice, speaking
from app.delivery.models import Invitation
from app.delivery.words import DECLINES
from app.extensions import csrf, db
from app.public import forms, pages, preferences
from app.public.desk import Desk, desk, is_automatic
from app.public.forms import Posted
from app.public.visits import TRAP
from app.responses.asks import ON_ITS_WAY, Ask
from app.responses.recording import Closed, Said
from app.sentiment.reading import Reading, read

log = logging.getLogger(__name__)
blueprint = Blueprint("public", __name__)
csrf.exempt(blueprint)

NOT_SAVED = (SQLAlchemyError, GateBusy)
# A first answer is never counted: only changes of it can be repeated without end.
CHANGES = parse("20 per 1 minute")
INTENTS = {"low": "improve", "middle": "improve", "high": "like"}
ONE_CLICK = ("List-Unsubscribe", "One-Click")
NONE = Wishes(is_unsubscribed=True)
RESPONDENT = Actor(THEMSELVES, None, "the person asked")


@blueprint.get("/a/<token>")
@access.token
def question(token: str) -> Response:
    """The question, with the number of the link preselected; opening it records nothing."""
    at = desk()
    ask = at.opening(token)
    now = clock.now()
    chosen = forms.chosen(request)
    at.look(ask, request, now, chosen)
    form = at.pages.form(ask)
    if not ask.takes_answers(now):
        return page(pages.closed(ask, form), form.language, 410)
    return page(at.pages.question(ask, token, chosen), form.language)


@blueprint.get("/a/<token>/more")
@access.token
def more(token: str) -> Response:
    """Where the link of a mail leads that no reader sees: counted as a machine's look, then the question as ever."""
    at = desk()
    at.look(at.opening(token), request, clock.now(), None, page=TRAP)
    return Response(status=302, headers={"Location": f"/a/{token}"})


@blueprint.post("/a/<token>")
@access.token
def answer(token: str) -> Response:
    """Record what was sent: 303 to the thanks; 400 or 503 with the form as it was filled in."""
    at, now = desk(), clock.now()
    posted = forms.read(request, at.comment_length)
    try:
        ask = at.ask(token)
        form = at.pages.form(ask)
        if not ask.takes_answers(now):
            return page(pages.closed(ask, form, posted), form.language, 410)
        is_too_often = ask.is_answered and not limits.take(CHANGES, "answer", str(ask.id))
    except NOT_SAVED as error:
        return unsaved(error, pages.not_saved(posted, request.path), browsers_choice())
    if is_too_often:
        return too_often(at, ask, token, posted)
    said, errors = forms.check(posted, form, at.comment_length)
    if errors:
        return page(
            at.pages.filled(ask, token, posted, errors), form.language, 413 if posted.is_too_large else 400
        )
    return recorded(at, ask, token, posted, said)


def too_often(at: Desk, ask: Ask, token: str, posted: Posted) -> Response:
    """The answer is there already and was changed over and over; the form comes back as it was filled in."""
    form, seconds = at.pages.form(ask), limits.seconds_left(CHANGES, "answer", str(ask.id), now=clock.now())
    with addressing(form.language):
        problem = _("There were too many requests in a short time. Please wait a minute and try again.")
    response = page(at.pages.filled(ask, token, posted, problem=problem), form.language, 429)
    response.headers["Retry-After"] = str(seconds)
    return response


def recorded(at: Desk, ask: Ask, token: str, posted: Posted, said: Said) -> Response:
    """Write the answer down and lead on to the thanks, or say that it is not saved."""
    heard, form = hear(said, ask), at.pages.form(ask)
    receive = partial(
        journey.answer_received,
        ask=ask,
        said=said,
        heard=heard,
        now=clock.now(),
        attempt=posted.attempt,
        is_automatic=is_automatic(request),
    )
    try:
        at.answers.write(receive)
    except Closed:
        return page(pages.closed(ask, form, posted), form.language, 410)
    except NOT_SAVED as error:
        with addressing(form.language):
            problem = _(
                "This is not saved yet: we could not store it just now. Please send it again in a moment."
            )
        return unsaved(error, at.pages.filled(ask, token, posted, problem=problem), form.language)
    return Response(status=303, headers={"Location": f"/a/{token}/thanks"})


def hear(said: Said, ask: Ask) -> Reading | None:
    """How the comment sounds; read before the transaction, because it takes longer than all the writing."""
    if not said.comment:
        return None
    return read(said.comment, lang=ask.language, intent=INTENTS.get(pages.feeling(said.score), "why"))


@blueprint.post("/a/<token>/decline")
@access.token
def decline(token: str) -> Response:
    """Not this time, or not the right person: no reminder follows."""
    at, now = desk(), clock.now()
    why = forms.read(request, at.comment_length).given.get("why")
    ask = at.ask(token)
    with speaking(ask.staff_language):
        reason = str(DECLINES["not_me" if why == "not_me" else "not_now"])
    transactions.write(db.session)
    invitation = db.session.get_one(Invitation, ask.id, with_for_update=True)
    if invitation.state in ON_ITS_WAY:
        journey.invitation_declined(db.session, invitation, now=now, reason=reason)
        db.session.commit()
    form = at.pages.form(ask)
    return page(pages.declined(ask, form, token), form.language)


@blueprint.get("/u/<token>")
@access.token
def leave(token: str) -> Response:
    """How somebody wants to be asked, or not at all; `?once=1` offers to skip only this ask. Opening changes nothing."""
    at = desk()
    ask = at.ask(token)
    at.look(ask, request, clock.now(), None, page="unsubscribe")
    form = at.pages.form(ask)
    if request.args.get("once") == "1" and not ask.is_unsubscribed:
        return page(pages.skip(ask, form, token), form.language)
    return page(preferences.shown(ask, form.language, token, wishes_of(ask)), form.language)


@blueprint.post("/u/<token>")
@access.token
def unsubscribe(token: str) -> Response:
    """What the page's buttons say, or one click of a mail program (RFC 8058); again is as good as once."""
    at, now = desk(), clock.now()
    values = forms.read(request, at.comment_length).values
    ask = at.ask(token)
    language = at.pages.form(ask).language
    name, value = ONE_CLICK
    if value in values.get(name, []) or "yes" in values.get("confirm", []):
        told = NONE
    else:
        told = preferences.read(values)
    if told is None:
        return page(preferences.shown(ask, language, token, wishes_of(ask), is_unclear=True), language, 400)
    if ask.contact_status is not ContactStatus.ERASED:
        transactions.write(db.session)
        contact = db.session.get_one(Invitation, ask.id, with_for_update=True).contact
        journey.wishes_told(db.session, contact, told, now=now, actor=RESPONDENT)
        db.session.commit()
    return page(preferences.shown(ask, language, token, told, is_told=True), language)


def wishes_of(ask: Ask) -> Wishes:
    """How the person of an ask wants to be asked."""
    transactions.read(db.session)
    return wishes.of(db.session.get_one(Contact, ask.contact_id))


def page(body: str | bytes, language: str, status: int = 200) -> Response:
    response = Response(body, status=status, content_type="text/html; charset=utf-8")
    response.headers["Content-Language"] = language
    return response


def unsaved(error: Exception, body: str, language: str) -> Response:
    """Nothing was stored; say so, with the form as it was filled in, and when to try again."""
    log.error("an answer was not saved: %s", type(error).__name__, exc_info=error)
    response = page(body, language, 503)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
