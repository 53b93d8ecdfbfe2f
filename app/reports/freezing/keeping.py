"""Freezing a report, finding it again, and holding it against what the same question gives now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.auth.views.saving import stored
from app.core import audit
from app.core.errors import NotFound
from app.reports.freezing import document, rolls
from app.reports.freezing.causing import explaining
from app.reports.freezing.causing.causes import Since
from app.reports.freezing.counting.counted import Standpoint
from app.reports.freezing.document import Changed, Document
from app.reports.freezing.kinds import KINDS
from app.reports.freezing.models import LONGEST_NAME, FrozenReport
from app.reports.freezing.rolls import Caused, Tally
from app.responses.models import Response

SHOWN = 20


def freeze(
    session: Session, kind: str, name: str, address: Mapping[str, str], at: Standpoint, *, by: audit.Actor
) -> FrozenReport:
    """Keep what a report says now under a name. Invalid without one or with one that cannot be stored."""
    counted = KINDS[kind].count(session, address, at)
    row = FrozenReport(
        kind=kind,
        name=stored(name, limit=LONGEST_NAME, missing=_("Give it a name.")),
        address=dict(address),
        document=counted.document.defined().as_json(),
        roll=rolls.pack(counted.roll),
        last_answer_id=session.scalar(sa.select(sa.func.max(Response.id))) or 0,
        staff_id=by.id if by.kind == "staff" else None,
        staff_name=by.name,
        at=at.now,
        on=at.today,
    )
    session.add(row)
    session.flush()
    audit.note(session, by, "report.freeze", subject=f"report:{row.id}", now=at.now, name=row.name)
    return row


def every(session: Session) -> Sequence[FrozenReport]:
    """All of them, the newest first."""
    newest = sa.select(FrozenReport).order_by(FrozenReport.at.desc(), FrozenReport.id.desc())
    return session.scalars(newest).all()


def the_report(session: Session, report_id: int) -> FrozenReport:
    found = session.get(FrozenReport, report_id)
    if found is None:
        raise NotFound(_("There is no such frozen report; somebody may have thrown it away."))
    return found


def throw_away(session: Session, report: FrozenReport, *, now: datetime, by: audit.Actor) -> None:
    """With its links; whoever has one reads that it is gone."""
    audit.note(session, by, "report.throw_away", subject=f"report:{report.id}", now=now, name=report.name)
    session.delete(report)


# Then and now


@dataclass(frozen=True)
class Account:
    """One register of a report: `then` were counted, `now` are, and the tallies add up to the difference."""

    name: str
    then: int
    now: int
    tallies: Sequence[Tally]
    entries: Sequence[Caused]

    @property
    def difference(self) -> int:
        return self.now - self.then

    def sum(self, name: str) -> int:
        """By how many one class became more or fewer."""
        return sum(one.classes.get(name, 0) for one in self.tallies)

    @property
    def is_of_votes(self) -> bool:
        return explaining.is_vote(self.name)


@dataclass(frozen=True)
class ThenAndNow:
    """A frozen report beside what it gives now. `accounts` is None where what was counted was too much to keep."""

    then: Document
    now: Document
    changed: Sequence[Changed]
    accounts: Sequence[Account] | None

    @property
    def figures(self) -> list[Changed]:
        """What is otherwise of the report as a whole."""
        return [one for one in self.changed if not one.table]

    @property
    def cells(self) -> list[Changed]:
        """What is otherwise in its tables."""
        return [one for one in self.changed if one.table]

    @property
    def is_the_same(self) -> bool:
        return not self.changed and not any(account.tallies for account in self.accounts or ())


def then_and_now(session: Session, report: FrozenReport, at: Standpoint) -> ThenAndNow:
    """The same question asked again, as of the same day."""
    then = document.from_json(report.document)
    again = KINDS[report.kind].count(session, report.address, replace(at, today=report.on))
    since = Since(report.at, report.last_answer_id)
    accounts = None
    if report.roll is not None:
        accounts = accounted(session, rolls.unpack(report.roll), again.roll, since)
    return ThenAndNow(then, again.document, document.changes(then, again.document), accounts)


def accounted(session: Session, then: rolls.Roll, now: rolls.Roll, since: Since) -> list[Account]:
    found = explaining.explained(session, then, now, since)
    return [
        Account(
            name,
            len(then[name]),
            len(now.get(name, {})),
            rolls.tallies(entries, explaining.CLASS_OF[name]),
            entries,
        )
        for name, entries in found.items()
    ]
