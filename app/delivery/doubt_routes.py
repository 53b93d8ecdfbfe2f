"""The page of mails in doubt, and what a person decides about one (a door)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.auth import access
from app.core import audit, clock
from app.core.errors import NotFound
from app.core.web.shell.sections import Counting, count_in_navigation
from app.delivery import sender, waves
from app.delivery.models import Invitation, InvitationState, WaveState
from app.delivery.progress import PAGE
from app.delivery.routes import blueprint, the_wave
from app.delivery.watching import doubts
from app.extensions import db


@blueprint.get("/waves/in-doubt")
@access.viewer
def in_doubt():
    """Every ask whose mail may or may not have arrived, of all waves or of one."""
    wave_id = request.args.get("wave", type=int)
    wave = the_wave(wave_id) if wave_id else None
    after = min(max(request.args.get("after", 0, type=int), 0), 2**62)
    found = doubts.listed(db.session, wave_id=wave_id, after=after, limit=PAGE + 1)
    shown = found[:PAGE]
    return render_template(
        "delivery/in_doubt.html",
        asks=shown,
        why=doubts.why(db.session, shown),
        wave=wave,
        number=doubts.number(db.session, wave_id),
        after=after,
        next_after=shown[-1].id if len(found) > PAGE else None,
        now=clock.now(),
    )


@blueprint.post("/invitations/<int:invitation_id>/resend")
@access.manager
def send_again(invitation_id: int):
    """Send a mail once more that is in doubt or was refused, because a person decided so."""
    found, now = the_ask(invitation_id), clock.now()
    sender.send_again(db.session, found, now=now)
    waves.reopen(db.session, found.wave)
    audit.note(db.session, access.actor(), "invitation.sent_again", subject=f"invitation:{found.id}", now=now)
    db.session.commit()
    said = _("The mail to %(name)s is sent once more.", name=found.contact.name)
    if found.wave.state is WaveState.PAUSED:
        said = _("The mail to %(name)s is sent once more when the wave goes on.", name=found.contact.name)
    flash(said, "success")
    return back(found)


@blueprint.post("/invitations/<int:invitation_id>/count-as-sent")
@access.manager
def count_as_sent(invitation_id: int):
    """Take it that a mail in doubt arrived."""
    found, now = the_ask(invitation_id), clock.now()
    count(found, now)
    db.session.commit()
    flash(_("The mail to %(name)s counts as sent.", name=found.contact.name), "success")
    return back(found)


@blueprint.post("/waves/in-doubt/count-as-sent")
@access.manager
def count_all_as_sent():
    """Take it that the mails of the people shown arrived; who is not in doubt any more is passed over."""
    now, done = clock.now(), 0
    for number in request.form.getlist("ask", type=int)[:PAGE]:
        found = db.session.get(Invitation, number) if number < 2**63 else None
        if found is not None and found.state is InvitationState.IN_DOUBT:
            count(found, now)
            db.session.commit()
            done += 1
    said = ngettext("%(num)s mail counts as sent.", "%(num)s mails count as sent.", done)
    flash(said if done else _("Nothing was in doubt any more."), "success" if done else "info")
    return redirect(url_for("delivery.in_doubt", wave=request.form.get("wave", type=int)), 303)


def count(found: Invitation, now) -> None:
    doubts.count_as_sent(db.session, found, now=now)
    audit.note(
        db.session, access.actor(), "invitation.counted_as_sent", subject=f"invitation:{found.id}", now=now
    )


def the_ask(invitation_id: int) -> Invitation:
    found = db.session.get(Invitation, invitation_id)
    if found is None:
        raise NotFound(_("There is no such ask."))
    return found


def back(found: Invitation):
    """To the list of doubts for whoever came from there, else to the wave."""
    if request.form.get("back") == "doubts":
        return redirect(url_for("delivery.in_doubt", wave=request.form.get("wave", type=int)), 303)
    return redirect(url_for("delivery.wave", wave_id=found.wave_id), 303)


count_in_navigation(
    "surveys.programs", Counting("manager", lambda _role: doubts.to_decide(), _l("waiting for a decision"))
)
