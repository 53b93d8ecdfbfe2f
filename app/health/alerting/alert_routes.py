"""The page of alerts, and what people do with one: put it aside, settle it, open a follow-up (a door)."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_security import current_user

from app.auth import access
from app.auth.models import RoleName
from app.contacts.models import ContactRole
from app.core import clock
from app.core.clock import Today
from app.core.errors import Invalid, Refused
from app.core.language.words import speaking
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.core.web.paging import Page
from app.extensions import db
from app.followups import queue
from app.followups import words as task_words
from app.health.alerting import listing, raising, settings, words
from app.health.alerting.listing import AlertFilter, Standing
from app.health.alerting.models import Alert, Severity
from app.health.alerting.rules import RULES, Kind

blueprint = Blueprint("alerts", __name__)
PAGE_SIZE = 50
SNOOZES = ((7, _l("a week")), (14, _l("two weeks")), (30, _l("a month")), (90, _l("three months")))
STANDINGS = {Standing.OPEN: _l("Open"), Standing.SNOOZED: _l("Put aside"), Standing.PAST: _l("Past")}


def today_here() -> Today:
    return Today.at(clock.now(), this_installation().zone)


@blueprint.get("/alerts")
@access.viewer
@kept_page()
def index():
    chosen, today = chosen_filter(), today_here()
    page = Page.asked(PAGE_SIZE, listing.count(db.session, chosen, today.day))
    return render_template(
        "alerts/index.html",
        alerts=listing.page(db.session, chosen, today.day, start=page.start, size=PAGE_SIZE),
        page=page,
        chosen=chosen,
        address=address_of(chosen),
        counts=listing.counts(db.session, today.day),
        is_first=not request.args and db.session.query(Alert.id).first() is None,
        owner_options=task_words.owner_options(queue.owners(db.session)),
        standings=STANDINGS,
        alert_rule_options=[(key, rule.label) for key, rule in RULES.items()],
        **shared(today),
    )


def shared(today: Today) -> dict:
    """What the templates of alerts need, here and on the page of an account."""
    return {
        "alert_words": words,
        "alert_rules": RULES,
        "snoozes": SNOOZES,
        "now": today.now,
        "today": today,
        "may_act": current_user.may(RoleName.CSM),
        "may_set": current_user.may(RoleName.MANAGER),
    }


def chosen_filter() -> AlertFilter:
    """The filter in the address; unknown values are passed over."""
    asked = request.args
    owner = asked.get("owner", "")
    return AlertFilter(
        standing=Standing(asked["state"]) if asked.get("state") in set(Standing) else Standing.OPEN,
        kind=Kind(asked["kind"]) if asked.get("kind") in set(Kind) else None,
        severity=Severity(asked["severity"]) if asked.get("severity") in set(Severity) else None,
        rule=asked["rule"] if asked.get("rule") in RULES else None,
        owner=0 if owner == queue.NOBODY else int(owner) if is_number(owner) else None,
        words=asked.get("q", "").replace("\x00", "").strip()[:100],
    )


def is_number(words: str) -> bool:
    return words.isascii() and words.isdigit() and len(words) < 10


def address_of(chosen: AlertFilter) -> dict[str, str]:
    """The parameters by which an address carries a filter."""
    owner = {None: None, 0: queue.NOBODY}.get(chosen.owner, chosen.owner)
    state = chosen.standing if chosen.standing is not Standing.OPEN else None
    given = {"state": state, "kind": chosen.kind, "severity": chosen.severity, "rule": chosen.rule}
    given |= {"owner": owner, "q": chosen.words}
    return {name: str(value) for name, value in given.items() if value not in (None, "")}


@blueprint.post("/alerts/<int:alert_id>/snooze")
@access.csm
def snooze(alert_id: int):
    alert, today = listing.the_alert(db.session, alert_id), today_here()
    days = request.form.get("days", type=int)
    if days not in {number for number, _name in SNOOZES}:
        raise Invalid(_("Choose for how long."), errors={"days": _("Choose for how long.")})
    until = today.day + timedelta(days=days)
    listing.snooze(alert, until, db.session, today=today.day, now=today.now, by=access.actor())
    return done(alert, _("Put aside; it comes back by itself."))


@blueprint.post("/alerts/<int:alert_id>/wake")
@access.csm
def wake(alert_id: int):
    alert = listing.the_alert(db.session, alert_id)
    listing.wake(alert, db.session, now=clock.now(), by=access.actor())
    return done(alert, _("It is open again."))


@blueprint.post("/alerts/<int:alert_id>/settlement")
@access.csm
def settle(alert_id: int):
    alert = listing.the_alert(db.session, alert_id)
    listing.settle(alert, db.session, now=clock.now(), by=access.actor())
    return done(alert, _("Settled. It can be raised anew once its cause has been gone for a week."))


@blueprint.post("/alerts/<int:alert_id>/follow-up")
@access.csm
def open_follow_up(alert_id: int):
    """Open a follow-up for an alert that has none."""
    alert, facts = listing.the_alert(db.session, alert_id), this_installation()
    listing.refuse_past(alert)
    if alert.task is not None:
        raise Refused(_("It has a follow-up already."))
    with speaking(facts.language):
        reason = words.sentence(alert.rule, alert.evidence)
    alert.task = raising.open_task(
        db.session,
        alert.account,
        reason=reason,
        role=alert.contact.role if alert.contact else ContactRole.OTHER,
        contact_id=alert.contact_id,
        touch_days=settings.present(db.session)[alert.rule].touch_days,
        facts=facts,
        now=clock.now(),
        by=access.actor().name,
    )
    listing.note(db.session, access.actor(), "alert.follow_up", alert, clock.now())
    db.session.commit()
    return redirect(url_for("followups.task_page", task_id=alert.task_id), 303)


def done(alert: Alert, said: str):
    """Back to where the press came from: the list as it was filtered, or the page of the account."""
    account_id = alert.account_id
    db.session.commit()
    flash(said, "success")
    usual = url_for("contacts.account", account_id=account_id, _anchor="alerts")
    return redirect(access.own_path(request.form.get("next"), usual), 303)
