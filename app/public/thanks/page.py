"""What the thank-you page shows: words by band, who will be in touch and by when, how to change the answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask_babel import format_date
from sqlalchemy.orm import Session

from app.core.language.words import addressing
from app.followups.advocacy import offering
from app.followups.improvements import telling
from app.followups.promises import giving
from app.followups.triggers import is_low
from app.public import pages
from app.public.forms import Form, Posted
from app.public.thanks import contact, favour
from app.responses.asks import Ask
from app.responses.recording import said_before
from app.surveys import wording


def page(
    session: Session,
    ask: Ask,
    form: Form,
    token: str,
    *,
    now: datetime,
    posted: Posted | None = None,
    errors: Mapping[str, str] | None = None,
) -> str:
    """The page after an answer is saved, in the language of the form; with `posted` as it was filled in, and why not."""
    with addressing(form.language):
        until, is_open = ask.editable_until, ask.takes_answers(now)
        feeling = felt(session, ask, form)
        named = wording.names(ask) | {"first_name": ask.first_name or "", "account": ask.account_name}
        promise = giving.of_response(session, ask.response_id)
        asked = offering.asked_on(session, ask, now=now) if feeling != "low" else None
        return pages.render(
            "thanks",
            ask,
            form.language,
            band=feeling,
            own=wording.thanks(wording.page_words(ask.own_words, form.language, named), feeling),
            contact=contact.shown(promise, named["company"], is_open=is_open, now=now),
            contact_url=f"/a/{token}/contact",
            told=telling.told(session, ask.contact_id, form.language, today=ask.day_of(now)),
            favour=favour.shown(asked, named, form.language, is_open=is_open),
            favour_url=f"/a/{token}/favour",
            given=posted.given if posted else {},
            errors=errors or {},
            edit_url=f"/a/{token}" if is_open else None,
            edit_until=format_date(ask.day_of(until), "long") if until else None,
            **pages.tongues(form, "/a/", token, "/thanks"),
        )


def felt(session: Session, ask: Ask, form: Form) -> str | None:
    """The words that fit the answer: low as soon as anything in it is, else those of the score; None without one."""
    if is_low(ask.value_overall, ask.value_goal, ask.value_ease) or is_any_bad(session, ask, form):
        return "low"
    return pages.feeling(ask.score)


def is_any_bad(session: Session, ask: Ask, form: Form) -> bool:
    """Whether an answer of a further kind is bad; only where one of these questions can be is anything looked up."""
    asked = {one.id: one for one in (*form.others, *form.later) if one.may_be_bad}
    said = said_before(session.connection(), ask) if asked else None
    return said is not None and any(
        id in asked and asked[id].kind.is_bad(given, asked[id].options) for id, given in said.others.items()
    )
