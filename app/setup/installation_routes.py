"""The page about the installation itself: company, zone, colleagues' domains, working week and holidays (a door)."""

from __future__ import annotations

import sqlalchemy as sa
from flask import render_template
from flask_babel import gettext as _

from app.auth import access
from app.auth.models import Role, Staff, staff_roles
from app.core import clock
from app.core.installation import Installation, installation
from app.extensions import db
from app.reports.sums import placing
from app.setup.forms import InstallationForm, values_of
from app.setup.routes import blueprint, noted
from app.setup.steps import WORKERS


@blueprint.get("/settings/installation", endpoint="installation")
@access.admin
def show():
    row = installation(db.session)
    return page(InstallationForm(owners(), row, formdata=None, data=values_of(row)), row)


@blueprint.post("/settings/installation")
@access.admin
def change_installation():
    """Keep what was filled in; the next follow-up counts by the new working hours."""
    row = installation(db.session)
    form = InstallationForm(owners(), row)
    if not form.validate_on_submit():
        return page(form, row), 400
    before = row.default_owner_id
    form.keep(row)
    if row.default_owner_id != before:
        placing.owners_changed(db.session, now=clock.now())
    back = "setup.installation" if row.setup_done_at else "setup.overview"
    return noted("installation.changed", _("Saved."), back)


def page(form: InstallationForm, row: Installation):
    return render_template("setup/installation.html", form=form, row=row)


def owners() -> list[tuple[int, str]]:
    """Who can look after accounts, those of the demo named as such."""
    people = (
        sa.select(Staff)
        .join(staff_roles, staff_roles.c.staff_id == Staff.id)
        .join(Role, Role.id == staff_roles.c.role_id)
        .where(Staff.active, Role.name.in_(WORKERS))
        .order_by(Staff.is_demo, sa.func.lower(Staff.name), Staff.id)
    )
    return [
        (person.id, _("%(name)s (demo)", name=person.display_name) if person.is_demo else person.display_name)
        for person in db.session.scalars(people).unique()
    ]
