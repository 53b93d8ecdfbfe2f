"""Who may call which route. Every route declares its policy; one without a policy is refused and fails a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app, redirect, request, url_for
from flask_security import current_user

from app.auth.models import RoleName
from app.core.audit import Actor
from app.core.errors import Forbidden

View = TypeVar("View", bound=Callable)

PUBLIC = "public"
TOKEN = "token"
KEY = "key"
LIBRARY_ENDPOINTS = {"static": PUBLIC}


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
        raise Forbidden("This page has no access policy.")
    if not current_user.is_authenticated:
        return redirect(url_for("security.login", next=request.full_path.rstrip("?")))
    if not current_user.may(RoleName(declared)):
        raise Forbidden("Your role does not include this page.")
    return None


def actor() -> Actor:
    """The signed-in person, as the audit trail and the domain name an actor."""
    return Actor("staff", current_user.id, current_user.display_name, request.remote_addr)
