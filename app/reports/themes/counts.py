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
from app.reports.periods import Period
from app.reports.statistics.nps import Interval, wilson
from app.reports.trend import band_of
from app.sentiment.models import Department, Label, Mention, StoredReading, Theme
from app.surveys.scales import Band

FEWEST = 5
"""Comments of a band or accounts below which a share is not shown."""


def bands(score: sa.ColumnElement[int | None]) -> sa.ColumnElement[str]:
    """The band of a score, "" without one."""
    return sa.func.coalesce(band_of(score), "")


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
    query = sa.select(Theme).where(Theme.is_active)
    themes = session.scalars(query.where(Theme.department == department) if department else query).all()
    said, found = texts_of(session, start, end), mentioned(session, [one.id for one in themes], start, end)
    n, n_before = sum(said.now.values()), said.before
    rows = []
    for theme in themes:
        cells, before = found.now.get(theme.id, {}), found.before.get(theme.id, 0)
        row = Row(theme, Share(sum(cells.values()), n), Share(before, n_before))
        for (label, _band), number in cells.items():
            row.labels[label] += number
        for band in Band:
            number = sum(count for (_label, of), count in cells.items() if of == band.value)
            row.by_band[band.value] = Share(number, said.now.get(band.value, 0))
        rows.append(row)
    rows.sort(key=lambda row: (-row.share.number, row.theme.name))
    return Overview(rows, n, Share(said.without, n))


def within(table: type, start: date, end: date) -> tuple[sa.ColumnElement[bool], ...]:
    return table.is_counted, table.day >= start, table.day < end


@dataclass(frozen=True)
class Texts:
    """How many texts there were by band, without any theme, and in as many days before."""

    now: dict[str, int]
    without: int
    before: int


def texts_of(session: Session, start: date, end: date) -> Texts:
    """All of it in one look at the index of readings."""
    band, is_now = bands(StoredReading.score), StoredReading.day >= start
    unthemed = sa.func.count().filter(sa.not_(sa.func.coalesce(StoredReading.is_themed, sa.false())))
    query = sa.select(is_now, band, sa.func.count(), unthemed).group_by(is_now, band)
    now, without, before = {}, 0, 0
    for is_now, band, number, none in session.execute(
        query.where(*within(StoredReading, *widened(start, end)))
    ):
        if is_now:
            now[band], without = number, without + none
        else:
            before += number
    return Texts(now, without, before)


def widened(start: date, end: date) -> tuple[date, date]:
    """The days with as many before them."""
    return start - (end - start), end


@dataclass(frozen=True)
class Mentioned:
    """Mentions by theme: of the days by label and band, and how many there were in as many days before."""

    now: dict[int, dict[tuple[Label, str], int]]
    before: dict[int, int]


def mentioned(session: Session, theme_ids: Sequence[int], start: date, end: date) -> Mentioned:
    band, is_now = bands(Mention.score), Mention.day >= start
    group = (Mention.theme_id, is_now, Mention.label, band)
    query = sa.select(*group, sa.func.count()).group_by(*group)
    query = query.where(Mention.theme_id.in_(theme_ids), *within(Mention, *widened(start, end)))
    found = Mentioned(defaultdict(dict), defaultdict(int))
    for theme_id, is_now, label, band, number in session.execute(query):
        if is_now:
            found.now[theme_id][label, band] = number
        else:
            found.before[theme_id] += number
    return found


@dataclass(frozen=True)
class Point:
    """A theme in one period, of all comments of it."""

    period: Period
    share: Share
    negative: int


def trend(session: Session, theme: Theme, periods: Sequence[Period]) -> list[Point]:
    """The theme's share of the comments of each period."""
    start, end = periods[0].start, periods[-1].end
    reading, mention = StoredReading, Mention
    days = sa.select(reading.day, sa.func.count()).where(*within(reading, start, end)).group_by(reading.day)
    negative = sa.func.count().filter(mention.label == Label.NEGATIVE)
    about = sa.select(mention.day, sa.func.count(), negative).group_by(mention.day)
    about = about.where(mention.theme_id == theme.id, *within(mention, start, end))
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
    group, account = (Mention.theme_id, Mention.account_id), StoredReading.account_id
    about = sa.select(*group, sa.func.min(Mention.day)).where(*within(Mention, start, end)).group_by(*group)
    everybody = sa.select(account, sa.func.min(StoredReading.day)).group_by(account)
    everybody = everybody.where(*within(StoredReading, start, end))
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
