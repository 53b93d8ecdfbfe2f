"""What somebody chose and has not sent yet, on the same link; only our script sends it, after a press of theirs (a door)."""

from __future__ import annotations

from functools import partial

from flask import Response, request
from limits import parse

from app.auth import access, limits
from app.core import clock
from app.public import forms, machines
from app.public.desk import desk, signs_of
from app.public.routes import NOT_SAVED, blueprint, log
from app.responses import partials

PARTIALS = parse("40 per 1 minute")
NOTHING = 204


@blueprint.post("/a/<token>/partial")
@access.token
def keep_partial(token: str) -> Response:
    """Keep what is valid of it. Nothing is said of what became of it, because the page goes on all the same."""
    at, now = desk(), clock.now()
    posted = forms.read(request, at.comment_length)
    try:
        ask = at.answering(token, now)
        form = at.pages.form(ask)
        said, errors = forms.check(posted, form, at.comment_length)
        is_wanted = posted.attempt and partials.are_wanted(ask, now)
        if is_wanted and limits.take(PARTIALS, "partial", str(ask.id)):
            doubts = machines.doubts(signs_of(at, ask, request, posted.attempt, now), now)
            is_enough = form.required.isdisjoint(errors)
            more = {"is_enough": is_enough, "attempt": posted.attempt, "doubts": doubts, "now": now}
            at.answers.write(partial(partials.keep, ask=ask, said=said, **more))
    except NOT_SAVED as error:
        log.warning("a part of an answer was not kept: %s", type(error).__name__)
    return Response(status=NOTHING)
