"""Taking in what files tell: Adoption by day, events once by their own id; the same file again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts import signals
from app.contacts.importers.rows import Issue
from app.contacts.models import Account
from app.core.errors import Invalid
from app.health import due
from app.health.alerting import raising
from app.health.facts import Usage
from app.health.told import usage
from app.health.told.reading import Facts, FileKind, Line

CHUNK = 200
MOST_ISSUES = 500


@dataclass
class Taken:
    """What became of the lines of a file, or would: rows = new + changed + same + refused."""

    is_dry_run: bool
    new: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    issues: list[Issue] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return self.new + self.changed + self.same + self.refused

    def refuse(self, issue: Issue) -> None:
        self.refused += 1
        if len(self.issues) < MOST_ISSUES:
            self.issues.append(issue)


def take(
    session: Session, facts: Facts, report: Taken, *, source: str, today: date, now: datetime
) -> Iterator[int]:
    """Bring the lines in, or only look at them where the report says so; yields after each part, for a commit."""
    lines = facts.lines()
    one = _adoption if facts.kind is FileKind.ADOPTION else _event
    while part := list(islice(lines, CHUNK)):
        known, touched = accounts_of(session, part), set()
        for line in part:
            if line.issue:
                report.refuse(line.issue)
                continue
            try:
                touched |= one(session, line, known, report, source=source, today=today, now=now)
            except Invalid as error:
                name, words = next(iter((error.errors or {"account": error.words}).items()))
                report.refuse(facts.refused(line.number, name, words, str(line.told.get(name, ""))).issue)
        if not report.is_dry_run:
            session.flush()
            if facts.kind is FileKind.ADOPTION:
                due.mark_all(session, touched, now=now)
            raising.look_again(session, touched)
        yield len(part)


def accounts_of(session: Session, part: list[Line]) -> dict[str, int]:
    """The accounts that are named by their id in the CRM, at once; others are looked up one by one."""
    names = {line.told["account"] for line in part if not line.issue}
    query = sa.select(Account.external_id, Account.id).where(Account.external_id.in_(names))
    return dict(session.execute(query).all())


def _adoption(
    session: Session,
    line: Line,
    known: dict[str, int],
    report: Taken,
    *,
    source: str,
    today: date,
    now: datetime,
) -> set[int]:
    told = line.told
    account_id = known.get(told["account"]) or signals.account_called(session, told["account"]).id
    figure = Usage(told["score"], told["as_of"])
    usage.refuse_future(figure.as_of, today=today)
    before = usage.row_of(session, account_id, figure.as_of)
    if before is not None and before.score == figure.points:
        report.same += 1
        return set()
    report.new += before is None
    report.changed += before is not None
    if not report.is_dry_run:
        by = told.get("source") or source
        usage.report_usage(session, account_id, figure, source=by, today=today, now=now)
    return {account_id}


def _event(
    session: Session,
    line: Line,
    known: dict[str, int],
    report: Taken,
    *,
    source: str,
    today: date,
    now: datetime,
) -> set[int]:
    if report.is_dry_run:
        is_new = signals.of_id(session, line.told["external_id"]) is None
        if is_new:
            signals.made(session, line.told, now=now)
        found = None
    else:
        found, is_new = signals.receive(session, line.told, now=now)
    report.new += is_new
    report.same += not is_new
    return {found.account_id} if found is not None and is_new else set()
