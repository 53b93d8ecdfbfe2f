"""Alerts for other programs: what the rules of early warning have found, open, put aside or past."""

from __future__ import annotations

import marshmallow as ma
import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app.api.protocol.bearer import actor
from app.api.protocol.fields import Choice, Day, Given, Id, Many, Moment, Shown, Text
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.api.protocol.today import present
from app.extensions import db
from app.health.alerting import listing, words
from app.health.alerting.listing import Standing
from app.health.alerting.models import Alert, Severity
from app.health.alerting.rules import RULES, Kind

resource = Resource(
    "alerts", "Early warning, beside the scores: risks and opportunities. None of them changes a score."
)


class AlertSchema(Shown):
    """One condition found at an account. One stands at a time for an account, a rule and a contact."""

    id = Id(required=True)
    account_id = Id(required=True)
    contact_id = Id(required=True, allow_none=True)
    rule = ma.fields.String(required=True, metadata={"description": "Such as `detractor` or `ticket_late`."})
    kind = ma.fields.Function(
        lambda alert: RULES[alert.rule].kind.value,
        required=True,
        metadata={"type": "string", "enum": [kind.value for kind in Kind]},
    )
    severity = Choice(Severity, required=True)
    state = ma.fields.Function(
        lambda alert: state_of(alert).value,
        required=True,
        metadata={"type": "string", "enum": [standing.value for standing in Standing]},
    )
    words = ma.fields.Function(
        lambda alert: words.sentence(alert.rule, alert.evidence), required=True, metadata={"type": "string"}
    )
    task_id = Id(required=True, allow_none=True)
    began_on = Day(required=True)
    raised_at = Moment(required=True)
    snoozed_until = Day(required=True, allow_none=True)
    settled_at = Moment(required=True, allow_none=True)
    over_on = Day(required=True, allow_none=True)
    updated_at = Moment(required=True)


def state_of(alert: Alert) -> Standing:
    if not alert.is_open():
        return Standing.PAST
    return Standing.SNOOZED if alert.is_snoozed(today=present().today) else Standing.OPEN


class SnoozeSchema(Given):
    """Until which day an alert is put aside; it comes back by itself."""

    until = Day(required=True, metadata={"description": "From tomorrow on, 90 days ahead at most."})


class AlertFilters(Filters):
    account_id = Many(Id())
    contact_id = Many(Id())
    rule = Many(Text(32))
    severity = Many(Choice(Severity))
    kind = Choice(Kind)
    state = Choice(Standing)


WHERE = {
    "account_id": Alert.account_id.in_,
    "contact_id": Alert.contact_id.in_,
    "rule": Alert.rule.in_,
    "severity": Alert.severity.in_,
    "kind": lambda kind: Alert.rule.in_([key for key, rule in RULES.items() if rule.kind == kind]),
    "state": lambda standing: listing.stands(standing, present().today),
}


@resource.lists("/alerts", AlertSchema, filters=AlertFilters, stamp=Alert.updated_at)
def find(asked):
    """List alerts"""
    return (
        sa.select(Alert).where(*matching(WHERE, asked), Alert.rule.in_(RULES)).options(joinedload(Alert.task))
    )


@resource.reads("/alerts/<int:alert_id>", AlertSchema)
def show(alert_id: int):
    """Show an alert"""
    return listing.the_alert(db.session, alert_id, lock=False)


@resource.writes("POST", "/alerts/<int:alert_id>/snooze", AlertSchema, takes=SnoozeSchema)
def snooze(given: dict, alert_id: int):
    """Put an open alert aside until a day"""
    alert, at = listing.the_alert(db.session, alert_id), present()
    listing.snooze(alert, given["until"], db.session, today=at.today, now=at.now, by=actor())
    return alert


@resource.writes("POST", "/alerts/<int:alert_id>/wake", AlertSchema)
def wake(alert_id: int):
    """Open an alert again that was put aside"""
    alert = listing.the_alert(db.session, alert_id)
    listing.wake(alert, db.session, now=present().now, by=actor())
    return alert


@resource.writes("POST", "/alerts/<int:alert_id>/settlement", AlertSchema)
def settle(alert_id: int):
    """Settle an alert

    Nobody has to look at it any more; it is raised anew only after its condition has been false for a week.
    """
    alert = listing.the_alert(db.session, alert_id)
    listing.settle(alert, db.session, now=present().now, by=actor())
    return alert
