"""The page behind the mail "Is this settled?": yes, or not yet (a door). Opening it changes nothing."""

from __future__ import annotations

from flask import Response, request

from app import journey
from app.auth import access
from app.core import clock, text
from app.core.database import transactions
from app.core.language.words import addressing
from app.core.web.frame import AsItIs
from app.extensions import db
from app.followups.settling import asking
from app.followups.settling.models import Settlement, Verdict
from app.public import forms, machines, pages
from app.public.desk import Desk, agent, desk
from app.public.routes import blueprint, page
from app.public.thanks.routes import answered, to_the_question
from app.responses.asks import Ask

LONGEST_WORDS = 2000


@blueprint.get("/a/<token>/settled")
@access.token
def settled(token: str) -> Response | AsItIs:
    """Whether what somebody told us is settled; the question of the ask where nothing is asked about that."""
    at = desk()
    ask = at.ask(token)
    transactions.read(db.session)
    row = asking.newest(db.session, ask.id, now=clock.now())
    if row is None:
        return to_the_question(token)
    return shown(at, ask, token, row)


@blueprint.post("/a/<token>/settled")
@access.token
def say_settled(token: str) -> Response | AsItIs:
    """Yes or not yet; 303 to the page, which then says what follows. Anything else a form says changes nothing, nor does
    a client that says itself to be a mail gateway: some have been seen sending forms, and nobody would be asked again."""
    at, now = desk(), clock.now()
    given = forms.read(request, at.comment_length).given
    ask = answered(at, token, is_late_too=True)
    row = asking.newest(db.session, ask.id, now=now, lock=True) if ask else None
    if row is None:
        return to_the_question(token)
    is_gateway = machines.is_gateway(agent(request)) or machines.is_ahead(request.environ)
    if given.get("say") in set(Verdict) and not is_gateway:
        task = asking.say(db.session, row, Verdict(given["say"]), words_of(given), now=now)
        db.session.flush()
        journey.task_changed(db.session, task, now=now)
    db.session.commit()
    return Response(status=303, headers={"Location": f"/a/{token}/settled"})


def words_of(given) -> str:
    """What is missing, in the person's words; what cannot be read is left out, the press counts all the same."""
    try:
        return text.clean((given.get("missing") or "")[:LONGEST_WORDS], limit=LONGEST_WORDS)
    except text.UnreadableText:
        return ""


def shown(at: Desk, ask: Ask, token: str, row: Settlement) -> AsItIs:
    form = at.pages.form(ask)
    likely = request.args.get("say", "")
    with addressing(form.language):
        body = pages.render(
            "settled",
            ask,
            form.language,
            action=f"/a/{token}/settled",
            said=row.said.value if row.said else None,
            likely=likely if likely in set(Verdict) else None,
            longest=LONGEST_WORDS,
            **pages.tongues(form, "/a/", token, "/settled"),
        )
    return page(body, form.language, 200)
