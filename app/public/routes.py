"""The pages behind the link of a mail: question, answer, thanks (a door).

The link is the credential: no session, no cookie, no CSRF token. GET and HEAD change nothing, because mail gateways
open every link; only a pressed button records. Thanks are said after the commit and not before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial
from urllib.parse import quote

from flask import Blueprint, Request, Response, request
from flask_babel import gettext as _
from limits import parse
from sqlalchemy.exc import SQLAlchemyError

from app import journey
from app.auth import access, limits
from app.core import clock
from app.core.database.transactions import GateBusy
from app.core.language.words import addressing, browsers_choice
from app.core.web.bodies import RETRY_AFTER_SECONDS
from app.core.web.frame import AsItIs
from app.extensions import csrf
from app.public import forms, machines, pages
from app.public.desk import LANGUAGE, Desk, desk, signs_of
from app.public.forms import Form, Posted
from app.public.machines import TRAP
from app.public.pages import IN_LANGUAGE
from app.responses.asks import Ask, Opening
from app.responses.recording import Closed, Said
from app.sentiment import texts
from app.sentiment.texts import Heard
from app.surveys.kinds.kind import Asked

log = logging.getLogger(__name__)
blueprint = Blueprint("public", __name__)
csrf.exempt(blueprint)

NOT_SAVED = (SQLAlchemyError, GateBusy)
HTML = ("Content-Type", "text/html; charset=utf-8")
# A first answer is never counted: only changes of it can be repeated without end.
CHANGES = parse("20 per 1 minute")


@blueprint.get("/a/<token>")
@access.token
def question(token: str) -> Response | AsItIs:
    """The question, with the number of the link preselected; opening it records nothing.

    `?lang=fr` leads on to the same page in that language, whose links and forms keep to it.
    """
    asked = request._get_current_object()  # The proxy looks the request up anew for each of its words.
    if b"lang=" in asked.query_string:
        return in_language(token)
    at = desk()
    ask = at.opening(token)
    now = clock.now()
    chosen = forms.chosen(asked)
    at.look(ask, asked, now, chosen)
    form = at.pages.form(ask)
    if not ask.takes_answers(now):
        return page(pages.closed(ask, form, token), form.language, 410)
    return page(at.pages.question(ask, token, chosen), form.language)


def in_language(token: str) -> Response:
    """The page again, under an address that names the language; a word that is no language's code changes nothing."""
    language, chosen = request.args.get("lang", ""), forms.chosen(request)
    path = "/a/" + quote(token.partition(IN_LANGUAGE)[0], safe="")
    if LANGUAGE.fullmatch(language):
        path += IN_LANGUAGE + language
    return Response(status=302, headers={"Location": path if chosen is None else f"{path}?score={chosen}"})


@blueprint.get("/a/<token>/")
@blueprint.get("/u/<token>/")
@access.token
def slashed(token: str) -> Response:
    """A link that got a slash at its end on the way leads to the one that was meant."""
    query = request.query_string.decode("ascii", "replace")
    path = quote(request.path.rstrip("/"), safe="/")
    return Response(status=308, headers={"Location": f"{path}?{query}" if query else path})


@blueprint.get("/a/<token>/more")
@access.token
def more(token: str) -> Response:
    """Where the link of a mail leads that no reader sees: counted as a machine's look, then the question as ever."""
    at = desk()
    at.look(at.opening(token), request, clock.now(), None, page=TRAP)
    return Response(status=302, headers={"Location": f"/a/{token}"})


@blueprint.post("/a/<token>")
@access.token
def answer(token: str) -> AsItIs:
    """Record what was sent: 303 to the thanks; 400 or 503 with the form as it was filled in."""
    at, now = desk(), clock.now()
    sent = request._get_current_object()  # The proxy looks the request up anew for each of its words.
    at.answers.give_way()
    posted = forms.read(sent, at.comment_length)
    try:
        ask = at.answering(token, now)
        form = at.pages.form(ask)
        if not ask.takes_answers(now):
            return page(pages.closed(ask, form, token, posted), form.language, 410)
        is_too_often = ask.is_answered and not limits.take(CHANGES, "answer", str(ask.id))
    except NOT_SAVED as error:
        return unsaved(error, pages.not_saved(posted, sent.path), browsers_choice())
    if is_too_often:
        return too_often(ask, form, partial(at.pages.filled, ask, token, posted))
    said, errors = forms.check(posted, form, at.comment_length)
    if errors:
        return page(
            at.pages.filled(ask, token, posted, errors), form.language, 413 if posted.is_too_large else 400
        )
    return recorded(at, ask, token, sent, posted, said)


def too_often(ask: Ask | Opening, form: Form, show: Callable[..., str]) -> AsItIs:
    """The answer is there already and was changed over and over; the form comes back as it was filled in."""
    with addressing(form.language):
        problem = _("There were too many requests in a short time. Please wait a minute and try again.")
    seconds = limits.seconds_left(CHANGES, "answer", str(ask.id), now=clock.now())
    return page(show(problem=problem), form.language, 429, retry_after=seconds)


def recorded(at: Desk, ask: Opening, token: str, sent: Request, posted: Posted, said: Said) -> AsItIs:
    """Write the answer down and lead on to the thanks, or say that it is not saved."""
    form, now = at.pages.form(ask), clock.now()
    at.answers.give_way()
    heard = hear(said, ask, form.others)
    at.answers.give_way()
    receive = partial(
        journey.answer_received, ask=ask, said=said, heard=heard, now=now, attempt=posted.attempt
    )
    try:
        doubts = () if ask.is_heard else machines.doubts(signs_of(at, ask, sent, posted.attempt, now), now)
        fits = form.fitting if form.later else None
        taken = at.answers.write(partial(receive, doubts=doubts, fits=fits))
    except Closed:
        return page(pages.closed(ask, form, token, posted), form.language, 410)
    except NOT_SAVED as error:
        return not_stored(error, form, partial(at.pages.filled, ask, token, posted))
    following = "further" if form.later and form.following(taken.said) else "thanks"
    return AsItIs(b"", 303, [("Location", f"/a/{token}/{following}"), HTML])


def not_stored(error: Exception, form: Form, show: Callable[..., str]) -> AsItIs:
    """The form as it was filled in, with the word that nothing of it is saved yet."""
    with addressing(form.language):
        problem = _(
            "This is not saved yet: we could not store it just now. Please send it again in a moment."
        )
    return unsaved(error, show(problem=problem), form.language)


def hear(said: Said, ask: Ask | Opening, questions: Iterable[Asked]) -> Heard:
    """How the words sound; read before the transaction, because it takes longer than all the writing."""
    intents = {one.id: texts.intent_of(one.options) for one in questions} if said.others else {}
    return texts.hear(said, ask.language, intents)


def page(body: str | bytes, language: str, status: int = 200, *, retry_after: int | None = None) -> AsItIs:
    headers = [HTML, ("Content-Language", language)]
    if retry_after is not None:
        headers.append(("Retry-After", str(retry_after)))
    return AsItIs(body.encode() if isinstance(body, str) else body, status, headers)


def unsaved(error: Exception, body: str, language: str) -> AsItIs:
    """Nothing was stored; say so, with the form as it was filled in, and when to try again."""
    log.error("an answer was not saved: %s", type(error).__name__, exc_info=error)
    return page(body, language, 503, retry_after=RETRY_AFTER_SECONDS)
