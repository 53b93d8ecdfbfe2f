"""The staff pages of follow-ups: a task, and what can be done with it (a door). The queue stands in queue_routes.py."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from flask_wtf import FlaskForm

from app import journey
from app.auth import access
from app.auth.absences.covering import Roster
from app.auth.models import RoleName
from app.contacts import words as contact_words
from app.contacts.models import Account
from app.core import audit, clock
from app.core.clock import Today, day_of
from app.core.errors import Invalid, NotFound
from app.core.web.fields import mark, told
from app.core.web.pages import this_installation
from app.delivery import words as ask_words
from app.extensions import db
from app.followups import activities, queue, ranking, resolution, words
from app.followups.around.besides import besides
from app.followups.casefile import casefile
from app.followups.conversation import replies, showing
from app.followups.forms import ActivityForm, OwnerForm, ResolutionForm, SnoozeForm
from app.followups.models import Cause, Outcome, Task, TaskKind, TaskState
from app.followups.passives import wishes
from app.followups.promises import giving
from app.followups.promises import words as promise_words
from app.followups.queue import ALL, NOBODY, QueueFilter
from app.followups.resolution import Resolution, resolve
from app.followups.settling import asking
from app.followups.undoing import keeping
from app.followups.undoing.keeping import Kept
from app.followups.undoing.models import Act, ActKind
from app.health import snapshots
from app.reports.accounts.scores import glossary
from app.surveys.scales import band
from app.surveys.wording import language_name

blueprint = Blueprint("followups", __name__)


def zone() -> ZoneInfo:
    """The zone of the person who reads, else the installation's."""
    return ZoneInfo(current_user.time_zone) if current_user.time_zone else this_installation().zone


def here() -> date:
    """The day here, by which everybody's absences go."""
    return day_of(clock.now(), this_installation().zone)


def roster() -> Roster:
    """Who is away today, read once for a request."""
    if "roster" not in g:
        g.roster = Roster.on(db.session, here())
    return g.roster


def chosen_filter() -> QueueFilter:
    """The filter in the address; unknown values are passed over. People see their own queue first."""
    asked = request.args
    owner: int | str = asked.get("owner", "")
    if owner.isascii() and owner.isdigit() and len(owner) < 10:
        owner = int(owner)
    elif owner not in {ALL, NOBODY}:
        owner = current_user.id if current_user.role == RoleName.CSM else ALL
    kind, account = asked.get("kind", ""), asked.get("account", "")
    return QueueFilter(
        owner=owner,
        covered=tuple(roster().covered_by(owner)) if isinstance(owner, int) else (),
        kind=TaskKind(kind) if kind in set(TaskKind) else None,
        due=asked.get("due") if asked.get("due") in {"waiting", "overdue", "today", "new"} else None,
        words=asked.get("q", "").replace("\x00", "").strip()[:100],
        closed=asked.get("state") == "closed",
        aside=asked.get("state") == "aside",
        account_id=int(account) if account.isascii() and account.isdigit() and len(account) < 19 else None,
    )


def address_of(chosen: QueueFilter, **more) -> dict:
    """The parameters by which an address carries a filter."""
    given = {"owner": chosen.owner, "kind": chosen.kind, "due": chosen.due, "q": chosen.words}
    given["account"] = chosen.account_id
    given |= {"state": "closed" if chosen.closed else "aside" if chosen.aside else None} | more
    return {name: str(value) for name, value in given.items() if value not in (None, "")}


@blueprint.get("/")
@access.viewer
def home():
    """Where a person starts: CSMs in their queue, others with the trend, and with set-up who finds nothing here yet."""
    if current_user.role == RoleName.CSM:
        return redirect(url_for("followups.queue"))
    is_empty = db.session.scalar(sa.select(Account.id).limit(1)) is None
    is_first = is_empty and current_user.role == RoleName.ADMIN
    return redirect(url_for("setup.overview" if is_first else "reports.overview"))


@blueprint.get("/tasks/<int:task_id>")
@access.viewer
def task_page(task_id: int):
    return render_task(the_task(task_id))


