"""Where mail providers post what came in, and the page about incoming mail (a door)."""

from __future__ import annotations

from datetime import timedelta

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from app import journey
from app.auth import access
from app.contacts.models import Contact
from app.core import audit, clock
from app.core.errors import Invalid, NotFound, Refused
from app.delivery.inbound import jobs, matching, queries, taking, words
from app.delivery.inbound.boxes.opening import box_of
from app.delivery.inbound.models import InboundBox, InboundMail, Standing
from app.delivery.inbound.reading.sorting import Kind
from app.delivery.inbound.signatures import is_genuine
from app.extensions import csrf, db

blueprint = Blueprint("inbound", __name__)
MOST_POSTED = 25 * 1024 * 1024
COUNTED = timedelta(days=30)
FARTHEST = 100_000


def settings():
    return current_app.extensions["settings"]


@blueprint.post("/hooks/inbound")
@csrf.exempt
@access.public
def post_mail():
    """One raw mail (RFC 822) as the body; 200 once it is kept, whatever it is, and again when it was kept before.

    The credential is a signature or the secret (JUSTASK_INBOUND_SECRET), so a form's token is not asked for.
    """
    if not settings().INBOUND_SECRET:
        return told(404, "No mail is taken here: JUSTASK_INBOUND_SECRET is not set.")
    request.max_content_length = MOST_POSTED
    raw, now = request.get_data(cache=False), clock.now()
    if not is_genuine(settings().INBOUND_SECRET, request.headers, raw, now=now):
        return told(401, "This is neither signed nor does it carry the secret.")
    if not raw.strip():
        return told(400, "The body is to be the mail as it came.")
    is_new = jobs.let_in(db.session, settings(), raw, now=now)
    return jsonify(kept=True, new=is_new)


def told(status: int, why: str) -> Response:
    response = jsonify(error=why)
    response.status_code = status
    return response


@blueprint.get("/settings/inbound")
@access.admin
def index():
    """How incoming mail is read, what came, and what waits for somebody."""
    return page()


def page(status: int = 200, **more):
    now = clock.now()
    start = min(max(request.args.get("start", 0, type=int), 0), FARTHEST)
    box, problem = the_box()
    waiting = queries.needing(db.session, start=start)
    body = render_template(
        "inbound/index.html",
        settings=settings(),
        box=box,
        problem=problem,
        state=db.session.get(InboundBox, box.name[:255]) if box else None,
        hook=settings().BASE_URL.rstrip("/") + url_for("inbound.post_mail"),
        counts=queries.counts(db.session, since=now - COUNTED),
        waiting=waiting[: queries.PAGE],
        waiting_count=queries.count_needing(db.session),
        start=start,
        next_start=start + queries.PAGE if len(waiting) > queries.PAGE else None,
        recent=queries.recent(db.session),
        words=words,
        now=now,
        **more,
    )
    return body, status


def the_box():
    """The box of the settings, and why it cannot be one."""
    try:
        return box_of(settings()), ""
    except ValueError as error:
        return None, str(error)


def the_mail(mail_id: int, *standings: Standing) -> InboundMail:
    mail = db.session.get(InboundMail, mail_id, with_for_update=True)
    if mail is None:
        raise NotFound(_("There is no such mail."))
    if mail.standing not in standings:
        raise Refused(_("Somebody has dealt with this mail already."))
    return mail


@blueprint.post("/settings/inbound/<int:mail_id>/retry")
@access.admin
def retry(mail_id: int):
    """Read a mail that was set aside once more."""
    mail = the_mail(mail_id, Standing.SET_ASIDE)
    note("inbound.retry", mail)
    why = jobs.let_in_again(db.session, settings(), mail, now=clock.now())
    flash(
        _("It still cannot be read: %(why)s", why=why) if why else _("It was read and taken."),
        "error" if why else "success",
    )
    return back()


@blueprint.post("/settings/inbound/<int:mail_id>/dismissal")
@access.admin
def dismiss(mail_id: int):
    """Let a mail go that nobody needs: its words are deleted, the fact that it came stays."""
    mail = the_mail(mail_id, Standing.SET_ASIDE, Standing.UNMATCHED)
    taking.let_go(mail)
    note("inbound.dismiss", mail)
    db.session.commit()
    flash(_("Let go. Nothing of it is kept."), "success")
    return back()


@blueprint.post("/settings/inbound/<int:mail_id>/person")
@access.admin
def assign(mail_id: int):
    """Say whose a reply is, by the address under which the person is known here."""
    mail = the_mail(mail_id, Standing.UNMATCHED)
    address = request.form.get("email", "").replace("\x00", "").strip()[:320]
    try:
        contact = person_of(mail, address)
    except Invalid as error:
        return page(400, mistaken=mail.id, typed=address, mistake=error.words)
    taking.give_to(db.session, mail, contact)
    journey.mail_arrived(db.session, mail, now=clock.now())
    note("inbound.assign", mail, contact=contact.id)
    db.session.commit()
    flash(_("It lies on a follow-up about %(name)s now.", name=contact.name), "success")
    return back()


def person_of(mail: InboundMail, address: str) -> Contact:
    if mail.kind is not Kind.REPLY:
        raise Invalid(_("Only what somebody wrote can be given to a person."))
    match = matching.writer(db.session, address)
    if match is None or match.contact is None or match.contact.account_id is None:
        raise Invalid(_("Nobody with this address belongs to an account here."))
    return match.contact


def note(action: str, mail: InboundMail, **details) -> None:
    audit.note(db.session, access.actor(), action, subject=f"mail:{mail.id}", now=clock.now(), **details)


def back():
    return redirect(url_for("inbound.index"), 303)
