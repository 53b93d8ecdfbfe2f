"""Finding alerts: open, snoozed and past, by what a filter names; and what people do with one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import Account
from app.core import audit
from app.core.errors import Invalid, NotFound, Refused
from app.health.alerting.models import Alert, Severity
from app.health.alerting.rules import RULES, Kind

LONGEST_SNOOZE = timedelta(days=90)
GRAVEST_FIRST = sa.case((Alert.severity == Severity.HIGH, 0), else_=1)


class Standing(StrEnum):
    OPEN = "open"
    SNOOZED = "snoozed"
    PAST = "past"


@dataclass(frozen=True)
class AlertFilter:
    """What a list of alerts shows. `owner`: the id of whoever looks after the account, 0 for nobody, None for all."""

    standing: Standing = Standing.OPEN
    kind: Kind | None = None
    severity: Severity | None = None
    rule: str | None = None
    owner: int | None = None
    words: str = ""

    @property
    def is_about_accounts(self) -> bool:
        return self.owner is not None or bool(self.words)

    def conditions(self, today: date) -> list[sa.ColumnElement[bool]]:
        found = [stands(self.standing, today)]
        if self.kind:
            found.append(Alert.rule.in_([key for key, rule in RULES.items() if rule.kind is self.kind]))
        if self.severity:
            found.append(Alert.severity == self.severity)
        if self.rule:
            found.append(Alert.rule == self.rule)
        if self.owner is not None:
            found.append(Account.owner_id == self.owner if self.owner else Account.owner_id.is_(None))
        if self.words:
            found.append(Account.name.icontains(self.words, autoescape=True))
        return found


def stands(standing: Standing, today: date) -> sa.ColumnElement[bool]:
    """Whether an alert is open, snoozed, or past: settled, or over."""
    is_past = sa.or_(Alert.over_on.is_not(None), Alert.settled_at.is_not(None))
    is_snoozed = sa.and_(Alert.snoozed_until.is_not(None), Alert.snoozed_until > today)
    return {
        Standing.OPEN: sa.and_(~is_past, ~is_snoozed),
        Standing.SNOOZED: sa.and_(~is_past, is_snoozed),
        Standing.PAST: is_past,
    }[standing]


def count(session: Session, chosen: AlertFilter, today: date) -> int:
    return session.scalar(found(chosen, today, sa.func.count(Alert.id))) or 0


def found(chosen: AlertFilter, today: date, *columns) -> sa.Select:
    """Accounts are looked at only where the filter asks something of them: most alerts are counted without."""
    query = sa.select(*columns).select_from(Alert)
    if chosen.is_about_accounts:
        query = query.join(Account, Account.id == Alert.account_id)
    return query.where(*chosen.conditions(today))


def page(session: Session, chosen: AlertFilter, today: date, *, start: int, size: int) -> Sequence[Alert]:
    """Open ones the gravest first, then the newest; past ones the newest first."""
    order = [Alert.raised_at.desc(), Alert.id.desc()]
    if chosen.standing is not Standing.PAST:
        order.insert(0, GRAVEST_FIRST)
    ids = found(chosen, today, Alert.id).order_by(*order).offset(start).limit(size)
    query = sa.select(Alert).where(Alert.id.in_(list(session.scalars(ids)))).order_by(*order)
    query = query.options(
        joinedload(Alert.account).joinedload(Account.owner), joinedload(Alert.contact), joinedload(Alert.task)
    )
    return session.scalars(query).all()


def of_account(session: Session, account_id: int, *, limit: int = 50) -> Sequence[Alert]:
    """The alerts of an account that somebody should look at, snoozed or not, the gravest first."""
    query = sa.select(Alert).where(
        Alert.account_id == account_id, Alert.over_on.is_(None), Alert.settled_at.is_(None)
    )
    query = query.options(joinedload(Alert.contact), joinedload(Alert.task))
    return session.scalars(query.order_by(GRAVEST_FIRST, Alert.raised_at.desc(), Alert.id).limit(limit)).all()


def counts(session: Session, today: date) -> Mapping[Standing, int]:
    """How many are open and how many snoozed."""
    return {one: count(session, AlertFilter(one), today) for one in (Standing.OPEN, Standing.SNOOZED)}


# What people do with one


def the_alert(session: Session, alert_id: int, *, lock: bool = True) -> Alert:
    found = session.get(Alert, alert_id, with_for_update=lock or None)
    if found is None:
        raise NotFound(_("There is no such alert."))
    return found


def snooze(
    alert: Alert, until: date, session: Session, *, today: date, now: datetime, by: audit.Actor
) -> None:
    """Put an open alert aside until a day, 90 days ahead at most; Invalid for another day, Refused for a past alert."""
    refuse_past(alert)
    if not today < until <= today + LONGEST_SNOOZE:
        words = _("Choose a day from tomorrow on, %(days)s days ahead at most.", days=LONGEST_SNOOZE.days)
        raise Invalid(words, errors={"until": words})
    alert.snoozed_until, alert.snoozed_by = until, by.name
    note(session, by, "alert.snooze", alert, now, until=until.isoformat())


def wake(alert: Alert, session: Session, *, now: datetime, by: audit.Actor) -> None:
    refuse_past(alert)
    alert.snoozed_until = alert.snoozed_by = None
    note(session, by, "alert.wake", alert, now)


def settle(alert: Alert, session: Session, *, now: datetime, by: audit.Actor) -> None:
    """Nobody has to look at it any more. It is raised anew only after its condition has been false for a week."""
    refuse_past(alert)
    alert.settled_at, alert.settled_by = now, by.name
    note(session, by, "alert.settle", alert, now)


def refuse_past(alert: Alert) -> None:
    if not alert.is_open():
        raise Refused(_("This alert is past already."))


def note(session: Session, by: audit.Actor, action: str, alert: Alert, now: datetime, **details) -> None:
    audit.note(
        session, by, action, subject=f"account:{alert.account_id}", now=now, rule=alert.rule, **details
    )
