"""Signing in and out, and a person's own settings (a door)."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_security import login_user, logout_user

from app.auth import access, limits, notices, people, sessions
from app.auth.forms import OwnSettingsForm, PasswordForm, SignInForm
from app.auth.models import Theme
from app.auth.security import lifetime, own_session
from app.core import audit, clock
from app.core.audit import Actor
from app.core.database import transactions
from app.core.errors import Invalid
from app.core.web.pages import this_installation
from app.extensions import db

doorway = Blueprint("security", __name__)
blueprint = Blueprint("auth", __name__)


@doorway.get("/sign-in", endpoint="login")
@access.public
def sign_in_page():
    """Ask who it is; somebody who is signed in goes on."""
    if current_user.is_authenticated:
        return redirect(access.own_path(request.args.get("next")))
    return show_sign_in(SignInForm(next=request.args.get("next")))


@doorway.post("/sign-in", endpoint="check")
@access.public
def sign_in():
    """Check the password outside the writing transaction, since that takes its time, then begin a session."""
    transactions.read(db.session)
    form = SignInForm()
    account = ((form.email.data or "").casefold(), limits.address())
    if seconds := too_many(*account):
        return show_sign_in(form, status=429, wait=seconds)
    if not form.validate_on_submit():
        note_failure(form)
        return show_sign_in(form.without_reasons(), status=400)
    limits.forget(limits.SIGN_IN, *account)
    limits.give_back(limits.SIGN_INS_OF_ADDRESS, account[1])
    person_id = form.user.id
    transactions.write(db.session)
    enter(people.staff_of_id(db.session, person_id), stay=form.stay.data)
    return redirect(access.own_path(form.next.data), code=303)


def too_many(email: str, address: str) -> int:
    """Seconds to wait after too many tries, or 0. Counted per account and address, so that nobody can lock out another."""
    for limit, key in ((limits.SIGN_INS_OF_ADDRESS, (address,)), (limits.SIGN_IN, (email, address))):
        if not limits.take(limit, *key):
            return limits.seconds_left(limit, *key, now=clock.now())
    return 0


def note_failure(form: SignInForm) -> None:
    """Leave a line in the audit trail when somebody tried a password."""
    if form.email.data and form.password.data:
        transactions.write(db.session)
        stranger = Actor("visitor", None, form.email.data[:200], request.remote_addr)
        audit.note(db.session, stranger, "sign_in.failed", now=clock.now())
        db.session.commit()


def enter(person, *, stay: bool) -> None:
    """Begin a session of `person`. The old cookie's contents go, so that nobody can have prepared it."""
    session.clear()
    login_user(person, remember=False, authn_via=["password"])
    session.permanent = stay
    actor = Actor("staff", person.id, person.display_name, request.remote_addr)
    audit.note(db.session, actor, "sign_in", now=clock.now())
    db.session.commit()


def show_sign_in(form: SignInForm, *, status: int = 200, wait: int = 0) -> Response:
    page = render_template(
        "security/sign_in.html", form=form, wait=wait, is_empty=people.is_empty(db.session)
    )
    response = Response(page, status=status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


@doorway.post("/sign-out", endpoint="logout")
@access.public
def sign_out():
    """End the session row, so that a copy of the cookie opens nothing, and clear the cookie."""
    if current_user.is_authenticated:
        now = clock.now()
        audit.note(db.session, access.actor(), "sign_out", now=now)
        sessions.end(own_session(), now=now)
        logout_user()
        db.session.commit()
    session.clear()
    response = redirect(url_for("security.login"), code=303)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@blueprint.get("/settings")
@access.viewer
def settings():
    """What can be set, one's own things first."""
    return render_template("auth/settings.html")


@blueprint.get("/settings/you")
@access.viewer
def own():
    """A person's own settings."""
    return render_template("auth/own.html", form=OwnSettingsForm(obj=current_user))


@blueprint.post("/settings/you")
@access.viewer
def change_own():
    form = OwnSettingsForm()
    if not form.validate_on_submit():
        return render_template("auth/own.html", form=form), 400
    current_user.name = form.name.data
    current_user.time_zone = form.time_zone.data or None
    current_user.theme = Theme(form.theme.data)
    current_user.single_keys = form.single_keys.data
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for("auth.own"), code=303)


@blueprint.post("/settings/single-keys")
@access.viewer
def single_keys():
    """The switch in the list of keys; kept with the person, whatever browser they use."""
    current_user.single_keys = request.form.get("on") == "1"
    db.session.commit()
    return Response(status=204)


@blueprint.post("/settings/theme")
@access.viewer
def theme():
    """The switch in the account menu; kept with the person."""
    chosen = request.form.get("theme", "")
    if chosen not in set(Theme):
        raise Invalid(_("There is no such appearance."))
    current_user.theme = Theme(chosen)
    db.session.commit()
    return redirect(access.own_path(request.form.get("next")), code=303)


@blueprint.get("/settings/password")
@access.viewer
def password():
    return render_template("auth/password.html", form=password_form())


@blueprint.post("/settings/password")
@access.viewer
def change_password():
    """A new password; every other session of the person ends."""
    transactions.read(db.session)
    form = password_form()
    if not limits.take(limits.PASSWORD_CHANGES, str(current_user.id)):
        return too_many_changes(form)
    if not form.validate_on_submit():
        return render_template("auth/password.html", form=form), 400
    transactions.write(db.session)
    now = clock.now()
    company = this_installation().company
    people.change_password(db.session, current_user, form.new.data, company, now=now, but=own_session().id)
    audit.note(db.session, access.actor(), "password.changed", subject=f"staff:{current_user.id}", now=now)
    notices.password_changed(current_user, by=None, now=now)
    db.session.commit()
    flash(_("Your password is changed. Other sessions of yours have ended."), "success")
    return redirect(url_for("auth.password"), code=303)


def password_form() -> PasswordForm:
    return PasswordForm(current_user, this_installation().company)


def too_many_changes(form: PasswordForm) -> Response:
    form.present.errors = [_("Too many tries. Wait a quarter of an hour.")]
    return Response(render_template("auth/password.html", form=form), status=429)


@blueprint.get("/settings/sessions")
@access.viewer
def own_sessions():
    """Where this person is signed in."""
    rows = sessions.alive_of(db.session, current_user, lifetime(), now=clock.now())
    return render_template("auth/sessions.html", rows=rows, this=own_session())


@blueprint.post("/settings/sessions/<handle>/end")
@access.viewer
def end_session(handle: str):
    now = clock.now()
    row = sessions.named(db.session, current_user, handle, lifetime(), now=now)
    sessions.end(row, now=now)
    audit.note(db.session, access.actor(), "session.ended", subject=f"staff:{current_user.id}", now=now)
    db.session.commit()
    flash(_("That session has ended."), "success")
    return redirect(url_for("auth.own_sessions"), code=303)


@blueprint.post("/settings/sessions/end-others")
@access.viewer
def end_other_sessions():
    """End every session of this person but the one they are in."""
    now = clock.now()
    count = sessions.end_all(db.session, current_user, now=now, but=own_session().id)
    audit.note(
        db.session, access.actor(), "session.ended", subject=f"staff:{current_user.id}", now=now, count=count
    )
    db.session.commit()
    flash(_("All your other sessions have ended."), "success")
    return redirect(url_for("auth.own_sessions"), code=303)