def render_task(task: Task, status: int = 200, **forms):
    """The task page; a form with errors is handed in and stands where it was filled."""
    now, chosen, facts = clock.now(), chosen_filter(), this_installation()
    today, scores = Today.at(now, zone()), scores_of(task, now)
    given = {"owner": task.owner_id or 0, "had": task.owner_id or 0}
    owner_form = forms.get("owner") or OwnerForm(formdata=None, **given)
    owner_form.owner.choices = words.owner_choices(queue.workers(db.session, task), roster().absences)
    around = besides(db.session, task, facts, scores, sender=current_user.display_name, now=now)
    page = render_template(
        "followups/task.html",
        **around,
        **showing.context(
            db.session,
            current_app.extensions["settings"],
            task,
            forms.get("mail"),
            by=current_user,
            draft=request.args.get("draft", ""),
            course=around["course"],
            today=today,
            now=now,
        ),
        task=task,
        level=ranking.levels(db.session.connection(), now=now).of(task.standing),
        scores=scores,
        score_words=glossary.SCORES,
        days_to_come=activities.days_to_come(today.day, facts.work_week),
        promise=giving.of_tasks(db.session, [task.id]).get(task.id),
        promise_words=promise_words,
        case=casefile(db.session, task, today=today),
        activity_form=forms.get("activity") or ActivityForm(formdata=None),
        resolution_form=forms.get("resolution") or ResolutionForm(task, formdata=None, **as_it_ended(task)),
        snooze_form=forms.get("snooze") or SnoozeForm(formdata=None),
        owner_form=owner_form,
        away=roster().absences.get(task.owner_id),
        **finished(task),
        story=activities.story(task),
        following=behind(task, chosen, now),
        address=address_of(chosen),
        wishes=wishes,
        words=words,
        ask_words=ask_words.STATES,
        role_words=contact_words.ROLES,
        language_name=language_name,
        band=band,
        today=Today.at(now, zone()).day,
        now=now,
    )
    return page, status


def scores_of(task: Task, now: datetime) -> snapshots.Told:
    """How the account of a task does today."""
    today = Today.at(now, this_installation().zone)
    told = snapshots.scores_of(db.session, [task.account_id], today=today.day, zone=today.zone)
    return told[task.account_id]


def the_task(task_id: int, *, lock: bool = False) -> Task:
    """The task of that id, held against others who would change it with `lock`."""
    task = db.session.get(Task, task_id, with_for_update=lock or None)
    if task is None:
        raise NotFound(_("There is no such task."))
    return task


def back_to(task: Task):
    return redirect(url_for("followups.task_page", task_id=task.id, **address_of(chosen_filter())), 303)


def closed_already(task: Task, form: FlaskForm):
    """Somebody closed the task while a form about it was being filled in: who, when and why, and what was typed."""
    page = render_template(
        "followups/closed_already.html",
        task=task,
        ending=resolution.ending(task),
        typed=[(field.label.text, words_of) for field in form if (words_of := told(field))],
        address=address_of(chosen_filter()),
        words=words,
        now=clock.now(),
    )
    return page, 409


@blueprint.post("/tasks/<int:task_id>/resolution")
@access.csm
def close_task(task_id: int):
    task, now, chosen = the_task(task_id, lock=True), clock.now(), chosen_filter()
    form = ResolutionForm(task)
    if not task.is_open:
        return closed_already(task, form)
    if not form.validate_on_submit():
        return render_task(task, 400, resolution=form)
    following = behind(task, chosen, now)
    try:
        with keeping.kept(db.session, ActKind.CLOSED, [task], staff_id=current_user.id, now=now) as kept:
            resolve(task, resolution_of(form), now=now, by=access.actor())
    except Invalid as error:
        mark(form, error)
        return render_task(task, 400, resolution=form)
    if form.asks_settled:
        settings, line = current_app.extensions["settings"], form.words_to_customer.data or ""
        asking.ask(db.session, settings, task, line, by=access.actor(), now=now)
    audit.note(
        db.session, access.actor(), "task.close", subject=f"task:{task.id}", now=now, outcome=task.outcome
    )
    journey.task_changed(db.session, task, now=now)
    db.session.commit()
    return open_next(following, chosen, kept)


def behind(task: Task, chosen: QueueFilter, now: datetime) -> Task | None:
    """The task that is opened after `task` was dealt with, found while that still stands at its place."""
    return queue.next_task(db.session, chosen, now=now, zone=zone(), after=task)


def open_next(following: Task | None, chosen: QueueFilter, kept: Kept):
    """After a close, and after a task was put aside or given away, the next one opens; when there is none, the queue says so."""
    address = address_of(chosen, done=kept.act.id if kept.act else None)
    if following is None:
        return redirect(url_for("followups.queue", **address), 303)
    return redirect(url_for("followups.task_page", task_id=following.id, **address), 303)


