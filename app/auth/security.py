"""Flask-Security as we use it: its people, password hashing and sign-in form; our pages and our session rows.

The library's own pages, tokens and remember-me cookies are off: each of them would open the door without a session
row. Its and Flask-Login's hooks on every request are taken off too, so that respondent pages load nobody.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, current_app, g, request, session
from flask_login import current_user
from flask_security import MailUtil, Security, SQLAlchemyUserDatastore, user_authenticated

from app.auth import sessions
from app.auth.forms import SignInForm
from app.auth.models import Role, Staff, StaffSession, WebAuthn
from app.auth.sessions import Lifetime, Reader, Signed
from app.core import clock
from app.core.database.transactions import looking
from app.core.web import pages
from app.core.web.pages import SAFE_METHODS
from app.extensions import db

security = Security()
datastore = SQLAlchemyUserDatastore(db, Staff, Role, WebAuthn)
COOKIE_ID = "_user_id"
# The least that OWASP asks for: 19 MiB for each sign-in, where the library's default takes 64.
ARGON2 = {
    "argon2__memory_cost": 19456,
    "argon2__time_cost": 2,
    "argon2__parallelism": 1,
}


def install(app: Flask, mail_util: type[MailUtil]) -> None:
    """Configure the library, give it its way to send mail, and take off what we do not use."""
    settings = app.extensions["settings"]
    app.config.update(
        SECURITY_PASSWORD_SALT=settings.SECRET_KEY[:32],
        SECURITY_PASSWORD_HASH="argon2",
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=ARGON2,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        SECURITY_API_ENABLED_METHODS=["session"],
        SECURITY_CLI_USERS_NAME=None,
        SECURITY_CLI_ROLES_NAME=None,
        SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS=False,
        SECURITY_FLASH_MESSAGES=False,
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SESSION_PROTECTION=None,
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    security._mail_util_cls = mail_util  # `init_app` has no argument for it, only the constructor has.
    security.init_app(app, datastore, register_blueprint=False, login_form=SignInForm)
    app.extensions["session_lifetime"] = Lifetime(
        idle=timedelta(hours=settings.SESSION_IDLE_HOURS), longest=timedelta(days=settings.SESSION_DAYS)
    )
    app.login_manager.user_loader(load)
    app.login_manager._request_callback = None
    user_authenticated.connect(signed_in, app)
    take_off_hooks(app)


def take_off_hooks(app: Flask) -> None:
    """Nothing of the libraries runs on every request; pages find `current_user` when they ask for it."""
    app.before_request_funcs[None].remove(security.principal._on_before_request)
    app.after_request_funcs[None].remove(app.login_manager._update_remember_cookie)
    loading = "_user_context_processor"
    kept = [f for f in app.template_context_processors[None] if f.__name__ != loading]
    app.template_context_processors[None][:] = kept
    app.jinja_env.globals["current_user"] = current_user
    app.jinja_env.filters["device"] = sessions.device


def load(id: str) -> Staff | Reader | None:
    """The person whose open session the cookie names; one that cannot be changed where the request only reads."""
    if request.method in SAFE_METHODS:
        return load_reader(id)
    row = sessions.current(db.session, id, lifetime(), now=clock.now())
    if row is None:
        return None
    g.staff_session = row
    return row.staff


def load_reader(id: str) -> Reader | None:
    """The same by a single look, which brings along what the request's pages need of the installation."""
    found = looking().find(sessions.reading, id, lifetime(), clock.now())
    if found is None:
        return None
    g.staff_session, person, facts = found
    pages.remember(facts)
    return person


def signed_in(app: Flask, user: Staff, **_how) -> None:
    """Whatever way somebody proved who they are: a new session row, and its id in the cookie."""
    row = sessions.begin(
        db.session,
        user,
        now=clock.now(),
        address=request.remote_addr,
        agent=request.user_agent.string,
    )
    session[COOKIE_ID] = row.id


def lifetime() -> Lifetime:
    return current_app.extensions["session_lifetime"]


def own_session() -> StaffSession | Signed:
    """The session of this request; only where somebody is signed in."""
    return g.staff_session
