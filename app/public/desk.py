"""What the respondents' pages of one application share: the signer of links, cast pages, counted looks, the engine."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from flask import Flask, Request, current_app, request
from limits import parse
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, NotFound, TooManyRequests
from werkzeug.routing import RequestRedirect

from app.auth import limits
from app.core import clock
from app.core.database.transactions import Looking, looking
from app.core.face import current as faces
from app.core.installation import read_face
from app.core.tokens import Signer
from app.extensions import db
from app.public import forms
from app.public.machines import ANSWER, JUST_NOW, SCORE, TRAP, Signs, is_probably_machine
from app.public.pages import IN_LANGUAGE, Pages
from app.public.together import Together
from app.public.visits import Look, Visits
from app.responses import asks
from app.responses.asks import Ask, Opening

log = logging.getLogger(__name__)
T = TypeVar("T")
NOT_OF_A_TOKEN = re.compile(r"[^A-Za-z0-9_-]{1,20}\Z")
AGENT_LENGTH = 512
LANGUAGE = re.compile("[a-z]{2,3}(-[A-Za-z]{2,4})?")
# A gateway that cuts the links of a whole wave short must not be stopped before it is through with some mails.
WRONG_LINKS = parse("300 per 1 minute")


@dataclass(frozen=True)
class Desk:
    """Where answers come in."""

    engine: Engine
    looking: Looking
    signer: Signer
    pages: Pages
    visits: Visits
    answers: Together
    comment_length: int

    def ask(self, token: str) -> Ask:
        """The ask of a link; NotFound for a link that is not ours or was cut short, TooManyRequests for many of them."""
        return self._found(token, asks.by_nonce)

    def opening(self, token: str) -> Opening:
        """As much of the ask as its page needs; the same errors."""
        return self._found(token, asks.opening)

    def answering(self, token: str, now: datetime) -> Opening:
        """The same for an answer that comes from there, with the pages that were looked at just before."""
        return self._found(token, asks.answering, now - JUST_NOW)

    def _found(self, token: str, look_up: Callable[..., T | None], *more: Any) -> T:
        """The ask, in the language that its link names (`TOKEN~fr`) if its survey is asked in that one.

        What is no language's code is taken off the link, since pages and headers repeat the link.
        """
        token, _mark, language = token.partition(IN_LANGUAGE)
        nonce = self.signer.nonce(token)
        if nonce is None:
            raise self._whole_link(token) or wrong_link()
        ask = self.looking.find(look_up, nonce, *more)
        if ask is None:
            raise wrong_link()
        if ask.face_version != faces.current().version:
            with self.engine.connect() as connection:
                read_face(connection)
        if not language:
            return ask
        if not LANGUAGE.fullmatch(language):
            raise led_on(IN_LANGUAGE + language, "")
        return self.pages.in_language(ask, language)

    def _whole_link(self, token: str) -> HTTPException | None:
        """The way to the link that was meant where a mail program or a chat took the end of a sentence into it."""
        meant = NOT_OF_A_TOKEN.sub("", token)
        if meant == token or self.signer.nonce(meant) is None:
            return None
        return led_on(token, meant)

    def look(
        self,
        ask: Ask | Opening,
        request: Request,
        now: datetime,
        chosen: int | None = None,
        page: str = ANSWER,
    ) -> None:
        """Count a look at a page; with a chosen number it came through a score link. Only machines see the trap."""
        machine = page == TRAP or is_probably_machine(agent(request), request.environ, ask.sent_at, now)
        page = page if chosen is None else f"{SCORE}{chosen}"
        self.visits.note(Look(ask.id, now, page, machine))


def led_on(part: str, meant: str) -> HTTPException:
    """The way to the same link with `meant` in place of a part of it."""
    path = quote(request.path, safe="/").replace(quote(part, safe=""), meant, 1).rstrip("/")
    query = request.query_string.decode("ascii", "replace")
    return RequestRedirect(f"{path}?{query}" if query else path)


def wrong_link() -> HTTPException:
    """What to say of a link that is not ours. Only these are counted, so that a good link is open to everybody always."""
    try:
        if limits.take(WRONG_LINKS, "link", limits.address()):
            return NotFound()
        seconds = limits.seconds_left(WRONG_LINKS, "link", limits.address(), now=clock.now())
    except SQLAlchemyError as error:
        log.warning("a wrong link was not counted: %s", type(error).__name__)
        return NotFound()
    return TooManyRequests(retry_after=seconds)


def agent(request: Request) -> str:
    """What the client calls itself, as far as it is looked at and remembered."""
    return request.environ.get("HTTP_USER_AGENT", "")[:AGENT_LENGTH]


def signs_of(at: Desk, ask: Opening, request: Request, attempt: str | None, now: datetime) -> Signs:
    """What is known of who sent a form, looks of the last moments included; `ask` is what `answering` gave."""
    seen = at.visits.seen(ask.id, now - JUST_NOW).union((ask.seen or "").split())
    return Signs(agent(request), request.environ, attempt is not None, forms.made_at(attempt), seen)


def install(app: Flask) -> None:
    """Open the desk of `app`; its engine exists already."""
    settings = app.extensions["settings"]
    engine = db.engine
    app.extensions["desk"] = Desk(
        engine=engine,
        looking=looking(),
        signer=Signer([settings.SECRET_KEY, *settings.SECRET_KEYS_OLD]),
        pages=Pages(engine),
        visits=Visits(engine, in_background=lambda: not app.testing),
        answers=Together(engine, settings.GATE_SECONDS),
        comment_length=settings.COMMENT_LENGTH,
    )


def desk() -> Desk:
    return current_app.extensions["desk"]
