"""The pages about people: the list, one person, and what is entered about them by hand (a door)."""

from __future__ import annotations

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user

from app import journey
from app.auth import access
from app.auth.models import RoleName
from app.contacts import people, wishes, words
from app.contacts.forms import DepartureForm, PersonForm, language_name, zone_names
from app.contacts.models import Account, Contact, ContactRole, ContactStatus
from app.contacts.people import OVERRULED, Entry, PersonGiven
from app.contacts.routes import blueprint, the_account, today_here
from app.core import audit, tokens
from app.core.clock import Today
from app.core.errors import Invalid, NotFound
from app.core.web.fields import mark
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.core.web.paging import Page
from app.delivery import suppressions
from app.delivery import words as ask_words
from app.delivery.asking import explaining
from app.delivery.asking.gates import OF_ONE_WAVE, Reason
from app.delivery.inbound import queries as incoming
from app.delivery.inbound import words as mail_words
from app.delivery.programs import singles
from app.delivery.watching.course import courses
from app.extensions import db
from app.followups import touches
from app.followups import words as task_words
from app.followups.advocacy import registry
from app.followups.advocacy import words as favour_words
from app.followups.improvements import mailing, readers
from app.followups.models import Task
from app.reports.accounts import directory, story
from app.reports.accounts.directory import ASKABLE, NOT_ASKABLE, PAGE_SIZE, PeopleFilter
from app.responses import besides
from app.surveys import wording
from app.surveys.models import Segment
from app.surveys.scales import band


def chosen_people() -> PeopleFilter:
    """The filter in the address; unknown values are passed over."""
    asked = request.args
    account = asked.get("account", "")
    segment = asked.get("segment", 0, type=int)
    return PeopleFilter(
        segment=db.session.get(Segment, segment) if 0 < segment < 2**63 else None,
        words=asked.get("q", "").replace("\x00", "").strip()[:100],
        role=ContactRole(asked["role"]) if asked.get("role") in set(ContactRole) else None,
        asked=asked["asked"] if asked.get("asked") in {ASKABLE, NOT_ASKABLE, *Reason} else "",
        language=asked.get("language", "").replace("\x00", "")[:16],
        account_id=int(account) if account.isascii() and account.isdigit() and len(account) < 18 else None,
    )


def address_of(chosen: PeopleFilter) -> dict[str, str]:
    given = {"q": chosen.words, "role": chosen.role, "asked": chosen.asked, "language": chosen.language}
    given |= {"account": chosen.account_id, "segment": chosen.segment.id if chosen.segment else None}
    return {name: str(value) for name, value in given.items() if value}


@blueprint.get("/contacts", endpoint="contacts")
@access.viewer
@kept_page()
def contacts_page():
    chosen, today = chosen_people(), today_here()
    page = Page.asked(PAGE_SIZE, directory.count(db.session, chosen, today))
    return render_template(
        "contacts/contacts.html",
        entries=directory.page(db.session, chosen, today, start=page.start),
        page=page,
        chosen=chosen,
        address=address_of(chosen),
        account=db.session.get(Account, chosen.account_id) if chosen.account_id else None,
        asked_options=asked_options(),
        segment_options=[
            (segment.id, segment.name)
            for segment in db.session.scalars(sa.select(Segment).order_by(Segment.name))
        ],
        language_options=[(code, language_name(code)) for code in directory.languages(db.session)],
        role_options=[(role.value, name) for role, name in words.ROLES.items()],
        words=words,
        language_name=language_name,
        band=band,
        now=today.now,
    )


def asked_options() -> list[tuple[str, str]]:
    """Whether people may be asked, and why not."""
    lasting = [reason for reason in Reason if not reason.is_of_time and reason not in OF_ONE_WAVE]
    found = [("", _("All")), (ASKABLE, _("May be asked")), (NOT_ASKABLE, _("Not asked, for any reason"))]
    return found + [(reason.value, reason.words) for reason in lasting]


@blueprint.get("/contacts/<int:contact_id>", endpoint="contact")
@access.viewer
@kept_page()
def contact_page(contact_id: int):
    return render_contact(the_contact(contact_id), today_here())


def the_contact(contact_id: int) -> Contact:
    contact = db.session.get(Contact, contact_id)
    if contact is None:
        raise NotFound(_("There is no such person."))
    return contact


def render_contact(contact: Contact, today: Today, status: int = 200, **forms):
    """The page of one person."""
    reason = contact.not_askable
    asks, facts = story.asks_of_contact(db.session, contact.id), this_installation()
    ids = [ask.response.id for ask in asks if ask.response]
    others = story.asks_that_reached_nobody(db.session, contact.id)
    page = render_template(
        "contacts/contact.html",
        favours=registry.of_contact(db.session, contact.id),
        favour_words=favour_words,
        told_by_mail=told_lines(contact, facts.language),
        contact=contact,
        asks=asks,
        other_asks=others,
        courses=courses(db.session, [*(ask.invitation for ask in asks), *others]),
        course_words=ask_words,
        besides=besides.told_of(db.session, ids, facts.language, wording.names(facts)),
        letters=incoming.of_contact(db.session, contact.id),
        mail_words=mail_words,
        touches=touches.of_contact(db.session, contact.id),
        tasks=tasks_of(contact),
        departure_form=forms.get("departure") or DepartureForm(formdata=None, left_on=today.day),
        may_overrule=reason in OVERRULED and current_user.may(RoleName.MANAGER),
        may_log=current_user.may(RoleName.CSM),
        may_change=current_user.may(RoleName.CSM) and contact.status != ContactStatus.ERASED,
        wishes=wishes.history(db.session, contact),
        standings=explaining.standings(db.session, contact, now=today.now),
        waiting_ask=singles.waiting(db.session, contact),
        attempt=tokens.new_nonce(),
        words=words,
        task_words=task_words,
        ask_words=ask_words.STATES,
        language_name=language_name,
        band=band,
        now=today.now,
    )
    return page, status


