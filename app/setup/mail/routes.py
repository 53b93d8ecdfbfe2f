"""The mail step: the lines for the settings file, six tests, and one test mail that somebody says arrived (a door)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa
from flask import current_app, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.auth import access
from app.core import clock
from app.core.database import transactions
from app.core.errors import NotFound, Refused
from app.core.installation import Installation, installation
from app.core.outbox_rows import OutboxRow, OutboxState
from app.core.processes.workers import JobFailure, is_worker_alive
from app.core.tokens import digest
from app.delivery import letters, sender
from app.delivery.mail.smtp.server import Server
from app.delivery.sending import posting
from app.extensions import db
from app.setup import going_live
from app.setup.forms import AllowForm, MailForm
from app.setup.mail import env_lines, probing
from app.setup.probes.findings import Finding
from app.setup.routes import blueprint, noted, settings

TRIAL_KEY, TRIAL_REF, TRIAL_SERVER, SERVER_KEY = "mail_trial", "trial_ref", "trial_server", "mail_server"
SELECTOR = "dkim_selector"
blueprint.record(lambda state: probing.install(state.app))


@blueprint.get("/setup/mail")
@access.admin
def mail():
    """What mail uses now, its tests, the form for another server, and the test mail."""
    return mail_page()


def mail_page(form: MailForm | None = None, allow: AllowForm | None = None, **more) -> str:
    return render_template("setup/mail.html", **mail_context(form, allow), **more)


def mail_context(form: MailForm | None = None, allow: AllowForm | None = None) -> dict:
    row, server = installation(db.session), env_lines.server_of(settings())
    allowed = {"allowed": "\n".join(row.allowed_recipients)}
    return {
        "row": row,
        "settings": settings(),
        "server": server,
        "sender": env_lines.sender_of(settings()),
        "encryption": env_lines.ENCRYPTIONS[env_lines.encryption_of(server)] if server else "",
        "place": env_lines.place(settings()),
        "tests": probing.TESTS,
        "findings": {},
        "selector": row.setup.get(SELECTOR, ""),
        "form": form or MailForm(formdata=None, data=env_lines.present(settings())),
        "allow": allow or AllowForm(formdata=None, data=allowed),
        "trial": last_trial(row),
        "is_confirmed": going_live.mail_blocker(row, settings()) is None,
        "address_blocker": going_live.address_blocker(settings()),
        "is_worker_alive": is_worker_alive(db.session, now=clock.now()),
        "fault": db.session.get(JobFailure, (sender.JOB, server.name[:64])) if server else None,
    }


@blueprint.post("/setup/mail/tests")
@access.admin
def test_everything():
    """All six tests of the present settings at once."""
    return test_results(*probing.TESTS)


@blueprint.post("/setup/mail/tests/<name>")
@access.admin
def test_one(name: str):
    """One test of the present settings."""
    if name not in probing.TESTS:
        raise NotFound(_("There is no such test."))
    return test_results(name)


def test_results(*names: str) -> str:
    """Run tests of the present settings; alone for a part of the page, else with the page around them."""
    server = env_lines.server_of(settings())
    if server is None:
        raise Refused(_("No mail server is set, so there is nothing to test. Compose the lines first."))
    selector = kept_selector()
    findings = found_out(server, env_lines.sender_of(settings()), settings().BOUNCE_DOMAIN, selector, names)
    if "HX-Request" in request.headers:
        return render_template(
            "setup/tests.html", tests=probing.TESTS, names=names, findings=findings, selector=selector
        )
    return render_template("setup/mail.html", **mail_context() | {"findings": findings, "selector": selector})


def kept_selector() -> str:
    """The selector typed beside the DKIM test, kept for the next time; it is no secret."""
    row = installation(db.session)
    given = request.form.get("selector")
    if given is None:
        return row.setup.get(SELECTOR, "")
    selector = probing.clean_selector(given)
    if selector != row.setup.get(SELECTOR, ""):
        row.setup = row.setup | {SELECTOR: selector}
        db.session.commit()
    return selector


def found_out(server: Server, address: str, bounces: str, selector: str, names) -> dict[str, Finding]:
    """Run tests with no transaction open: a slow server must not keep the database from anybody."""
    transactions.read(db.session)
    probes: dict[str, Callable[[], Finding]] = probing.probes(
        server,
        address,
        bounces,
        selector,
        ask=current_app.extensions["dns_lookup"],
        now=clock.now(),
    )
    return current_app.extensions["probe_desk"].run({name: probes[name] for name in names})


@blueprint.post("/setup/mail/lines")
@access.admin
def compose_lines():
    """The lines for the settings file from what was typed, or the tests of it before anything is restarted."""
    form = MailForm()
    is_test = request.form.get("do") == "test"
    server = typed_server(form, is_test=is_test) if form.validate_on_submit() else None
    more: dict = {"lines": None, "typed_findings": None}
    if server and is_test:
        selector = kept_selector()
        names = list(probing.TESTS)
        more["typed_findings"] = found_out(server, form.sender.data, form.bounce_domain.data, selector, names)
    elif server:
        more["lines"] = env_lines.compose(form.data, settings())
    status = 200 if server else 400
    if "HX-Request" in request.headers:
        return render_template("setup/composer.html", **mail_context(form), **more), status
    return mail_page(form, **more), status


def typed_server(form: MailForm, *, is_test: bool) -> Server | None:
    """The server as typed; None with the reason at its field.

    A test may use the password that is set already, where it travels as it does now: to the same port and as secretly.
    """
    try:
        server = Server.from_url(env_lines.mail_url(form.data, settings().MAIL_URL))
    except ValueError as error:
        form.host.errors = [str(error)]
        return None
    if not server.user or server.password:
        return server
    now_set = env_lines.server_of(settings())
    is_same = now_set and way_of(now_set) == way_of(server)
    if is_test and is_same and now_set.password:
        return replace(server, password=now_set.password)
    form.password.errors = [_("Type the password; it is kept nowhere, so it cannot be filled in for you.")]
    return None


def way_of(server: Server) -> tuple:
    """Whatever decides who could read the password on its way."""
    return server.host, server.port, server.user, server.verify, env_lines.encryption_of(server)


@blueprint.post("/setup/allow-list")
@access.admin
def change_allow_list():
    """Addresses and domains that mail may reach during rehearsal, one a line."""
    form = AllowForm()
    if not form.validate_on_submit():
        return mail_page(allow=form), 400
    installation(db.session).allowed_recipients = form.allowed.entries
    return noted("allow_list.changed", _("Saved."), "setup.mail")


@blueprint.post("/setup/test-mail")
@access.admin
def send_test_mail():
    """One test mail to the person who asks, with a link to confirm that it arrived."""
    if env_lines.server_of(settings()) is None:
        raise Refused(_("No mail server is set, so every mail stays in the mailbox page."))
    row, code = installation(db.session), secrets.token_urlsafe(24)
    server = going_live.server_name(settings())
    url = settings().BASE_URL.rstrip("/") + url_for("setup.confirm_page", code=code)
    words = letters.trial(row.company, row.language, server=server, confirm_url=url)
    message_id = posting.post(
        db.session, settings(), words, kind=posting.TRIAL, recipient=current_user.email, now=clock.now()
    )
    row.setup = row.setup | {
        TRIAL_KEY: digest(code),
        TRIAL_SERVER: server,
        TRIAL_REF: message_id.partition("@")[0],
    }
    said = _("A test mail is on its way to %(to)s.", to=current_user.email)
    return noted("test_mail.sent", said, "setup.mail")


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
    return confirmed(row)


@blueprint.post("/setup/test-mail/arrival")
@access.admin
def say_it_arrived():
    """The test mail arrived, says the person who asked for it; it must have left through the present server."""
    row = installation(db.session)
    trial = last_trial(row)
    if trial is None or trial.state is not OutboxState.SENT:
        raise Refused(_("No test mail has left through the present mail server yet. Send one first."))
    return confirmed(row)


def confirmed(row: Installation):
    row.mail_confirmed_at = clock.now()
    row.setup = row.setup | {SERVER_KEY: row.setup.get(TRIAL_SERVER, "")}
    return noted("test_mail.confirmed", _("Thank you: mail works."), "setup.mail")


def last_trial(row: Installation) -> OutboxRow | None:
    """The last test mail, if it went through the server that is set now."""
    if row.setup.get(TRIAL_SERVER) != going_live.server_name(settings()):
        return None
    of_this = (OutboxRow.kind == posting.TRIAL, OutboxRow.ref == row.setup.get(TRIAL_REF, ""))
    return db.session.scalar(sa.select(OutboxRow).where(*of_this))
