"""The pages of waves: the list, one wave with its progress, and what staff may do with it (a door)."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from app.auth import access
from app.contacts.models import Contact
from app.core import clock
from app.core.errors import NotFound
from app.core.web.keeping.pages import kept_page
from app.delivery import progress, waves, words
from app.delivery.asking.gates import Reason
from app.delivery.models import Purpose, Wave, WaveState
from app.delivery.programs import singles
from app.delivery.timing import parts
from app.delivery.watching import alarms, doubts
from app.delivery.watching.pace import pace
from app.extensions import db
from app.surveys.models import Program, ProgramKind, ProgramStatus

blueprint = Blueprint("delivery", __name__)
LIST_PAGE = 30
STOP_POLLING = 286  # The status by which htmx learns that there is nothing more to ask for.
LIVE = frozenset({WaveState.WAITING, WaveState.SENDING, WaveState.PAUSED})


@blueprint.get("/waves", endpoint="waves")
@access.viewer
@kept_page()
def wave_list():
    """All waves, newest first; single asks apart."""
    is_single = request.args.get("kind") == "single"
    before = request.args.get("before", type=int)
    purpose = Wave.purpose != Purpose.PROGRAM if is_single else Wave.purpose == Purpose.PROGRAM
    query = sa.select(Wave).where(purpose).options(joinedload(Wave.program)).order_by(*waves.NEWEST_FIRST)
    if before:
        query = query.where(waves.older_than(min(before, 2**63 - 1)))
    found = db.session.scalars(query.limit(LIST_PAGE + 1)).all()
    shown = found[:LIST_PAGE]
    return render_template(
        "delivery/waves.html",
        waves=shown,
        next_before=shown[-1].id if len(found) > LIST_PAGE else None,
        before=before,
        is_single=is_single,
        in_doubt=doubts.number(db.session),
        counts=progress.counts_of(db.session, [wave.id for wave in shown]),
        progress=progress,
        words=words,
        now=clock.now(),
    )


@blueprint.get("/waves/<int:wave_id>")
@access.viewer
def wave(wave_id: int):
    """One wave: how far it is, and its people by state."""
    found, shown = the_wave(wave_id), chosen_filter()
    after = min(max(request.args.get("after", 0, type=int), 0), 2**62)
    people = progress.people(db.session, found, shown, after=after, limit=progress.PAGE + 1)
    return render_template(
        "delivery/wave.html",
        people=people[: progress.PAGE],
        next_after=people[progress.PAGE - 1].invitation.contact_id if len(people) > progress.PAGE else None,
        after=after,
        shown=shown,
        left_out=progress.reasons(db.session, found.id),
        **standing(found),
    )


@blueprint.get("/waves/<int:wave_id>/progress")
@access.viewer
def wave_progress(wave_id: int):
    """The part of the wave's page that changes by itself; a wave that is over stops asking for it."""
    found = the_wave(wave_id)
    shown = standing(found)
    if found.state in LIVE and request.args.get("seen") == shown["version"]:
        return "", 204
    status = 200 if found.state in LIVE else STOP_POLLING
    told = request.args.get("told", "")
    return render_template("delivery/progress.html", told=told, polled=True, **shown), status


def standing(found: Wave) -> dict:
    """What the wave's page and its live part show alike."""
    now = clock.now()
    counts = progress.wave_counts(db.session, found.id)
    to_send = counts["total"] - counts["suppressed"] - counts["cancelled"]
    gone = to_send - counts["planned"] - counts["queued"]
    shown = {
        "wave": found,
        "counts": counts,
        "judged": parts.accounts_judged(db.session, found),
        "rates": progress.rates(counts),
        "to_send": to_send,
        "gone": gone,
        "step": f"{found.state}:{10 * gone // to_send if to_send else 0}",
        "starts_at": found.first_send_at,
        "left_to_undo": time_left(found.undo_until, now),
        "is_live": found.state in LIVE,
        "machine_visits": progress.machine_visits(db.session, found.id),
        "held": progress.held_back(db.session, found.id),
        "whose": alarms.whose(db.session, found),
        "days": progress.days_of(db.session, [found.id])[found.id],
        "pace": pace(db.session, found, now=now) if found.state == WaveState.SENDING else None,
        "words": words,
        "now": now,
    }
    return shown | {"version": version_of(shown)}


