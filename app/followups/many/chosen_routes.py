"""What is done to the chosen follow-ups of the queue, and the views of it that a person keeps (a door)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from flask_wtf import FlaskForm

from app import journey
from app.auth import access
from app.auth.views import saving
from app.core import audit, clock
from app.core.errors import Invalid
from app.core.web.fields import mark
from app.extensions import db
from app.followups import queue, words
from app.followups.forms import OwnerForm, ResolutionForm, SnoozeForm
from app.followups.many import acting
from app.followups.models import Task
from app.followups.queue_routes import render_queue
from app.followups.routes import address_of, blueprint, chosen_filter, resolution_of, roster, zone
from app.followups.undoing import keeping
from app.followups.undoing.models import ActKind

Act = Callable[[Sequence[Task]], None]
ACTS = {"close": ActKind.CLOSED, "owner": ActKind.HANDED_OVER, "aside": ActKind.PUT_ASIDE}
AUDITED = {ActKind.CLOSED: "task.close", ActKind.HANDED_OVER: "task.owner"}


@blueprint.post("/queue/chosen")
@access.csm
def act_on_chosen():
    """Do to each chosen follow-up what the pressed button says; those that somebody closed meanwhile stay as they are."""
    now, found = clock.now(), acting.chosen(db.session, request.form.getlist("task"))
    kind, tasks = ACTS.get(request.form.get("act", "aside")), [task for task in found if task.is_open]
    if kind is None:
        flash(_("Nothing was done: press the button of what is to be done."), "warning")
        return back_to_queue()
    if not tasks:
        flash(_("Nothing was done: choose follow-ups that are open by the boxes beside them."), "warning")
        return back_to_queue()
    form, act_of = FORMS[kind]
    form = form(tasks)
    if not form.validate_on_submit() or is_for_somebody_away(form):
        return render_queue(400, chosen=tasks, forms={kind: form})
    try:
        with keeping.kept(db.session, kind, tasks, staff_id=current_user.id, now=now) as kept:
            act_of(form, now)(tasks)
    except Invalid as error:
        db.session.rollback()
        mark(form, error)
        return render_queue(400, chosen=tasks, forms={kind: form})
    note(kind, tasks, now)
    db.session.commit()
    if late := len(found) - len(tasks):
        flash(ngettext("%(num)s was closed already.", "%(num)s were closed already.", late), "warning")
    return back_to_queue(done=kept.act.id if kept.act else None)


def is_for_somebody_away(form: FlaskForm) -> bool:
    """Whether they would be given to somebody who is away; then who stands in is chosen, and it has to be pressed again."""
    if not isinstance(form, OwnerForm) or form.is_for_somebody_here(roster()):
        return False
    form.owner.data = form.away.cover_id
    return True


def note(kind: ActKind, tasks: Sequence[Task], now: datetime) -> None:
    """What others learn of it: the audit trail, and scores of which closed tasks are a part."""
    for task in tasks:
        if kind in AUDITED:
            audit.note(db.session, access.actor(), AUDITED[kind], subject=f"task:{task.id}", now=now)
        if kind is ActKind.CLOSED:
            journey.task_changed(db.session, task, now=now)


def closing_form(tasks: Sequence[Task]) -> FlaskForm:
    return ResolutionForm(acting.strictest(tasks))


def aside_form(_tasks: Sequence[Task]) -> FlaskForm:
    return SnoozeForm()


def owner_form(_tasks: Sequence[Task]) -> FlaskForm:
    form = OwnerForm()
    form.owner.choices = words.owner_choices(queue.able_to_work(db.session), roster().absences)
    return form


def close(form: ResolutionForm, now: datetime) -> Act:
    return acting.close(resolution_of(form), by=access.actor(), now=now)


def put_aside(form: SnoozeForm, now: datetime) -> Act:
    morning = datetime.combine(form.until.data, time(8), zone()).astimezone(UTC)
    return acting.put_aside(morning, form.why_aside.data or "", by=access.actor(), now=now)


def hand_over(form: OwnerForm, now: datetime) -> Act:
    people = {person.id: person for person in queue.able_to_work(db.session)}
    person = people.get(form.owner.data)
    return acting.hand_over(person, form.why_owner.data or "", by=access.actor(), now=now)


QUEUE = "queue"
FORMS: dict[ActKind, tuple[Callable[[Sequence[Task]], FlaskForm], Callable[[FlaskForm, datetime], Act]]] = {
    ActKind.CLOSED: (closing_form, close),
    ActKind.PUT_ASIDE: (aside_form, put_aside),
    ActKind.HANDED_OVER: (owner_form, hand_over),
}


def back_to_queue(**more):
    return redirect(url_for("followups.queue", **address_of(chosen_filter(), **more)), 303)


@blueprint.post("/queue/views")
@access.viewer
def save_view():
    """Keep the filter of the address under a name."""
    try:
        name = request.form.get("name", "")
        view = saving.save(
            db.session, QUEUE, current_user.id, name, address_of(chosen_filter()), now=clock.now()
        )
    except Invalid as error:
        flash(error.words, "danger")
        return back_to_queue()
    db.session.commit()
    flash(_("Kept: %(name)s stands over the queue now.", name=view.name), "success")
    return back_to_queue()


@blueprint.post("/queue/views/<int:view_id>/removal")
@access.viewer
def remove_view(view_id: int):
    view = saving.remove(db.session, current_user.id, view_id)
    name = view.name
    db.session.commit()
    flash(_("Removed from your views: %(name)s", name=name), "success")
    return back_to_queue()