def tasks_of(contact: Contact) -> list[Task]:
    query = sa.select(Task).where(Task.contact_id == contact.id)
    return list(db.session.scalars(query.order_by(Task.closed_at.is_not(None), Task.due_at.desc()).limit(30)))


@blueprint.get("/accounts/<int:account_id>/contacts/new")
@access.manager
def new_contact(account_id: int):
    account, today = the_account(account_id), today_here()
    return show_form(PersonForm(formdata=None, role_from=today.day, role="user"), account, None)


@blueprint.post("/accounts/<int:account_id>/contacts")
@access.manager
def add_contact(account_id: int):
    account, today, form = the_account(account_id), today_here(), PersonForm()
    if not form.validate_on_submit():
        return show_form(form, account, None, 400)
    try:
        contact = people.add(db.session, account, given(form), entry(today))
    except Invalid as error:
        mark(form, error)
        return show_form(form, account, None, 400)
    kept(contact, today, "contact.add")
    flash(_("%(name)s is kept.", name=contact.name), "success")
    return back_to(contact)


@blueprint.get("/contacts/<int:contact_id>/edit")
@access.csm
def edit_contact(contact_id: int):
    contact, today = the_contact(contact_id), today_here()
    return show_form(PersonForm(contact, formdata=None, role_from=today.day), contact.account, contact)


@blueprint.post("/contacts/<int:contact_id>")
@access.csm
def change_contact(contact_id: int):
    contact, today = the_contact(contact_id), today_here()
    form = PersonForm(contact)
    if not form.validate_on_submit():
        return show_form(form, contact.account, contact, 400)
    try:
        changes = people.change(db.session, contact, given(form), entry(today))
    except Invalid as error:
        mark(form, error)
        return show_form(form, contact.account, contact, 400)
    if changes:
        kept(contact, today, "contact.change", **changes)
    flash(_("Kept.") if changes else _("Nothing was different."), "success")
    return back_to(contact)


@blueprint.post("/contacts/<int:contact_id>/departure")
@access.csm
def leave(contact_id: int):
    contact, today, form = the_contact(contact_id), today_here(), DepartureForm()
    if not form.validate_on_submit():
        return render_contact(contact, today, 400, departure=form)
    try:
        people.depart(contact, on=form.left_on.data, today=today.day)
    except Invalid as error:
        mark(form, error)
        return render_contact(contact, today, 400, departure=form)
    kept(contact, today, "contact.left", left_on=contact.left_on.isoformat())
    flash(_("Kept. %(name)s is out of the scores from that day on.", name=contact.name), "success")
    return back_to(contact)


@blueprint.post("/contacts/<int:contact_id>/return")
@access.csm
def come_back(contact_id: int):
    contact, today = the_contact(contact_id), today_here()
    people.come_back(contact)
    kept(contact, today, "contact.returned")
    flash(_("%(name)s is there after all.", name=contact.name), "success")
    return back_to(contact)


def told_lines(contact: Contact, language: str) -> list[dict]:
    """What the person was told by mail of what came of answers, or will be, in the words of that language."""
    return [
        {
            "said": wording.pick(entry.words, language)["said"],
            "entry": entry,
            "telling": one,
            "by": sent.staff_name,
            "why": readers.reason_words(one.reason) if one.reason else "",
        }
        for one, entry, sent in mailing.of_contact(db.session, contact.id)
    ]


@blueprint.post("/contacts/<int:contact_id>/askable")
@access.manager
def make_askable(contact_id: int):
    contact, today = the_contact(contact_id), today_here()
    reason = people.overrule(contact)
    kept(contact, today, "contact.overrule", reason=reason.value)
    flash(_("%(name)s may be asked from now on.", name=contact.name), "success")
    return back_to(contact)


def entry(today: Today) -> Entry:
    """The circumstances of an entry made now."""
    return Entry(
        today.now, today.day, lambda email_key: suppressions.reasons(db.session, [email_key]).get(email_key)
    )


def given(form: PersonForm) -> PersonGiven:
    """What the form says."""
    return PersonGiven(
        first_name=form.first_name.data or "",
        last_name=form.last_name.data or "",
        email=form.email.data or "",
        role=ContactRole(form.role.data),
        role_from=form.role_from.data,
        title=form.title.data or "",
        language=form.language.data or None,
        time_zone=form.time_zone.data or None,
    )


def kept(contact: Contact, today: Today, action: str, **details) -> None:
    """Note what was done, mark the score, and commit all of it together."""
    audit.note(db.session, access.actor(), action, subject=f"contact:{contact.id}", now=today.now, **details)
    journey.contact_changed(db.session, contact, now=today.now)
    db.session.commit()


def show_form(form: PersonForm, account: Account | None, contact: Contact | None, status: int = 200):
    page = render_template(
        "contacts/contact_form.html", form=form, account=account, contact=contact, zones=zone_names()
    )
    return page, status


def back_to(contact: Contact):
    return redirect(url_for("contacts.contact", contact_id=contact.id), 303)