def just_done() -> Act | None:
    """The act that led to this page, so that a wrong one can be taken back here; None once its task is open again."""
    act = keeping.of_address(db.session, request.args.get("done", ""), staff_id=current_user.id)
    if act is None or act.undone_at or not act.parts:
        return None
    is_reopened = act.kind is ActKind.CLOSED and all(part.task.is_open for part in act.parts)
    return None if is_reopened else act


def finished(task: Task) -> dict:
    """What was done before this page came, and whether this is the next follow-up of the same customer."""
    act = just_done()
    accounts = {part.task.account_id for part in act.parts} if act else set()
    return {"just_done": act, "is_same_customer": task.account_id in accounts}


def as_it_ended(task: Task) -> dict:
    """What the form to close begins with: nothing, or how the task had ended when one of us has just opened it again."""
    if task.state is not TaskState.REOPENED or task.replied_at or task.outcome is None:
        undone = request.args.get("undone", "")
        act = keeping.of_address(db.session, undone, staff_id=current_user.id) if undone else None
        return keeping.typed_before(act) if act and task in [part.task for part in act.parts] else {}
    names = ("outcome", "cause", "causes_more", "customer_told")
    return {name: getattr(task, name) for name in names} | {"comment": task.closing_comment}


def resolution_of(form: ResolutionForm) -> Resolution:
    return Resolution(
        outcome=Outcome(form.outcome.data),
        comment=form.comment.data,
        cause=form.chosen_cause,
        causes_more=[Cause(value) for value in form.causes_more.data],
        customer_told=form.customer_told.data,
    )


@blueprint.post("/tasks/<int:task_id>/reply/settled")
@access.csm
def settle_reply(task_id: int):
    """What the customer wrote last needs no answer."""
    task, now = the_task(task_id), clock.now()
    replies.settle(task, now=now)
    audit.note(db.session, access.actor(), "task.no_answer_needed", subject=f"task:{task.id}", now=now)
    db.session.commit()
    flash(_("Noted: no answer is needed."), "success")
    return back_to(task)


@blueprint.post("/tasks/<int:task_id>/snooze")
@access.csm
def snooze_task(task_id: int):
    task, form, now = the_task(task_id, lock=True), SnoozeForm(), clock.now()
    if not task.is_open:
        return closed_already(task, form)
    if not form.validate_on_submit():
        return render_task(task, 400, snooze=form)
    morning = datetime.combine(form.until.data, time(8), zone()).astimezone(UTC)
    chosen = chosen_filter()
    following = behind(task, chosen, now)
    try:
        with keeping.kept(db.session, ActKind.PUT_ASIDE, [task], staff_id=current_user.id, now=now) as kept:
            activities.snooze(task, morning, by=access.actor(), now=now, why=form.why_aside.data or "")
    except Invalid as error:
        mark(form, error)
        return render_task(task, 400, snooze=form)
    db.session.commit()
    return open_next(following, chosen, kept)


@blueprint.post("/tasks/<int:task_id>/snooze/ended")
@access.csm
def wake_task(task_id: int):
    """What was put aside is taken up before its day."""
    task, now = the_task(task_id, lock=True), clock.now()
    activities.snooze(task, None, by=access.actor(), now=now)
    db.session.commit()
    flash(_("Back in the queue."), "success")
    return back_to(task)


@blueprint.post("/tasks/<int:task_id>/owner")
@access.csm
def hand_over(task_id: int):
    task, form, now = the_task(task_id, lock=True), OwnerForm(), clock.now()
    if not task.is_open:
        return closed_already(task, form)
    people = {person.id: person for person in queue.workers(db.session, task)}
    form.owner.choices = words.owner_choices(list(people.values()))
    if form.is_overtaken(task):
        return render_task(task, 409, owner=form)
    if not form.validate_on_submit() or not form.is_for_somebody_here(roster()):
        return render_task(task, 400, owner=form)
    person, chosen = people.get(form.owner.data), chosen_filter()
    following = behind(task, chosen, now)
    try:
        with keeping.kept(db.session, ActKind.HANDED_OVER, [task], staff_id=current_user.id, now=now) as kept:
            why = form.why_owner.data or ""
            is_new = activities.hand_over(task, person, by=access.actor(), now=now, why=why)
    except Invalid as error:
        mark(form, error)
        return render_task(task, 400, owner=form)
    if is_new:
        name = person.display_name if person else "nobody"
        audit.note(db.session, access.actor(), "task.owner", subject=f"task:{task.id}", now=now, owner=name)
    db.session.commit()
    return open_next(following, chosen, kept) if is_new else back_to(task)
