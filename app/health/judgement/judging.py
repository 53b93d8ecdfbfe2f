"""Giving a pulse, setting a score by hand, taking it back, and what stands at a moment.

Neither changes what is computed: a score that people can move quietly is believed by nobody, and one that cannot be
contradicted is worked around. So who disagrees says so in the open, with a reason and an end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.models import Account
from app.core import audit
from app.core.errors import Invalid, NotFound, Refused
from app.health.judgement.models import Level, Override, Pulse, SetName

USUAL_DAYS, MOST_DAYS = 30, 90
PULSE_DAYS = 90
SHOWN = 6


@dataclass(frozen=True)
class Judgement:
    """The pulses of an account, newest first, and the scores set by hand that hold today, by name."""

    pulses: Sequence[Pulse]
    overrides: dict[SetName, Override]
    now: datetime

    @property
    def pulse(self) -> Pulse | None:
        """The newest, unless it is older than ninety days: nobody's feeling lasts longer."""
        newest = self.pulses[0] if self.pulses else None
        return newest if newest and self.now - newest.at <= timedelta(days=PULSE_DAYS) else None


def judgement(session: Session, account_id: int, *, today: date, now: datetime) -> Judgement:
    query = sa.select(Pulse).where(Pulse.account_id == account_id, Pulse.at <= now)
    pulses = session.scalars(query.order_by(Pulse.at.desc(), Pulse.id.desc()).limit(SHOWN)).all()
    return Judgement(pulses, standing(session, account_id, today=today), now)


def standing(session: Session, account_id: int, *, today: date) -> dict[SetName, Override]:
    """The scores set by hand that hold on `today`."""
    query = sa.select(Override).where(
        Override.account_id == account_id, Override.ended_at.is_(None), Override.until_on >= today
    )
    return {one.name: one for one in session.scalars(query.order_by(Override.id))}


def give_pulse(
    session: Session, account: Account, level: Level, words: str, *, now: datetime, by: audit.Actor
) -> Pulse:
    """Keep how somebody feels about an account now; earlier pulses stay."""
    pulse = Pulse(account_id=account.id, level=level, words=words, at=now, **named(by))
    session.add(pulse)
    audit.note(session, by, "account.pulse", subject=f"account:{account.id}", now=now, level=level.value)
    return pulse


def override(
    session: Session,
    account: Account,
    name: SetName,
    score: int,
    reason: str,
    *,
    until: date,
    today: date,
    now: datetime,
    by: audit.Actor,
) -> Override:
    """Set a score by hand until the end of a day; one that was set before ends.

    Raises Invalid for a score outside 0..100, a missing reason, or an end in the past or beyond ninety days.
    """
    errors = {}
    if not 0 <= score <= 100:
        errors["score"] = _("A score lies between 0 and 100.")
    if not reason.strip():
        errors["reason"] = _("Say why: everybody reads it beside the score.")
    if not today <= until <= today + timedelta(days=MOST_DAYS):
        errors["until"] = _("Choose a day from today on, %(days)s days ahead at most.", days=MOST_DAYS)
    if errors:
        raise Invalid(_("The score was not set."), errors=errors)
    session.execute(sa.select(Account.id).where(Account.id == account.id).with_for_update())
    former = standing(session, account.id, today=today).get(name)
    if former:
        former.ended_at, former.ended_by = now, by.name
    set_score = Override(
        account_id=account.id, name=name, score=score, reason=reason, from_at=now, until_on=until, **named(by)
    )
    session.add(set_score)
    note = {"name": name.value, "score": score, "until": until.isoformat()}
    audit.note(session, by, "account.override", subject=f"account:{account.id}", now=now, **note)
    return set_score


def take_back(
    session: Session, account: Account, override_id: int, *, today: date, now: datetime, by: audit.Actor
) -> Override:
    """End a score set by hand before its last day; NotFound or Refused where there is none to end."""
    found = session.get(Override, override_id, with_for_update=True)
    if found is None or found.account_id != account.id:
        raise NotFound(_("There is no such score set by hand."))
    if found.ended_at or found.until_on < today:
        raise Refused(_("That score has ended already."))
    found.ended_at, found.ended_by = now, by.name
    note = {"name": found.name.value}
    audit.note(session, by, "account.override_end", subject=f"account:{account.id}", now=now, **note)
    return found


def named(by: audit.Actor) -> dict[str, int | str | None]:
    """Who said so, as rows keep it."""
    return {"staff_id": by.id if by.kind == "staff" else None, "staff_name": by.name}


def move_account(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """What was felt about one account was felt about the other; scores set by hand end, they were about the former."""
    options = {"synchronize_session": False}
    for model in (Pulse, Override):
        rows = sa.update(model).where(model.account_id == from_id)
        if model is Override:
            open_ones = rows.where(Override.ended_at.is_(None))
            session.execute(
                open_ones.values(ended_at=now, ended_by=audit.SYSTEM.name), execution_options=options
            )
        session.execute(rows.values(account_id=to_id), execution_options=options)
