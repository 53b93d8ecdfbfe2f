"""Who may call which route. Every route declares its policy; one without a policy is refused and fails a test."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.auth import sessions
from app.auth.models import RANKS, RoleName
from app.auth.sessions import Lifetime
from app.core import clock
from app.core.audit import Actor
from app.core.database.transactions import LOOKING, Looking
from app.core.errors import Forbidden, SignedOut
from app.core.web import typed
from app.core.web.frame import TOKEN
from app.core.web.pages import SAFE_METHODS
from app.extensions import db

View = TypeVar("View", bound=Callable)

PUBLIC = "public"
KEY = "key"
LIBRARY_ENDPOINTS = {"static": PUBLIC}
FIRST_PAGES = frozenset({"auth.password", "auth.change_password", "auth.theme"})


def policy(name: str) -> Callable[[View], View]:
    """Declare the policy of a view: `public`, `token` (the link is the credential), `key` (API) or a role's name."""

    def declare(view: View) -> View:
        view.access = name
        return view

    return declare


public = policy(PUBLIC)
token = policy(TOKEN)
viewer = policy(RoleName.VIEWER)
csm = policy(RoleName.CSM)
manager = policy(RoleName.MANAGER)
admin = policy(RoleName.ADMIN)


def policy_of(app: Flask, endpoint: str) -> str | None:
    """The declared policy of an endpoint, or None when it has none."""
    view = app.view_functions[endpoint]
    return (
        getattr(view, "access", None)
        or LIBRARY_ENDPOINTS.get(endpoint)
        or getattr(getattr(view, "view_class", None), "access", None)
    )


def install(app: Flask) -> None:
    app.before_request(guard)


def guard():
    """Let the request through, ask for sign-in, or refuse, by the policy of its endpoint."""
    if request.endpoint is None:
        return None
    declared = policy_of(current_app, request.endpoint)
    if declared in {PUBLIC, TOKEN, KEY}:
        return None
    if declared is None:
        raise Forbidden(_("This page has no access policy."))
    if not current_user.is_authenticated:
        return ask_to_sign_in()
    g.own_language, g.own_time_zone = current_user.language, current_user.time_zone
    note_use()
    if not current_user.may(RoleName(declared)):
        raise Forbidden(_("Your role does not include this page."))
    return ask_for_own_password() if current_user.password_is_initial else None


def ask_for_own_password() -> Response | None:
    """A password that somebody else has seen opens only the page on which it is changed."""
    if request.endpoint in FIRST_PAGES:
        return None
    if request.method not in SAFE_METHODS:
        raise Forbidden(_("Choose a password of your own first."))
    return redirect(url_for("auth.password"))


def ask_to_sign_in() -> Response:
    """To the sign-in page and back here afterwards, if this is a page that can be come back to; a text is handed back."""
    if typed.texts() and "HX-Request" not in request.headers:
        raise SignedOut(
            _("Your session has ended, so nothing was saved. Sign in, then put in again what stands below.")
        )
    is_page = request.method in SAFE_METHODS and "HX-Request" not in request.headers
    url = url_for("security.login", next=request.full_path.rstrip("?") if is_page else None)
    if "HX-Request" in request.headers:
        return Response(status=401, headers={"HX-Redirect": url})
    return redirect(url)


def note_use() -> None:
    """When the session was last used; only on requests that read, since one that writes may hold the gate."""
    if request.method in SAFE_METHODS:
        sessions.seen(db.engine, g.staff_session, now=clock.now())


class Ticket(NamedTuple):
    """By what somebody was let in to a page that is kept."""

    session: str
    role: RoleName


class StaffEntry:
    """How they are let in to it again: asked what `guard` asks, at every look and without the rest of a request."""

    def __init__(self, looking: Looking, lifetime: Lifetime):
        self.looking, self.lifetime = looking, lifetime

    def ticket(self) -> Ticket | None:
        policy = policy_of(current_app, request.endpoint)
        return (
            Ticket(g.staff_session.id, RoleName(policy)) if policy in RANKS and "staff_session" in g else None
        )

    def is_open(self, ticket: Ticket) -> bool:
        """Not where the use of the session is to be noted: that look goes the whole way."""
        now = clock.now()
        found = self.looking.find(sessions.reading, ticket.session, self.lifetime, now)
        if found is None:
            return False
        signed, person, _facts = found
        is_noted = now - signed.seen_at < sessions.SEEN_EVERY
        return is_noted and person.may(ticket.role) and not person.password_is_initial


def entry(app: Flask) -> StaffEntry:
    return StaffEntry(app.extensions[LOOKING], app.extensions["session_lifetime"])


NOT_IN_A_PATH = re.compile(r"[\x00-\x20\x7f\\\\]")


def own_path(target: str | None, default: str = "/") -> str:
    """`target` when it is a path on this site, else `default`: a link may not send people elsewhere after sign-in."""
    if not target or not target.startswith("/") or target.startswith("//") or NOT_IN_A_PATH.search(target):
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target


def actor() -> Actor:
    """The signed-in person, as the audit trail and the domain name an actor."""
    return Actor("staff", current_user.id, current_user.display_name, request.remote_addr)
