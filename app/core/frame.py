"""The Flask application as the product uses it: staff have a session, respondents none, and no view is asynchronous."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

RESPONDENT_PATHS = ("/a/", "/u/")


def is_respondent(path: str) -> bool:
    """Whether the path is of a respondent's page, which knows no staff and pays nothing for them."""
    return path.startswith(RESPONDENT_PATHS)


class StaffSessions(SecureCookieSessionInterface):
    """Flask's sessions, except that a respondent's page has none: the link is the credential there."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return None if is_respondent(request.path) else super().open_session(app, request)


class Application(Flask):
    """Flask, spared from looking at each request whether a hook or a view of ours is asynchronous: none is."""

    session_interface = StaffSessions()

    def ensure_sync(self, func: Callable) -> Callable:
        return func
