"""How the rules are set: the usual values until somebody changes them, each change dated, with who and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import audit
from app.core.errors import Invalid
from app.core.language.wording import number
from app.health.alerting.models import RuleSetting
from app.health.alerting.rules import RULES, Limit, Rule

LEAST_TOUCH_DAYS, MOST_TOUCH_DAYS = 1, 20


@dataclass(frozen=True)
class Setting:
    """A rule as it is set. `touch_days`: working days in which its follow-up wants the first touch."""

    rule: Rule
    is_on: bool = True
    opens_task: bool = False
    touch_days: int = 1
    limits: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def usual(cls, rule: Rule) -> Setting:
        return cls(rule, True, rule.opens_task, rule.touch_days, rule.usual)

    @classmethod
    def of(cls, row: RuleSetting) -> Setting:
        """As it was stored; a threshold that came to the rule later stands as usual."""
        rule = RULES[row.rule]
        told = {name: row.thresholds[name] for name in rule.usual if name in row.thresholds}
        return cls(rule, row.is_on, row.opens_task, row.touch_days, {**rule.usual, **told})


def present(session: Session) -> dict[str, Setting]:
    """Every rule as it is set now, by key, in the order of the table."""
    newest = sa.select(sa.func.max(RuleSetting.id)).group_by(RuleSetting.rule)
    rows = session.scalars(sa.select(RuleSetting).where(RuleSetting.id.in_(newest)))
    changed = {row.rule: Setting.of(row) for row in rows if row.rule in RULES}
    return {key: changed.get(key) or Setting.usual(rule) for key, rule in RULES.items()}


def versions(session: Session, rule: Rule, *, limit: int = 20) -> Sequence[RuleSetting]:
    """How the rule was set before, newest first."""
    query = sa.select(RuleSetting).where(RuleSetting.rule == rule.key).order_by(RuleSetting.id.desc())
    return session.scalars(query.limit(limit)).all()


def change(
    session: Session, wanted: Setting, *, reason: str, now: datetime, by: audit.Actor
) -> RuleSetting | None:
    """Set a rule from now on; None when it is set so already. Invalid outside the ranges, or without a reason."""
    errors = problems(wanted)
    if not reason.strip():
        errors["reason"] = _("Say why: whoever wonders later reads it here.")
    if errors:
        raise Invalid(_("The rule was not changed."), errors=errors)
    if present(session)[wanted.rule.key] == wanted:
        return None
    row = RuleSetting(
        rule=wanted.rule.key,
        is_on=wanted.is_on,
        opens_task=wanted.opens_task,
        touch_days=wanted.touch_days,
        thresholds=dict(wanted.limits),
        reason=reason,
        from_at=now,
        staff_name=by.name,
    )
    session.add(row)
    told = {"rule": wanted.rule.key, "is_on": wanted.is_on, "opens_task": wanted.opens_task}
    limits = {name: float(value) for name, value in wanted.limits.items()}
    audit.note(session, by, "alerts.rule", subject=f"rule:{wanted.rule.key}", now=now, **told, **limits)
    return row


def problems(wanted: Setting) -> dict[str, str]:
    """What is out of its range, by field."""
    found = {
        limit.name: words
        for limit in wanted.rule.limits
        if (words := problem(limit, wanted.limits[limit.name]))
    }
    if not LEAST_TOUCH_DAYS <= wanted.touch_days <= MOST_TOUCH_DAYS:
        found["touch_days"] = _range_words(LEAST_TOUCH_DAYS, MOST_TOUCH_DAYS)
    if not wanted.is_on and not wanted.rule.may_be_off:
        found["is_on"] = _("This one is set where its question is.")
    return found


def problem(limit: Limit, value: float) -> str:
    return "" if limit.low <= value <= limit.high else _range_words(limit.low, limit.high)


def _range_words(low: float, high: float) -> str:
    return _("Between %(low)s and %(high)s.", low=number(low), high=number(high))
