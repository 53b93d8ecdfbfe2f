"""The thank-you page, and what is done on it by a press of a button (a door). Nothing is said before it is stored."""

from __future__ import annotations

from flask import Response, request
from limits import parse
from werkzeug.exceptions import TooManyRequests

from app import journey
from app.auth import access, limits
from app.core import clock
from app.core.database import transactions
from app.core.web.frame import AsItIs
from app.extensions import db
from app.followups.advocacy.models import FavourKind
from app.public import forms
from app.public.desk import Desk, desk
from app.public.routes import blueprint, page
from app.public.thanks import contact
from app.public.thanks.page import page as thanks_page
from app.responses import asks
from app.responses.asks import Ask

PRESSES = parse("20 per 1 minute")


@blueprint.get("/a/<token>/thanks")
@access.token
def thanks(token: str) -> Response | AsItIs:
    """Thank you, once something is recorded; before that, the question."""
    at = desk()
    ask = at.ask(token)
    if not ask.is_heard:
        return to_the_question(token)
    transactions.read(db.session)
    return shown(at, ask, token)


@blueprint.post("/a/<token>/contact")
@access.token
def ask_for_contact(token: str) -> Response | AsItIs:
    """Promise somebody to be in touch, or take it back; 303 to the thanks, which say who and by when."""
    at, now = desk(), clock.now()
    posted = forms.read(request, at.comment_length)
    ask = answered(at, token)
    if ask is None:
        return to_the_question(token)
    told = contact.read(posted, at.pages.form(ask).language)
    if told.error:
        transactions.read(db.session)
        return shown(at, ask, token, 400, posted=posted, errors={"phone": told.error})
    if told.is_withdrawn:
        journey.contact_not_needed(db.session, ask, now=now)
    else:
        journey.contact_wanted(db.session, ask, told.wanted, now=now)
    db.session.commit()
    return to_the_thanks(token)


@blueprint.post("/a/<token>/favour")
@access.token
def say_to_favour(token: str) -> Response:
    """Yes or no to the favour that the page asks; 303 to the thanks. Whatever else a form says changes nothing."""
    at, now = desk(), clock.now()
    given = forms.read(request, at.comment_length).given
    ask = answered(at, token)
    if ask is None:
        return to_the_question(token)
    if given.get("kind") in set(FavourKind) and given.get("say") in {"yes", "no"}:
        kind = FavourKind(given["kind"])
        journey.favour_answered(db.session, ask, kind, is_yes=given["say"] == "yes", now=now)
    db.session.commit()
    return to_the_thanks(token)


def answered(at: Desk, token: str, *, is_late_too: bool = False) -> Ask | None:
    """The ask, in the language of the link, held for a change; None when it has no answer, or it is too late for anything here.

    With `is_late_too` it is never too late.
    """
    ask = at.ask(token)
    if not ask.is_heard or not (is_late_too or ask.takes_answers(clock.now())):
        return None
    if not limits.take(PRESSES, "thanks", str(ask.id)):
        raise TooManyRequests(
            retry_after=limits.seconds_left(PRESSES, "thanks", str(ask.id), now=clock.now())
        )
    transactions.write(db.session)
    held = asks.locked(db.session.connection(), ask.id)
    return held and held._replace(language=ask.language)


def to_the_question(token: str) -> Response:
    return Response(status=302, headers={"Location": f"/a/{token}"})


def to_the_thanks(token: str) -> Response:
    return Response(status=303, headers={"Location": f"/a/{token}/thanks"})


def shown(at: Desk, ask: Ask, token: str, status: int = 200, **more) -> AsItIs:
    form = at.pages.form(ask)
    return page(thanks_page(db.session, ask, form, token, now=clock.now(), **more), form.language, status)
