"""The pages before a launch: who is in or out and why, a test mail to oneself, and the launch itself (a door)."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import format_time
from flask_babel import gettext as _
from flask_security import current_user

from app.auth import access
from app.auth.models import Staff
from app.contacts.gaps import filling
from app.contacts.models import Contact
from app.core import clock
from app.core.database import transactions
from app.core.processes.queue import enqueue
from app.core.web.pages import this_installation
from app.delivery import cadence, waves, words
from app.delivery.asking import firsts, preview
from app.delivery.asking.forms import LONGEST_WAIT, TYPED_ABOVE, LaunchForm
from app.delivery.asking.gates import Reason
from app.delivery.models import Purpose, Wave, WaveState
from app.delivery.routes import blueprint
from app.delivery.sending import posting, windows
from app.extensions import db
from app.surveys import audience as audiences
from app.surveys import hours, rules, wording
from app.surveys.models import Program
from app.surveys.routes import the_program

UNDER_WAY = (WaveState.WAITING, WaveState.SENDING, WaveState.PAUSED)


@blueprint.get("/programs/<int:program_id>/people")
@access.viewer
def audience(program_id: int):
    """Each person of the audience, in or out and why, were it launched now, for its windows."""
    program, now = the_program(program_id), clock.now()
    ask = cadence.launch_of(db.session, program, at=first_send(program, None, now))
    who = request.args.get("who", "")
    shown = preview.Filter(
        who=who if who in {"asked", "out", *Reason} else "",
        search=request.args.get("q", "").replace("\x00", "").strip()[:100],
    )
    after = min(max(request.args.get("after", 0, type=int), 0), 2**62)
    found = preview.look(db.session, program, ask, shown=shown, after=after, limit=preview.PAGE + 1)
    lines = preview.people(db.session, found.rows[: preview.PAGE])
    return render_template(
        "delivery/audience.html",
        program=program,
        size=found.size,
        described=audiences.described(db.session, program.audience),
        lines=lines,
        next_after=lines[-1].contact.id if len(found.rows) > preview.PAGE else None,
        after=after,
        shown=shown,
        reasons=Reason,
        language_name=wording.language_name,
        hours=hours,
        rules=ask.rules,
        has_people=bool(found.size.total) or has_people(),
        now=now,
        **(fallbacks(program) if not after and shown == preview.Filter() else {"missing": None}),
    )


def fallbacks(program: Program) -> dict:
    """Of how many of the audience language or zone are not known, and what holds for them instead."""
    facts, offered = this_installation(), wording.languages(program.survey.current)
    return {
        "missing": filling.missing(db.session, cadence.people_of(program)),
        "fallback_language": wording.language_name(wording.best(None, offered, facts.language)),
        "zone": facts.zone,
    }


@blueprint.get("/programs/<int:program_id>/launch")
@access.manager
def launch_page(program_id: int):
    program = the_program(program_id)
    waves.require_audience(program)
    form = LaunchForm(
        formdata=None,
        launch_key=waves.next_key(db.session, program),
        at_any_hour=not this_installation().is_live,
    )
    return render_launch(program, form, is_fresh=True)


@blueprint.post("/programs/<int:program_id>/waves")
@access.manager
def launch(program_id: int):
    """Launch what the page showed; a second press finds the wave of the first."""
    program, form, now = the_program(program_id), LaunchForm(), clock.now()
    waves.require_audience(program)
    zone = this_installation().zone
    is_whole = form.validate()
    key = launch_key(program, form)
    found = db.session.scalars(sa.select(Wave).filter_by(launch_key=key)).one_or_none()
    if found is None:
        if not (is_whole and form.check_moment(zone, now=now)):
            return render_launch(program, form), 400
        ask = cadence.launch_of(
            db.session,
            program,
            at=first_send(program, form.moment(zone), now),
            ignores_window=form.at_any_hour.data,
        )
        # To judge everybody of a large audience takes seconds, in which others may write.
        transactions.read(db.session)
        people = preview.size(db.session, program, ask).asked
        if not form.check_number(people):
            return render_launch(program, form), 400
        transactions.write(db.session)
        found = waves.launch(
            db.session,
            program,
            actor=access.actor(),
            now=now,
            launch_key=key,
            send_at=form.moment(zone),
            ignores_window=form.at_any_hour.data,
        )
        if found.judged_to is not None:
            enqueue(db.session, "plan_waves", "plan_waves")
        db.session.commit()
    if found.launched_at != now:
        flash(_("This wave was launched already, by %(name)s.", name=found.launched_by), "info")
    return redirect(url_for("delivery.wave", wave_id=found.id), 303)


def launch_key(program: Program, form: LaunchForm) -> str:
    """The key that the page was made with; one that cannot have come from it counts as none."""
    given = form.launch_key.data or ""
    is_ours = given.startswith(f"program:{program.id}:") and len(given) <= 64
    return given if is_ours else waves.next_key(db.session, program)


def first_send(program: Program, send_at: datetime | None, now: datetime) -> datetime:
    return max(send_at or now, now + timedelta(minutes=waves.minutes_to_undo(db.session, program)))


def ask_of(program: Program, form: LaunchForm, now: datetime) -> cadence.Ask:
    """What a launch with this form would ask; a moment that cannot be is left out of account."""
    moment = None if form.send_at.errors else form.moment(this_installation().zone)
    at = first_send(program, moment, now)
    return cadence.launch_of(db.session, program, at=at, ignores_window=form.at_any_hour.data)


def plan_for(program: Program, form: LaunchForm, free_at: datetime, now: datetime) -> bool:
    """Set the form to the first window from `free_at` on; False when that is too far away to be planned."""
    facts = this_installation()
    opening = windows.first_sends(rules.of(program), facts.days_off).next(free_at, facts.zone)
    if opening > now + LONGEST_WAIT:
        return False
    form.plan(opening, facts.zone)
    return True


def render_launch(program: Program, form: LaunchForm, *, is_fresh: bool = False) -> str:
    """The launch page. Opened while nobody can be asked, it plans for the moment at which the first people can."""
    now = clock.now()
    ask = ask_of(program, form, now)
    found, free_from = preview.look(db.session, program, ask, examples=preview.SAMPLES), None
    size = found.size
    if is_fresh and not size.asked and size.free_at and plan_for(program, form, size.free_at, now):
        ask, free_from = ask_of(program, form, now), size.free_at
        found = preview.look(db.session, program, ask, examples=preview.SAMPLES)
        size = found.size
    settings = current_app.extensions["settings"]
    owner_id = this_installation().default_owner_id
    running = sa.select(Wave).where(
        Wave.program_id == program.id, Wave.purpose == Purpose.PROGRAM, Wave.state.in_(UNDER_WAY)
    )
    return render_template(
        "delivery/launch.html",
        program=program,
        form=form,
        size=size,
        free_from=free_from,
        first=size.first_at or ask.at,
        last=preview.last_send_at(size.last_at or ask.at, size.asked, settings),
        samples=preview.samples(db.session, program, found.examples, settings),
        default_owner=db.session.get(Staff, owner_id) if owner_id else None,
        running=db.session.scalars(running.order_by(Wave.id.desc())).first(),
        undo_minutes=waves.minutes_to_undo(db.session, program),
        first_people=firsts.number_for(
            db.session,
            program,
            ask.rules.first_people,
            size.asked,
            is_rehearsal=not this_installation().is_live,
        ),
        rules=ask.rules,
        hours=hours,
        must_type=size.asked > TYPED_ABOVE,
        has_people=bool(size.total) or has_people(),
        **fallbacks(program),
        format_time=format_time,
        language_name=wording.language_name,
        words=words,
        now=now,
    )


def has_people() -> bool:
    """Whether anybody at all has come in."""
    return db.session.scalar(sa.select(sa.exists().select_from(Contact)))


@blueprint.post("/programs/<int:program_id>/test-mails")
@access.csm
def send_test_mail(program_id: int):
    """The program's mail to the one who pressed. Its links open a preview, so nothing can be recorded."""
    program, settings = the_program(program_id), current_app.extensions["settings"]
    offered = wording.languages(program.survey.current)
    wanted = request.form.get("language") or current_user.language
    language = wording.best(wanted, offered, this_installation().language)
    path = url_for("surveys.preview_page", survey_id=program.survey_id)
    mail = preview.own_mail(
        db.session, program, current_user, language, settings, link=settings.BASE_URL.rstrip("/") + path
    )
    name = current_user.display_name
    posting.post(
        db.session,
        settings,
        mail,
        kind=posting.STAFF,
        recipient=current_user.email,
        name=name,
        now=clock.now(),
    )
    db.session.commit()
    is_kept = settings.MAIL_URL.startswith("mailbox:")
    said = _("The test mail for you will be in the mailbox page in a few seconds.")
    flash(
        said if is_kept else _("A test mail is on its way to %(address)s.", address=current_user.email),
        "success",
    )
    back = "delivery.launch_page" if request.form.get("back") == "launch" else "surveys.program"
    return redirect(url_for(back, program_id=program.id), 303)
