"""Views whose pages are kept, and the answer with one of them.

What is kept is found again by everything a page may be made of: address, language, whether a part of a page is asked for,
and the whole cookie, which names the session. So a page is only ever seen by the session for which it was made, and the
token of its forms is that session's. That the session is open and its person may look is asked at every request (`Entry`).
Never kept are answers that are no plain page (files, redirects, errors), pages that changed the session (they told
something once) and those of a request that wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from datetime import datetime
from functools import wraps
from typing import Any, NamedTuple, Protocol

from flask import Flask, current_app, request, session
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock
from app.core.database import transactions
from app.core.database.reading import proving, watched
from app.core.database.transactions import Looking
from app.core.web.keeping.shelf import Key, Page, Shelf
from app.core.web.keeping.versions import versions_of
from app.extensions import db

KEPT = "kept_pages"
KEY, MOMENT = "justask.key", "justask.moment"
HEADERS = ("Accept-Language", "HX-Request", "X-Forwarded-Proto")
"""The headers that a kept page may be made by, besides the cookie; a test looks whether views read others."""
NAMES = (
    *("SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "HTTP_HOST", "wsgi.url_scheme", "HTTP_COOKIE"),
    *("HTTP_" + name.upper().replace("-", "_") for name in HEADERS),
)


class Entry(Protocol):
    """How somebody who was let in to a page is let in to it again."""

    def ticket(self) -> Hashable | None:
        """By what the person of this request was let in; None where nobody had to sign in."""

    def is_open(self, ticket: Hashable) -> bool:
        """Whether whoever has this ticket may look at this moment, and nothing has to be noted of the look."""


class Moment(NamedTuple):
    """What may differ between two looks although nobody asks for anything else."""

    version: Hashable
    minute: datetime


class Keeping:
    """The kept pages of one application, before which it stands."""

    def __init__(self, app: Flask, looking: Looking, entry: Entry, errors: tuple[type[Exception], ...]):
        self.app, self.looking, self.entry, self.errors = app.wsgi_app, looking, entry, errors
        self.versions = versions_of(db.engine, looking)
        self.shelf = Shelf()

    def __call__(self, environ: dict, begin: Callable) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "GET" and "HTTP_COOKIE" in environ:
            key = environ[KEY] = tuple([environ.get(name, "") for name in NAMES])
            page = self.again(environ, key) if key in self.shelf.pages else None
            if page is not None:
                begin("200 OK", list(page.headers))
                return [page.body]
        return self.app(environ, begin)

    def again(self, environ: dict, key: Key) -> Page | None:
        """The page of that key, if it is of this moment and whoever asks may still look."""
        with suppress(*self.errors):
            moment = environ[MOMENT] = self.moment()
            page = self.shelf.find(moment.minute, key)
            if page is not None and self.entry.is_open(page.ticket):
                return page if page.version == moment.version else self.proved(moment, key, page)
        return None

    def proved(self, moment: Moment, key: Key, page: Page) -> Page | None:
        """The page, which from now on is one of this version too, if everything that it was made of is as it was."""
        if page.proof is None or not proving.holds(page.proof, self.looking, clock.now()):
            self.shelf.drop(key, page)
            return None
        page = page._replace(version=moment.version)
        self.shelf.put(moment.minute, key, page)
        return page

    def moment(self) -> Moment:
        return Moment(self.versions.present(), minute(clock.now()))


def install(app: Flask, entry: Entry) -> None:
    """Keep nothing yet. It stands before anything that asks the database at a request."""
    with app.app_context():
        errors = (SQLAlchemyError, OSError, db.engine.dialect.loaded_dbapi.Error)
        app.extensions[KEPT] = app.wsgi_app = Keeping(app, transactions.looking(), entry, errors)
    app.before_request(note_moment)
    app.teardown_request(lambda error: watched.end())


def kept_page(*unless: str) -> Callable[[Callable], Callable]:
    """Declare that a view's page says what the database holds and nothing else.

    So not one that reads files, other servers or how long something is ago in seconds. `unless` are parameters of the
    address with which it does.
    """

    def declare(view: Callable) -> Callable:
        @wraps(view)
        def look(**given: Any) -> Any:
            made = view(**given)
            reads = watched.end()
            text, moment = text_of(made), request.environ.get(MOMENT)
            if text is None or moment is None or any(name in request.args for name in unless):
                return made
            return put(moment, text, reads)

        look.is_kept = True
        return look

    return declare


def put(moment: Moment, text: str, reads: watched.Reads | None) -> Any:
    """The answer with this page, which is kept unless it was for once."""
    keeping, answer = current_app.extensions[KEPT], current_app.response_class(text)
    ticket = keeping.entry.ticket()
    if ticket is not None and not has_changed_anything():
        headers = (*answer.headers, ("Vary", "Cookie"))
        proof = reads.proof() if reads is not None else None
        page = Page(answer.get_data(), headers, ticket, moment.version, proof)
        keeping.shelf.put(moment.minute, request.environ[KEY], page)
    return answer


def note_moment() -> None:
    """Look at the version before the request reads anything, and watch what it reads: who asks is a part of the page too.

    While the database cannot be asked nothing is kept, and the view finds out why.
    """
    view, environ, keeping = (
        current_app.view_functions.get(request.endpoint),
        request.environ,
        current_app.extensions[KEPT],
    )
    if KEY not in environ or not getattr(view, "is_kept", False):
        return
    if MOMENT not in environ:
        with suppress(*keeping.errors):
            environ[MOMENT] = keeping.moment()
            keeping.shelf.begin(environ[MOMENT].minute)
    watched.begin()


def minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


def text_of(made: Any) -> str | None:
    """The page that a view hands over; None for anything else."""
    if isinstance(made, tuple) and len(made) == 2 and made[1] == 200:
        made = made[0]
    return made if isinstance(made, str) else None


def has_changed_anything() -> bool:
    """Whether this request has changed the session, or may have written to the database."""
    return session.modified or transactions.is_writing(db.session)