def version_of(shown: dict) -> str:
    """A word that changes with whatever the live part shows; its clocks run by themselves."""
    facts = [
        shown[name]
        for name in ("counts", "gone", "machine_visits", "held", "starts_at", "pace", "days", "judged")
    ]
    found, now = shown["wave"], shown["now"]
    facts += [found.state, found.paused_reason, bool(shown["left_to_undo"]), shown["starts_at"] > now]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def time_left(until, now) -> str | None:
    """Minutes and seconds as a clock shows them, None when nothing is left."""
    left = until - now if until else timedelta(0)
    seconds = int(left.total_seconds())
    return f"{seconds // 60}:{seconds % 60:02}" if seconds > 0 else None


def chosen_filter() -> progress.Filter:
    """The filter in the address; unknown values are passed over."""
    state, reason = request.args.get("state", ""), request.args.get("reason", "")
    return progress.Filter(
        state=state if state == "held" or state in {s.value for s in progress.STATES} else "",
        reason=reason if reason in set(Reason) else "",
        search=request.args.get("q", "").replace("\x00", "").strip()[:100],
    )


@blueprint.post("/waves/<int:wave_id>/undo")
@access.manager
def undo_wave(wave_id: int):
    found = the_wave(wave_id)
    program_id = found.program_id
    waves.undo(db.session, found, actor=access.actor(), now=clock.now())
    db.session.commit()
    flash(_("The launch is undone. Nobody was asked, and it counts for nothing."), "success")
    return redirect(url_for("surveys.program", program_id=program_id), 303)


@blueprint.post("/waves/<int:wave_id>/pause")
@access.manager
def pause_wave(wave_id: int):
    return done(wave_id, waves.pause, _("Paused. Mails that are being handed over still arrive."))


@blueprint.post("/waves/<int:wave_id>/resume")
@access.manager
def resume_wave(wave_id: int):
    return done(wave_id, waves.resume, _("The wave goes on."))


@blueprint.post("/waves/<int:wave_id>/cancel")
@access.manager
def cancel_wave(wave_id: int):
    return done(wave_id, waves.cancel, _("Cancelled. Whoever was asked already may still answer."))


def done(wave_id: int, verb, said: str):
    """Do it to the wave, say so, and show the wave."""
    verb(db.session, the_wave(wave_id), actor=access.actor(), now=clock.now())
    db.session.commit()
    flash(said, "success")
    return redirect(url_for("delivery.wave", wave_id=wave_id), 303)


@blueprint.post("/contacts/<int:contact_id>/asks")
@access.csm
def just_ask(contact_id: int):
    """Ask one person now, with one press; refused with the next free day during quarantine."""
    contact = the_contact(contact_id)
    program = program_of_single_asks(request.form.get("program", type=int))
    attempt = request.form.get("attempt", "").strip()[:32]
    found = singles.ask(db.session, program, contact, actor=access.actor(), now=clock.now(), attempt=attempt)
    db.session.commit()
    if not found.undo_until:
        flash(_("%(name)s is asked now.", name=contact.name), "success")
    return redirect(url_for("contacts.contact", contact_id=contact.id), 303)


@blueprint.post("/contacts/<int:contact_id>/asks/undo")
@access.csm
def undo_ask(contact_id: int):
    """Take back a single ask that has not left yet."""
    contact = the_contact(contact_id)
    singles.undo(db.session, contact, actor=access.actor(), now=clock.now())
    db.session.commit()
    flash(_("Taken back. %(name)s is not asked, and it counts for nothing.", name=contact.name), "success")
    return redirect(url_for("contacts.contact", contact_id=contact.id), 303)


def the_contact(contact_id: int) -> Contact:
    contact = db.session.get(Contact, contact_id) if contact_id < 2**63 else None
    if contact is None or contact.account_id is None:
        raise NotFound(_("There is no such person."))
    return contact


def program_of_single_asks(program_id: int | None) -> Program:
    """The named program, else the one that is there for single asks."""
    if program_id is not None:
        found = db.session.get(Program, program_id) if program_id < 2**63 else None
    else:
        ours = sa.select(Program).filter_by(kind=ProgramKind.MANUAL, status=ProgramStatus.ACTIVE)
        found = db.session.scalars(ours.order_by(Program.id)).first()
    if found is None:
        raise NotFound(_("There is no program to ask with. A manager can add one of the kind single asks."))
    return found


def the_wave(wave_id: int) -> Wave:
    found = db.session.get(Wave, wave_id) if wave_id < 2**63 else None
    if found is None:
        raise NotFound(_("There is no such wave. It may have been undone."))
    return found
