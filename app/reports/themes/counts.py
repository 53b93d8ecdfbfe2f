"""How many comments speak of each theme, how they sound, who gives which score, and what became of their accounts.

The share is of the comments of the days, with Wilson's interval. A comment may speak of several themes; what speaks of
none is told as such. A colleague's correction holds where it concerns the whole comment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import AccountStage, Stage
from app.reports.comments.rows import heard, joined
from app.reports.periods import Period
from app.reports.statistics.nps import Interval, wilson
from app.responses.models import Response
from app.sentiment.models import Department, Label, Mention, Theme
from app.surveys.scales import Band

FEWEST = 5
"""Comments of a band or accounts below which a share is not shown."""
bands = sa.case(
    (Response.score <= 6, Band.DETRACTOR.value),
    (Response.score <= 8, Band.PASSIVE.value),
    (Response.score.is_not(None), Band.PROMOTER.value),
    else_="",
)


@dataclass(frozen=True)
class Share:
    """`number` of `n`, with its interval; no value below `FEWEST`."""

    number: int
    n: int

    @property
    def value(self) -> float | None:
        return self.number / self.n if self.n >= FEWEST else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.number, self.n) if self.n >= FEWEST else None


@dataclass
class Row:
    """A theme in the days chosen. `before` is its share in as many days before them."""

    theme: Theme
    share: Share
    before: Share
    labels: dict[Label, int] = field(default_factory=lambda: dict.fromkeys(Label, 0))
    by_band: dict[str, Share] = field(default_factory=dict)

    @property
    def is_changed(self) -> bool:
        """Whether the intervals of now and before do not touch."""
        now, then = self.share.interval, self.before.interval
        return bool(now and then) and (now.low > then.high or now.high < then.low)


@dataclass
class Overview:
    """All themes, most mentioned first; `none` are comments that speak of no theme."""

    rows: list[Row]
    total: int
    none: Share
    waiting: int = 0


def overview(session: Session, start: date, end: date, department: Department | None = None) -> Overview:
    earlier = start - (end - start)
    totals, before = totals_of(session, start, end), totals_of(session, earlier, start)
    n, n_before = sum(totals.values()), sum(before.values())
    now, then = mentioned(session, start, end), mentioned(session, earlier, start)
    query = sa.select(Theme).where(Theme.is_active)
    if department:
        query = query.where(Theme.department == department)
    rows = []
    for theme in session.scalars(query):
        cells = now.get(theme.id, {})
        row = Row(theme, Share(sum(cells.values()), n), Share(sum(then.get(theme.id, {}).values()), n_before))
        for (label, _band), number in cells.items():
            row.labels[label] += number
        for band in Band:
            number = sum(count for (_label, of), count in cells.items() if of == band.value)
            row.by_band[band.value] = Share(number, totals.get(band.value, 0))
        rows.append(row)
    rows.sort(key=lambda row: (-row.share.number, row.theme.name))
    return Overview(rows, n, Share(without(session, start, end), n))


def within(start: date, end: date) -> tuple[sa.ColumnElement[bool], ...]:
    return *heard(), Response.day >= start, Response.day < end


def totals_of(session: Session, start: date, end: date) -> dict[str, int]:
    """Comments by band, "" without a score."""
    query = joined(bands, sa.func.count()).where(*within(start, end)).group_by(bands)
    return dict(session.execute(query).all())


def mentioned(session: Session, start: date, end: date) -> dict[int, dict[tuple[Label, str], int]]:
    """Comments by theme, label and band."""
    query = (
        sa.select(Mention.theme_id, Mention.label, bands, sa.func.count())
        .join(Response, Response.id == Mention.response_id)
        .where(*within(start, end))
        .group_by(Mention.theme_id, Mention.label, bands)
    )
    found: dict[int, dict[tuple[Label, str], int]] = defaultdict(dict)
    for theme_id, label, band, number in session.execute(query):
        found[theme_id][label, band] = number
    return found


def is_about(theme_id: int | None = None) -> sa.ColumnElement[bool]:
    """Comments that speak of the theme, or of any that is in use."""
    query = sa.select(Mention.response_id).where(Mention.response_id == Response.id)
    if theme_id is not None:
        return sa.exists(query.where(Mention.theme_id == theme_id).correlate(Response))
    used = query.join(Theme, Theme.id == Mention.theme_id).where(Theme.is_active)
    return sa.exists(used.correlate(Response))


def without(session: Session, start: date, end: date) -> int:
    query = joined(sa.func.count()).where(*within(start, end), ~is_about())
    return session.scalar(query) or 0


@dataclass(frozen=True)
class Point:
    """A theme in one period, of all comments of it."""

    period: Period
    share: Share
    negative: int


def trend(session: Session, theme: Theme, periods: Sequence[Period]) -> list[Point]:
    """The theme's share of the comments of each period."""
    start, end = periods[0].start, periods[-1].end
    days = joined(Response.day, sa.func.count()).where(*within(start, end)).group_by(Response.day)
    negative = sa.func.count().filter(Mention.label == Label.NEGATIVE)
    about = (
        sa.select(Response.day, sa.func.count(), negative)
        .join(Mention, Mention.response_id == Response.id)
        .where(Mention.theme_id == theme.id, *within(start, end))
        .group_by(Response.day)
    )
    totals, found = session.execute(days).all(), session.execute(about).all()
    return [
        Point(
            period,
            Share(
                sum(n for day, n, _bad in found if day in period),
                sum(n for day, n in totals if day in period),
            ),
            sum(bad for day, _n, bad in found if day in period),
        )
        for period in periods
    ]


