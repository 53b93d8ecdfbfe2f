"""The pages about keys of other programs, for administrators (a door)."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from app.auth import access, people
from app.auth.forms import KeyForm
from app.auth.models import Scope
from app.auth.routes import blueprint
from app.core import audit, clock
from app.extensions import db


@blueprint.get("/settings/keys")
@access.admin
def keys():
    """All keys, and a form for a new one."""
    return show(KeyForm())


@blueprint.post("/settings/keys")
@access.admin
def add_key():
    """Make a key and show it, once."""
    form = KeyForm()
    if not form.validate_on_submit():
        return show(form), 400
    actor, now = access.actor(), clock.now()
    days = int(form.days.data) if form.days.data else None
    row, secret = people.add_key(
        db.session, form.name.data, scope=Scope(form.scope.data), by=actor.name, now=now, days=days
    )
    audit.note(
        db.session, actor, "key.add", subject=f"key:{row.id}", now=now, name=row.name, scope=row.scope.value
    )
    db.session.commit()
    return render_template("auth/new_key.html", key=row, secret=secret)


@blueprint.post("/settings/keys/<int:id>/revoke")
@access.admin
def revoke_key(id: int):
    """Revoke a key; the program that uses it is refused from the next request on."""
    now = clock.now()
    row = people.revoke_key(db.session, id, now=now)
    audit.note(db.session, access.actor(), "key.revoke", subject=f"key:{row.id}", now=now, name=row.name)
    db.session.commit()
    flash(_("The key %(name)s is revoked.", name=row.name), "success")
    return redirect(url_for("auth.keys"), code=303)


def show(form: KeyForm) -> str:
    return render_template("auth/keys.html", keys=people.all_keys(db.session), form=form, now=clock.now())
