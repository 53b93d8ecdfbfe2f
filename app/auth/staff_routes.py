"""The pages about members of staff, for administrators (a door)."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.auth import access, notices, people, sessions
from app.auth.forms import ROLE_WORDS, PersonForm, StaffForm
from app.auth.models import RoleName, Staff
from app.auth.routes import blueprint
from app.auth.security import lifetime
from app.core import audit, clock
from app.core.errors import DomainError, Refused
from app.extensions import db
from app.reports.sums import placing


@blueprint.get("/settings/staff")
@access.admin
def staff():
    """Everybody who works here."""
    return render_template("auth/staff.html", everybody=people.everybody(db.session), role_words=ROLE_WORDS)


@blueprint.get("/settings/staff/new")
@access.admin
def new_staff():
    return render_template("auth/new_staff.html", form=StaffForm())


@blueprint.post("/settings/staff")
@access.admin
def add_staff():
    """Add a member of staff and show the password to begin with, once."""
    form = StaffForm()
    if not form.validate_on_submit():
        return render_template("auth/new_staff.html", form=form), 400
    try:
        person = people.add_staff(
            db.session, form.email.data, role=RoleName(form.role.data), name=form.name.data or ""
        )
    except DomainError as error:
        form.email.errors = [error.words]
        return render_template("auth/new_staff.html", form=form), 400
    password = people.give_password(db.session, person, now=clock.now())
    note("staff.add", person, role=person.role.value)
    notices.invited(person, by=current_user.display_name, now=clock.now())
    db.session.commit()
    return first_password(person, password)


@blueprint.get("/settings/staff/<int:id>")
@access.admin
def staff_member(id: int):
    """One member of staff: name, role, sessions."""
    person = people.staff_of_id(db.session, id)
    return show(person, PersonForm(name=person.name, role=person.role.value))


@blueprint.post("/settings/staff/<int:id>")
@access.admin
def change_staff(id: int):
    """Change name and role; another role ends the person's sessions, so that it holds at once."""
    person = people.staff_of_id(db.session, id)
    form = PersonForm()
    if not form.validate_on_submit():
        return show(person, form), 400
    person.name = form.name.data
    before = person.role
    try:
        if people.change_role(db.session, person, RoleName(form.role.data), now=clock.now()):
            note("staff.role", person, was=before.value, role=person.role.value)
    except Refused as error:
        db.session.rollback()
        form.role.errors = [error.words]
        return show(person, form), 400
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for("auth.staff"), code=303)


@blueprint.post("/settings/staff/<int:id>/disable")
@access.admin
def disable_staff(id: int):
    """End the account; what the person did stays under their name."""
    person = people.staff_of_id(db.session, id)
    if person.id == current_user.id:
        raise Refused(_("You cannot disable yourself. Ask another administrator."))
    people.disable_staff(db.session, person, now=clock.now())
    placing.owners_changed(db.session, now=clock.now(), person_id=person.id)
    return noted("staff.disable", person, _("%(name)s can no longer sign in.", name=person.display_name))


@blueprint.post("/settings/staff/<int:id>/enable")
@access.admin
def enable_staff(id: int):
    person = people.staff_of_id(db.session, id)
    people.enable_staff(person)
    placing.owners_changed(db.session, now=clock.now(), person_id=person.id)
    return noted("staff.enable", person, _("%(name)s may sign in again.", name=person.display_name))


@blueprint.post("/settings/staff/<int:id>/sessions/end")
@access.admin
def end_sessions_of(id: int):
    person = people.staff_of_id(db.session, id)
    sessions.end_all(db.session, person, now=clock.now())
    return noted("session.ended", person, _("Every session of %(name)s has ended.", name=person.display_name))


@blueprint.post("/settings/staff/<int:id>/password")
@access.admin
def give_password(id: int):
    """A new password to begin with, shown once; the person's sessions end."""
    person = people.staff_of_id(db.session, id)
    password = people.give_password(db.session, person, now=clock.now())
    note("password.given", person)
    notices.password_changed(person, by=current_user.display_name, now=clock.now())
    db.session.commit()
    return first_password(person, password)


def show(person: Staff, form: PersonForm) -> str:
    rows = sessions.alive_of(db.session, person, lifetime(), now=clock.now())
    return render_template("auth/staff_member.html", person=person, form=form, rows=rows)


def first_password(person: Staff, password: str):
    """The password with the whole address of the page it is for, because both are handed to somebody else."""
    address = current_app.extensions["settings"].BASE_URL.rstrip("/") + url_for("security.login")
    return render_template("auth/first_password.html", person=person, password=password, address=address)


def note(action: str, person: Staff, **details) -> None:
    audit.note(
        db.session,
        access.actor(),
        action,
        subject=f"staff:{person.id}",
        now=clock.now(),
        email=person.email,
        **details,
    )


def noted(action: str, person: Staff, words: str):
    """Note it, keep it, say so on the person's page."""
    note(action, person)
    db.session.commit()
    flash(words, "success")
    return redirect(url_for("auth.staff_member", id=person.id), code=303)
