"""The set-up page: company, allow list, test mail, what stands in the way, and going live (a door)."""

from __future__ import annotations

import secrets

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.auth import access
from app.core import audit, clock, text
from app.core.errors import Invalid, Refused
from app.core.installation import installation
from app.core.tokens import digest
from app.delivery import letters
from app.delivery.sending import posting
from app.extensions import db
from app.setup import going_live, removal

blueprint = Blueprint("setup", __name__)
TRIAL_KEY, SERVER_KEY = "mail_trial", "mail_server"


def settings():
    return current_app.extensions["settings"]


@blueprint.get("/setup")
@access.admin
def overview():
    """Where the installation stands, what is missing and how to mend it."""
    return render_template(
        "setup/overview.html",
        row=installation(db.session),
        blockers=going_live.blockers(db.session, settings(), now=clock.now()),
        remains=removal.remains(db.session),
        phrase=going_live.PHRASE,
    )


@blueprint.post("/setup/company")
@access.admin
def change_company():
    """Company and product, as mails and pages name them."""
    row = installation(db.session)
    row.company = text.line(clean("company", 120), limit=120)
    row.product = text.line(clean("product", 120), limit=120)
    return noted("installation.changed", _("Saved."))


@blueprint.post("/setup/allow-list")
@access.admin
def change_allow_list():
    """Addresses and domains that mail may reach during rehearsal, one a line."""
    given = clean("allowed", 5000).split()
    wrong = [entry for entry in given if "." not in entry or len(entry) > 320]
    if wrong:
        raise Invalid(_("%(entry)s is neither an address nor a domain.", entry=wrong[0]))
    installation(db.session).allowed_recipients = sorted({entry.casefold() for entry in given})
    return noted("allow_list.changed", _("Saved."))


@blueprint.post("/setup/test-mail")
@access.admin
def send_test_mail():
    """One test mail to the person who asks, with a link to confirm that it arrived."""
    if going_live.mail_blocker(installation(db.session), settings()) and settings().MAIL_URL == "mailbox:":
        raise Refused(_("No mail server is set, so every mail stays in the mailbox page."))
    row, code = installation(db.session), secrets.token_urlsafe(24)
    server = going_live.server_name(settings())
    row.setup = row.setup | {TRIAL_KEY: digest(code), "trial_server": server}
    url = settings().BASE_URL.rstrip("/") + url_for("setup.confirm_page", code=code)
    words = letters.trial(row.company, row.language, server=server, confirm_url=url)
    posting.post(
        db.session, settings(), words, kind=posting.TRIAL, recipient=current_user.email, now=clock.now()
    )
    return noted("test_mail.sent", _("A test mail is on its way to %(to)s.", to=current_user.email))


@blueprint.get("/setup/confirm/<code>")
@access.admin
def confirm_page(code: str):
    return render_template("setup/confirm.html", code=code)


@blueprint.post("/setup/confirm/<code>")
@access.admin
def confirm(code: str):
    """The test mail arrived: it holds the code."""
    row = installation(db.session)
    if row.setup.get(TRIAL_KEY) != digest(code):
        raise Refused(_("This is not the link of the last test mail."))
    row.mail_confirmed_at = clock.now()
    row.setup = row.setup | {SERVER_KEY: row.setup.get("trial_server", "")}
    return noted("test_mail.confirmed", _("Thank you: mail works."))


@blueprint.post("/setup/live")
@access.admin
def go_live():
    """Leave rehearsal, after the phrase was typed."""
    going_live.go_live(
        db.session,
        settings(),
        actor=access.actor(),
        now=clock.now(),
        confirm=request.form.get("confirm", ""),
        remove_demo=bool(request.form.get("remove_demo")),
    )
    db.session.commit()
    going_live.empty_mailbox(settings())
    flash(_("This installation is live."), "success")
    return redirect(url_for("setup.overview"), code=303)


def clean(field: str, limit: int) -> str:
    """A field of the form past the text gate; Invalid says why it cannot be taken."""
    try:
        return text.clean(request.form.get(field, ""), limit=limit)
    except text.UnreadableText as error:
        raise Invalid(str(error), errors={field: str(error)}) from None


def noted(action: str, words: str):
    audit.note(db.session, access.actor(), action, now=clock.now())
    db.session.commit()
    flash(words, "success")
    return redirect(url_for("setup.overview"), code=303)
