"""Logging what was done about a follow-up, and about others at the same customer in one conversation (a door)."""

from __future__ import annotations

import sqlalchemy as sa
from flask import flash
from flask_babel import gettext as _
from flask_babel import ngettext

from app import journey
from app.auth import access
from app.core import clock
from app.core.errors import Invalid, NotFound
from app.core.web.fields import mark
from app.extensions import db
from app.followups import activities
from app.followups.forms import ActivityForm
from app.followups.models import ActivityKind, Task
from app.followups.routes import back_to, blueprint, closed_already, render_task


@blueprint.post("/tasks/<int:task_id>/activities")
@access.csm
def log_activity(task_id: int):
    form, now = ActivityForm(), clock.now()
    task, others = held(task_id, form.also.data or [])
    if not task.is_open:
        return closed_already(task, form)
    if not form.validate_on_submit():
        return render_task(task, 400, activity=form)
    said = {"at": now, "is_two_way": form.two_way.data, "by": access.actor(), "now": now}
    try:
        for one in (task, *others):
            activities.log(db.session, one, ActivityKind(form.kind.data), form.text.data, **said)
    except Invalid as error:
        mark(form, error)
        return render_task(task, 400, activity=form)
    journey.task_changed(db.session, task, now=now)
    db.session.commit()
    told = ngettext("Logged, and for %(num)s more.", "Logged, and for %(num)s more.", len(others))
    flash(told if others else _("Logged."), "success")
    return back_to(task)


def held(task_id: int, also: list[int]) -> tuple[Task, list[Task]]:
    """The task, and of the others those that are open at the same account, held in one order so that nobody waits for another."""
    wanted = {task_id, *(number for number in also if 0 < number < 2**63)}
    query = sa.select(Task).where(Task.id.in_(wanted)).order_by(Task.id)
    found = {task.id: task for task in db.session.scalars(query.with_for_update())}
    task = found.pop(task_id, None)
    if task is None:
        raise NotFound(_("There is no such task."))
    return task, [one for one in found.values() if one.account_id == task.account_id and one.is_open]
