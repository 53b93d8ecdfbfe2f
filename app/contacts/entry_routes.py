"""What is entered by hand about accounts: new ones, changes, goals, conversations (a door)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from app import journey
from app.auth import access
from app.contacts import companies, goals
from app.contacts.companies import AccountGiven
from app.contacts.forms import NOBODY, AccountForm, GoalForm, TouchForm, zone_names
from app.contacts.models import Account, Stage
from app.contacts.routes import blueprint, render_account, the_account, today_here
from app.core import audit
from app.core.clock import Today
from app.core.errors import Invalid
from app.core.web.fields import mark
from app.extensions import db
from app.followups import queue, touches
from app.followups.models import ActivityKind
from app.reports.accounts import people

NOON = time(12)


@blueprint.get("/accounts/new")
@access.manager
def new_account():
    today = today_here()
    form = AccountForm(
        queue.owners(db.session),
        stage=Stage.ONBOARDING,
        started_on=today.day,
        currency=companies.usual_currency(db.session),
    )
    return show_form(form, None)


@blueprint.post("/accounts")
@access.manager
def add_account():
    form, today = AccountForm(queue.owners(db.session)), today_here()
    if not form.validate_on_submit():
        return show_form(form, None, 400)
    try:
        account = companies.add(db.session, given(form), today=today.day)
    except Invalid as error:
        mark(form, error)
        return show_form(form, None, 400)
    note("account.add", account, today)
    journey.account_changed(db.session, account, now=today.now)
    db.session.commit()
    flash(_("%(name)s is kept. Now add the people there.", name=account.name), "success")
    return back_to(account)


@blueprint.get("/accounts/<int:account_id>/edit")
@access.manager
def edit_account(account_id: int):
    account = the_account(account_id)
    return show_form(AccountForm(owners_for(account), account, formdata=None), account)


@blueprint.post("/accounts/<int:account_id>")
@access.manager
def change_account(account_id: int):
    account, today = the_account(account_id), today_here()
    form = AccountForm(owners_for(account))
    if not form.validate_on_submit():
        return show_form(form, account, 400)
    try:
        changes = companies.change(db.session, account, given(form), today=today.day)
    except Invalid as error:
        mark(form, error)
        return show_form(form, account, 400)
    if changes:
        note("account.change", account, today, **changes)
        journey.account_changed(db.session, account, now=today.now)
    db.session.commit()
    flash(_("Kept.") if changes else _("Nothing was different."), "success")
    return back_to(account)


@blueprint.post("/accounts/<int:account_id>/goals")
@access.csm
def set_goal(account_id: int):
    account, form, today = the_account(account_id), GoalForm(), today_here()
    if not form.validate_on_submit():
        return render_account(account, today, 400, goal=form)
    try:
        goals.replace(
            db.session, account, form.goal_words.data, on=form.goal_from.data, today=today.day, now=today.now
        )
    except Invalid as error:
        mark(form, renamed(error, words="goal_words", from_on="goal_from"))
        return render_account(account, today, 400, goal=form)
    note("account.goal", account, today)
    journey.account_changed(db.session, account, now=today.now)
    db.session.commit()
    flash(_("The new goal is kept; the former one stays dated."), "success")
    return back_to(account, "goal")


@blueprint.post("/accounts/<int:account_id>/touches")
@access.csm
def log_touch(account_id: int):
    account, today = the_account(account_id), today_here()
    here = [
        member.contact for member in people.team(db.session, account, today=today.day, zone=today.zone).here
    ]
    form = TouchForm(here)
    if not form.validate_on_submit():
        return render_account(account, today, 400, touch=form)
    contact = next((person for person in here if person.id == form.contact.data), None)
    try:
        touches.log(
            db.session,
            account,
            ActivityKind(form.kind.data),
            form.words.data or "",
            at=moment_on(form.on.data, today),
            is_two_way=form.two_way.data,
            by=access.actor(),
            now=today.now,
            contact=contact,
        )
    except Invalid as error:
        mark(form, error)
        return render_account(account, today, 400, touch=form)
    note("account.touch", account, today, kind=form.kind.data)
    journey.account_changed(db.session, account, now=today.now)
    db.session.commit()
    flash(_("Logged."), "success")
    return back_to(account, "touch")


def moment_on(day: date, today: Today) -> datetime:
    """A moment of a day: this one today, noon on other days, so that the day is the same in every zone nearby."""
    return today.now if day == today.day else datetime.combine(day, NOON, today.zone).astimezone(UTC)


def given(form: AccountForm) -> AccountGiven:
    """What the form says."""
    return AccountGiven(
        name=form.name.data,
        stage=form.chosen_stage,
        started_on=form.started_on.data,
        tier=form.tier.data or None,
        arr=form.arr.data,
        currency=form.currency.data.upper(),
        owner_id=None if form.owner.data == NOBODY else form.owner.data,
        time_zone=form.time_zone.data or None,
        renewal_on=form.renewal_on.data,
        domains=form.domains.data or "",
        external_id=form.external_id.data or None,
    )


def owners_for(account: Account) -> list:
    """Who may own it: everybody who works here, and the present owner even if they no longer do."""
    found = queue.owners(db.session)
    is_missing = account.owner is not None and account.owner not in found
    return [account.owner, *found] if is_missing else found


def show_form(form: AccountForm, account: Account | None, status: int = 200):
    page = "contacts/account_form.html"
    return render_template(page, form=form, account=account, zones=zone_names()), status


def back_to(account: Account, part: str | None = None):
    return redirect(url_for("contacts.account", account_id=account.id, _anchor=part), 303)


def note(action: str, account: Account, today: Today, **details) -> None:
    audit.note(db.session, access.actor(), action, subject=f"account:{account.id}", now=today.now, **details)


def renamed(error: Invalid, **names: str) -> Invalid:
    """The error with its fields called as the form calls them."""
    return Invalid(
        error.words, errors={names.get(field, field): words for field, words in error.errors.items()}
    )
