"""Opening closed follow-ups again, and taking back what was just done to them (a door)."""

from __future__ import annotations

from datetime import datetime

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user

from app import journey
from app.auth import access
from app.core import audit, clock
from app.core.errors import Refused
from app.extensions import db
from app.followups import words
from app.followups.resolution import reopen
from app.followups.routes import address_of, back_to, blueprint, chosen_filter, the_task
from app.followups.settling import asking
from app.followups.undoing import keeping
from app.followups.undoing.models import Act, ActKind


@blueprint.post("/tasks/<int:task_id>/reopening")
@access.csm
def reopen_task(task_id: int):
    task, now = the_task(task_id, lock=True), clock.now()
    if task.is_open:
        flash(_("This task is open already."), "info")
        return back_to(task)
    act = keeping.of_address(db.session, request.args.get("done", ""), staff_id=current_user.id)
    if act and task in [part.task for part in act.parts] and keeping.can_be_taken_back(act, now=now):
        return take_back(act, now)
    reopen(task, now=now, by=access.actor())
    audit.note(db.session, access.actor(), "task.reopen", subject=f"task:{task.id}", now=now)
    journey.task_changed(db.session, task, now=now)
    db.session.commit()
    flash(_("Open again. Its first due dates still count."), "success")
    return back_to(task)


@blueprint.post("/tasks/acts/<int:act_id>/undoing")
@access.csm
def undo_act(act_id: int):
    """Take back what one has just done, to one task or to many."""
    act = keeping.the_act(db.session, act_id, staff_id=current_user.id)
    try:
        return take_back(act, clock.now())
    except Refused as error:
        db.session.rollback()
        flash(str(error), "danger")
    return redirect(url_for("followups.queue", **address_of(chosen_filter())), 303)


def take_back(act: Act, now: datetime):
    """The tasks of an act as they were before, and the page of the one, or the queue that holds them."""
    done = keeping.take_back(db.session, act, now=now)
    for task in done.tasks:
        audit.note(
            db.session, access.actor(), "task.undo", subject=f"task:{task.id}", now=now, act=act.kind.value
        )
        if act.kind is ActKind.CLOSED:
            asking.withdraw(db.session, task)
            journey.task_changed(db.session, task, now=now)
    db.session.commit()
    flash(words.taken_back(act.kind, len(done.tasks)), "success")
    if done.changed:
        names = ", ".join(words.name_of(task) for task in done.changed)
        flash(_("Changed by somebody since, so left as it is: %(names)s", names=names), "warning")
    address = address_of(chosen_filter())
    if len(act.parts) > 1:
        return redirect(url_for("followups.queue", **address), 303)
    target = url_for("followups.task_page", task_id=done.tasks[0].id, undone=act.id, **address)
    return redirect(target, 303)
