"""The staff page on which an entry of "you said, we did" is sent by mail: who gets it, samples, undo, what came of it."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_security import current_user
from flask_wtf import FlaskForm
from wtforms import IntegerField
from wtforms.validators import Optional

from app.auth import access
from app.core import audit, clock
from app.core.clock import day_of
from app.core.errors import NotFound
from app.core.web.pages import this_installation
from app.core.web.paging import Page
from app.delivery import letters
from app.delivery.asking import preview
from app.delivery.asking.forms import TYPED_ABOVE
from app.delivery.sending import posting
from app.extensions import db
from app.followups.improvement_routes import the_improvement
from app.followups.improvements import mailing, readers
from app.followups.improvements.models import Improvement, Mailing
from app.followups.routes import blueprint
from app.surveys import hours, rules, wording
from app.surveys.wording import language_name

EXAMPLE = "example"


class SendForm(FlaskForm):
    """Above fifty people the number, typed."""

    typed = IntegerField(
        _l("How many people?"),
        [Optional()],
        description=_l("Type the number of people above, so that nobody writes to many by accident."),
    )

    def check_number(self, people: int) -> bool:
        if people <= TYPED_ABOVE or self.typed.data == people:
            return True
        self.typed.errors = [_("It is %(number)s people. Look again, then type that number.", number=people)]
        return False


@blueprint.get("/improvements/<int:improvement_id>/mail")
@access.manager
def improvement_mail(improvement_id: int):
    return show_mail(the_improvement(improvement_id), SendForm(formdata=None))


@blueprint.post("/improvements/<int:improvement_id>/mail")
@access.manager
def send_improvement(improvement_id: int):
    entry, form, now = the_improvement(improvement_id), SendForm(), clock.now()
    facts = this_installation()
    planned = readers.plan(db.session, entry, facts, now=now)
    if not form.validate() or not form.check_number(readers.size(db.session, planned).people):
        return show_mail(entry, form, 400)
    today = day_of(now, facts.zone)
    settings, actor = current_app.extensions["settings"], access.actor()
    made = mailing.send(db.session, settings, entry, facts, actor=actor, today=today, now=now)
    about = {"subject": f"improvement:{entry.id}", "mailing": made.id}
    audit.note(db.session, actor, "improvement.mailed", now=now, **about)
    db.session.commit()
    flash(_("It leaves in a minute. Until then you can undo it without a trace."), "success")
    return redirect(url_for("followups.improvement_mail", improvement_id=entry.id), 303)


@blueprint.post("/improvements/<int:improvement_id>/mailings/<int:mailing_id>/undo")
@access.manager
def undo_improvement_mail(improvement_id: int, mailing_id: int):
    entry = the_improvement(improvement_id)
    found = db.session.get(Mailing, mailing_id, with_for_update=True) if mailing_id < 2**63 else None
    if found is None or found.improvement_id != entry.id:
        raise NotFound(_("This mailing was taken back already."))
    now = clock.now()
    people = mailing.take_back(db.session, found)
    about = {"subject": f"improvement:{entry.id}", "mailing": mailing_id, "people": people}
    audit.note(db.session, access.actor(), "improvement.mail_undone", now=now, **about)
    db.session.commit()
    said = ngettext("%(num)s mail was stopped.", "%(num)s mails were stopped.", people)
    flash(
        said if people else _("Nothing was left to stop: every mail has left."),
        "success" if people else "info",
    )
    return redirect(url_for("followups.improvement_mail", improvement_id=entry.id), 303)


@blueprint.post("/improvements/<int:improvement_id>/test-mails")
@access.manager
def send_improvement_test(improvement_id: int):
    """The mail as a customer would get it, to the one who pressed; its way out leads back to this page."""
    entry, settings = the_improvement(improvement_id), current_app.extensions["settings"]
    written, here = mailing.sayings(entry), this_installation()
    language = wording.best(request.form.get("language"), list(written), here.language)
    name, address = current_user.display_name, current_user.email
    first, _blank, last = name.partition(" ")
    way_out = url_for("followups.improvement_mail", improvement_id=entry.id)
    values = {
        "greeting": letters.greeting(first, last, language),
        "account": here.company or settings.MAIL_FROM,
        "token": EXAMPLE,
    }
    link = settings.BASE_URL.rstrip("/") + way_out
    mail = preview.led_to(told_in(entry, language), values, settings, link)
    about = {"kind": posting.STAFF, "recipient": address, "name": name}
    posting.post(db.session, settings, mail, **about, now=clock.now())
    db.session.commit()
    is_kept = settings.MAIL_URL.startswith("mailbox:")
    said = _("The test mail for you will be in the mailbox page in a few seconds.")
    flash(said if is_kept else _("A test mail is on its way to %(address)s.", address=address), "success")
    return redirect(way_out, 303)


def told_in(entry: Improvement, language: str):
    """The mail in one language, with marks where a person's values go."""
    settings, facts = current_app.extensions["settings"], this_installation()
    company = letters.company_of(facts, settings)
    return letters.told(company, language, mailing.sayings(entry)[language])


def samples(entry: Improvement, rows) -> list[dict]:
    """The mails of these people as they would read them."""
    found = []
    for row in rows:
        letter = told_in(entry, row.language)
        values = letters.values_of(row) | {"token": EXAMPLE}
        said = {"subject": letter.fill("subject", values), "html": preview.shown(letter.fill("html", values))}
        found.append(said | {"name": values["name"], "account": row.account, "language": row.language})
    return found


def windows(entry: Improvement, planned) -> str:
    """When the mails leave: in the window of reminders of the program that each reader answered."""
    programs = readers.programs(db.session, entry, planned)
    return "; ".join(
        sorted({hours.reminders(rules.of(one)) for one in programs}) or [hours.reminders(rules.DEFAULTS)]
    )


def show_mail(entry: Improvement, form: SendForm, status: int = 200):
    facts, now = this_installation(), clock.now()
    planned = readers.plan(db.session, entry, facts, now=now)
    who = request.args.get("who", "")[:64]
    page = Page.asked(readers.PAGE, readers.how_many(db.session, planned, who))
    size = readers.size(db.session, planned)
    rendered = render_template(
        "followups/improvement_mail.html",
        entry=entry,
        said=wording.pick(entry.words, facts.language),
        form=form,
        size=size,
        rows=readers.listed(db.session, planned, who, start=page.start),
        page=page,
        who=who,
        address={"improvement_id": entry.id, "who": who},
        samples=samples(entry, readers.some(db.session, planned)),
        standings=mailing.standings(db.session, entry),
        reason_words=readers.reason_words,
        is_current=mailing.is_current(entry, day_of(now, facts.zone)),
        must_type=size.people > TYPED_ABOVE,
        window=windows(entry, planned),
        language_name=language_name,
        now=now,
    )
    return rendered, status
