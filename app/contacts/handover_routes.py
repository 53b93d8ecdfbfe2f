"""What people said who are not the ones to answer, and what a colleague decides about it (a door)."""

from __future__ import annotations

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from app import journey
from app.auth import access
from app.auth.models import RoleName
from app.contacts.models import Contact, ContactStatus
from app.contacts.people_routes import entry
from app.contacts.routes import blueprint, today_here
from app.core import audit
from app.core.clock import Today
from app.core.errors import Forbidden, Invalid, NotFound, Refused
from app.core.web.keeping.pages import kept_page
from app.core.web.shell.sections import READER, Counting, count_in_navigation
from app.delivery.models import Decline
from app.delivery.programs import singles
from app.delivery.words import DECLINED_AS
from app.extensions import db
from app.responses import handovers
from app.responses.models import Handover


@blueprint.get("/contacts/handovers", endpoint="handovers")
@access.viewer
@kept_page()
def listed():
    found = handovers.listed(db.session)
    return render_template(
        "contacts/handovers.html",
        found=found,
        number=handovers.number(db.session),
        deciders=handovers.deciders(db.session, found),
        decides_all=current_user.may(RoleName.MANAGER),
        known={held.id: handovers.known(db.session, held) for held in found},
        said=DECLINED_AS,
        LEFT=Decline.LEFT,
        now=today_here().now,
    )


@blueprint.post("/handovers/<int:handover_id>/approval")
@access.csm
def approve_handover(handover_id: int):
    """Take it as true, and with `ask` ask the successor at once, where that is possible."""
    held, today = the_handover(handover_id), today_here()
    try:
        successor = handovers.approve(db.session, held, entry(today), by=access.actor().name)
    except Invalid as error:
        raise Refused(next(iter(error.errors.values()), str(error))) from error
    follow(held, successor, today)
    db.session.commit()
    flash(_("Kept."), "success")
    if successor is None:
        return redirect(url_for("contacts.handovers"), 303)
    if request.form.get("ask") == "yes":
        ask(held, successor, today)
    return redirect(url_for("contacts.contact", contact_id=successor.id), 303)


def follow(held: Handover, successor: Contact | None, today: Today) -> None:
    """What an entry by hand has for consequences: the trail, scores, and asks that are on their way."""
    person, actor = held.contact, access.actor()
    if held.said is Decline.LEFT and person.status is ContactStatus.LEFT:
        subject = f"contact:{person.id}"
        audit.note(db.session, actor, "contact.left", subject=subject, now=today.now, told_by="respondent")
        journey.contact_changed(db.session, person, now=today.now)
    if successor is not None:
        audit.note(db.session, actor, "contact.add", subject=f"contact:{successor.id}", now=today.now)
        journey.contact_changed(db.session, successor, now=today.now)
    audit.note(db.session, actor, "handover.approve", subject=f"contact:{person.id}", now=today.now)


def ask(held: Handover, successor: Contact, today: Today) -> None:
    """Ask the successor with the program that asked the predecessor; where a gate is shut, say which."""
    program = held.invitation.wave.program
    try:
        singles.ask(
            db.session,
            program,
            successor,
            actor=access.actor(),
            now=today.now,
            attempt=f"handover-{held.id}",
        )
    except Refused as refusal:
        db.session.rollback()
        flash(str(refusal), "info")
    else:
        db.session.commit()
        flash(_("%(name)s is asked in a moment.", name=successor.name), "success")


@blueprint.post("/handovers/<int:handover_id>/refusal")
@access.csm
def refuse_handover(handover_id: int):
    held, today = the_handover(handover_id), today_here()
    handovers.refuse(held, by=access.actor().name, now=today.now)
    subject = f"contact:{held.contact_id}"
    audit.note(db.session, access.actor(), "handover.refuse", subject=subject, now=today.now)
    db.session.commit()
    flash(_("Left as it was. The ask stays declined."), "success")
    return redirect(url_for("contacts.handovers"), 303)


def the_handover(handover_id: int) -> Handover:
    held = db.session.get(Handover, handover_id, with_for_update=True)
    if held is None:
        raise NotFound(_("This is not waiting for anybody."))
    decider = handovers.deciders(db.session, [held])[held.id]
    if not current_user.may(RoleName.MANAGER) and (decider is None or decider.id != current_user.id):
        raise Forbidden(_("A colleague looks after this account. They decide about it, or a manager."))
    return held


def waiting(role: str) -> sa.Select:
    """How many wait for people of that role: all for a manager, else those of their own accounts."""
    return handovers.NUMBER if RoleName(role).rank >= RoleName.MANAGER.rank else handovers.number_of(READER)


count_in_navigation("contacts.accounts", Counting("csm", waiting, _l("waiting for a decision")))