@dataclass
class Became:
    """Accounts whose people spoke of a theme, by what came after it: renewed, lost, or neither yet."""

    renewed: int = 0
    lost: int = 0
    open: int = 0

    @property
    def n(self) -> int:
        return self.renewed + self.lost + self.open

    @property
    def lost_share(self) -> Share:
        """Of those of which it is known."""
        return Share(self.lost, self.lost + self.renewed)


def outcomes(session: Session, start: date, end: date) -> tuple[dict[int, Became], Became]:
    """By theme, and over all accounts that wrote something, what became of the account after its first such comment."""
    first = sa.func.min(Response.day)
    about = (
        sa.select(Mention.theme_id, Response.account_id, first)
        .join(Response, Response.id == Mention.response_id)
        .where(*within(start, end))
        .group_by(Mention.theme_id, Response.account_id)
    )
    everybody = joined(Response.account_id, first).where(*within(start, end)).group_by(Response.account_id)
    stages = stages_since(session, start)
    found: dict[int, Became] = defaultdict(Became)
    for theme_id, account_id, day in session.execute(about):
        add(found[theme_id], stages.get(account_id, []), day)
    whole = Became()
    for account_id, day in session.execute(everybody):
        add(whole, stages.get(account_id, []), day)
    return found, whole


def stages_since(session: Session, start: date) -> dict[int, list[tuple[date, Stage]]]:
    """The stages of accounts that were entered since, and the one before, oldest first."""
    query = sa.select(AccountStage.account_id, AccountStage.from_on, AccountStage.stage)
    query = query.where(AccountStage.from_on >= start - timedelta(days=400))
    found: dict[int, list[tuple[date, Stage]]] = defaultdict(list)
    for account_id, from_on, stage in session.execute(query.order_by(AccountStage.from_on, AccountStage.id)):
        found[account_id].append((from_on, stage))
    return found


def add(to: Became, stages: list[tuple[date, Stage]], day: date) -> None:
    """The first thing that was decided after `day`: a loss, or a renewal that ended in a steady stage."""
    before: Stage | None = None
    for from_on, stage in stages:
        if from_on >= day and stage is Stage.LOST:
            to.lost += 1
            return
        if from_on >= day and stage is Stage.STEADY and before is Stage.RENEWAL:
            to.renewed += 1
            return
        before = stage
    to.open += 1
