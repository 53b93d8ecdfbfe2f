"""The page after a saved answer: the questions that fit it, on the same link (a door).

What comes here is laid over what is recorded already; whoever leaves it out has answered all the same.
"""

from __future__ import annotations

from functools import partial

from flask import Response, request

from app import journey
from app.auth import access, limits
from app.core import clock
from app.core.language.words import browsers_choice
from app.core.web.frame import AsItIs
from app.public import forms, pages
from app.public.desk import Desk, desk
from app.public.routes import CHANGES, NOT_SAVED, blueprint, hear, not_stored, page, too_often, unsaved
from app.responses import recording
from app.responses.asks import Ask
from app.responses.recording import Closed
from app.surveys.kinds.kind import Asked


@blueprint.get("/a/<token>/further")
@access.token
def further(token: str) -> Response | AsItIs:
    """The questions that fit the answer so far; the thanks where there are none."""
    at = desk()
    ask = at.ask(token)
    questions = fitting(at, ask)
    if not questions:
        return elsewhere(ask, token, 302)
    return page(at.pages.further(ask, token, questions), at.pages.form(ask).language)


@blueprint.post("/a/<token>/further")
@access.token
def answer_further(token: str) -> Response | AsItIs:
    """Add what was sent to the answer: 303 to the thanks; 400 or 503 with the form as it was filled in."""
    at, now = desk(), clock.now()
    posted = forms.read(request, at.comment_length)
    try:
        ask = at.ask(token)
        form, questions = at.pages.form(ask), fitting(at, ask)
        is_too_often = bool(questions) and not limits.take(CHANGES, "answer", str(ask.id))
    except NOT_SAVED as error:
        return unsaved(error, pages.not_saved(posted, request.path), browsers_choice())
    if not questions:
        return elsewhere(ask, token, 303)
    show = partial(at.pages.further, ask, token, questions, posted)
    if is_too_often:
        return too_often(ask, form, show)
    said, errors = forms.check(posted, form.further(questions), at.comment_length)
    if errors:
        return page(show(errors), form.language, 413 if posted.is_too_large else 400)
    more = {"now": now, "attempt": ask.attempt}
    receive = partial(journey.answer_received, ask=ask, said=said, heard=hear(said, ask, questions), **more)
    try:
        at.answers.write(receive)
    except Closed:
        return page(pages.closed(ask, form, token, posted), form.language, 410)
    except NOT_SAVED as error:
        return not_stored(error, form, show)
    return elsewhere(ask, token, 303)


def fitting(at: Desk, ask: Ask) -> list[Asked]:
    """The questions that fit what is recorded, while answers are still taken."""
    form = at.pages.form(ask)
    if not form.later or not ask.is_heard or not ask.takes_answers(clock.now()):
        return []
    return form.following(at.looking.find(recording.said_before, ask))


def elsewhere(ask: Ask, token: str, status: int) -> Response:
    """To the thanks, or to the question where nothing is recorded yet."""
    where = f"/a/{token}/thanks" if ask.is_heard else f"/a/{token}"
    return Response(status=status, headers={"Location": where})
