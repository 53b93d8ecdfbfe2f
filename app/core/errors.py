"""The three ways the domain says no, and the one place that renders every error.

Under `/api/` an error is problem JSON (RFC 9457); elsewhere it is a page. Nothing here shows a stack, a path or SQL.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from http import HTTPStatus

from flask import Flask, Response, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError, SQLAlchemyError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.core.database.transactions import GateBusy
from app.core.language.words import addressing, browsers_choice
from app.core.web import typed
from app.core.web.bodies import RETRY_AFTER_SECONDS
from app.core.web.frame import is_respondent
from app.core.web.nearest import page_of_form

log = logging.getLogger(__name__)
WITH_SECTIONS = frozenset({400, 403, 404, 405, 409, 413})
REPEATABLE = frozenset({409, 500, 503})
WITH_WAY_BACK = frozenset({400, 401, 409, 413})


class DomainError(Exception):
    """Something the domain refuses; `words` are written for the user, `errors` name fields."""

    status = 409
    headers: Mapping[str, str] = {}

    def __init__(self, words: str, *, errors: dict[str, str] | None = None):
        self.words = words
        self.errors = errors or {}
        super().__init__(words)


class Refused(DomainError):
    """A rule stands against it (409)."""


class Invalid(DomainError):
    """What was given cannot be taken; `errors` says which field and why (422 in the API, 400 on pages)."""

    status = 422


class NotFound(DomainError):
    """There is no such thing, or it is not for this person to see (404)."""

    status = 404


class SignedOut(DomainError):
    """The session has ended while a form was being filled in (401)."""

    status = 401


class Forbidden(DomainError):
    """This person may not do that (403)."""

    status = 403


def install(app: Flask) -> None:
    """Register the handlers that turn every error into a page or problem JSON."""
    app.register_error_handler(DomainError, render_domain)
    app.register_error_handler(HTTPException, render_http)
    app.register_error_handler(GateBusy, lambda e: busy())
    app.register_error_handler(OperationalError, render_database)
    app.register_error_handler(DataError, render_data)
    app.register_error_handler(OverflowError, render_overflow)
    app.register_error_handler(Exception, render_unexpected)


def render_domain(error: DomainError) -> Response:
    response = render(error.status, error.words, error.errors)
    response.headers.update(error.headers)
    return response


def render_http(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return error.get_response()
    page = page_of_form() if isinstance(error, MethodNotAllowed) else None
    if page is not None:
        return redirect(page, 303)
    words = words_for(error.code) if not isinstance(error, CSRFError) else words_for_old_page()
    response = render(error.code, words)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after", "www-authenticate"}:
            response.headers[name] = value
    return response


def render_database(error: OperationalError) -> Response:
    """A database that is locked, full or gone: nothing was saved, and saying so is all that can be done."""
    log.error("database not available: %s", type(error.orig).__name__, exc_info=error)
    return busy()


def render_data(error: DataError) -> Response:
    """A value that no column can hold and that no field has refused: what was asked cannot be done with it."""
    log.error(
        "a value reached the database that it cannot hold: %s", type(error.orig).__name__, exc_info=error
    )
    return render(400, words_for(400))


def render_overflow(error: OverflowError) -> Response:
    """As `render_data` for SQLite, whose driver refuses a number before the database sees it, with Python's own error."""
    return render(400, words_for(400)) if "SQLite" in str(error) else render_unexpected(error)


def render_unexpected(error: Exception) -> Response:
    reference = secrets.token_hex(6)
    log.error("unexpected error %s", reference, exc_info=error)
    words = _("Something went wrong on our side. If you report it, mention %(id)s.", id=reference)
    return render(500, words, reference=reference)


def busy() -> Response:
    response = render(503, words_for_busy())
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def words_for_busy() -> str:
    if request.method in ("GET", "HEAD"):
        return _("This cannot be shown just now, because the database does not answer. Please try again.")
    return _("This could not be saved just now. Nothing was lost on our side; please try again.")


def too_many(seconds: int) -> Response:
    """429, to come back in so many seconds."""
    response = render(429, words_for(429))
    response.headers["Retry-After"] = str(seconds)
    return response


def render(
    status: int, words: str, errors: dict[str, str] | None = None, reference: str | None = None
) -> Response:
    """The response for `status`: problem JSON under /api/, else the error page."""
    if request.path.startswith("/api/"):
        return problem(status, words, errors)
    status = 400 if status == 422 else status
    if is_respondent(request.path):
        return respondents_page(status, reference)
    return staff_page(status, words, errors or {})


def staff_page(status: int, words: str, errors: dict[str, str]) -> Response:
    """An error between the sections, for somebody who is signed in and while the database answers; else it stands alone."""
    given = {"status": status, "words": words, "errors": errors, "typed": typed}
    given["may_repeat"] = status in REPEATABLE and typed.may_be_sent_again()
    given["before"] = typed.page_before(at_same_address=status == 413) if status in WITH_WAY_BACK else None
    if status in WITH_SECTIONS:
        try:
            if current_user.is_authenticated:
                return Response(
                    render_template("errors/staff.html", frame="base.html", **given), status=status
                )
        except (SQLAlchemyError, GateBusy) as error:
            log.warning("an error page had to stand alone: %s", type(error).__name__)
    return Response(render_template("errors/staff.html", frame="lone.html", **given), status=status)


def problem(status: int, words: str, errors: dict[str, str] | None = None) -> Response:
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": words}
    if errors:
        body["errors"] = errors
    response = jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def respondents_page(status: int, reference: str | None) -> Response:
    """An error in words for somebody who followed a link in a mail; `reference` names an unexpected one in the log."""
    with addressing(browsers_choice()) as locale:
        frame = {"lang": locale.language, "text_direction": locale.text_direction}
        body = render_template("errors/public.html", status=status, reference=reference, **frame)
    return Response(body, status=status, headers={"Content-Language": locale.language})


def words_for_old_page() -> str:
    return _(
        "The page was older than your session, so nothing was saved. Open it again and send it from there."
    )


def words_for_too_large() -> str:
    """With the limit, and that nothing was begun with what came."""
    limit = request.max_content_length or 0
    return _(
        "That was too large to take: a file or a form may have %(limit)s MB at most. Nothing of it was taken, and what is here is as it was.",
        limit=max(1, limit // 2**20),
    )


def words_for(code: int) -> str:
    known = {
        400: _("The request could not be understood."),
        401: _("Please sign in first."),
        403: _("You may not do that."),
        404: _("There is nothing at this address."),
        405: _("This address does not take that kind of request."),
        413: words_for_too_large(),
        415: _("Send JSON, and say so in the header Content-Type."),
        429: _("Too many requests. Please wait a moment and try again."),
    }
    return known.get(code, _("The request could not be answered."))
