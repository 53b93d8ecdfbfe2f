"""How an account's scores went, week by week, from the stored snapshots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.health import snapshots
from app.health.snapshots import Told
from app.reports import charts
from app.reports.accounts.scores import glossary
from app.reports.charts import Chart, Point, Unit

WEEKS = 26
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Week:
    """The scores at the end of a week; None when none were kept in it."""

    end: date
    told: Told | None

    def score(self, name: str) -> float | None:
        return self.told.score(name) if self.told else None


def weeks(session: Session, account_id: int, last: Told, *, count: int = WEEKS) -> list[Week]:
    """`count` weeks up to and with the day of `last`, whose scores close the line."""
    ends = [last.as_of - WEEK * place for place in reversed(range(count))]
    stored = snapshots.history(session, account_id, start=ends[0] - WEEK + timedelta(days=1), end=last.as_of)
    by_week = {(last.as_of - snapshot.on).days // 7: snapshot for snapshot in stored}
    found = [Week(end, told_of(by_week.get((last.as_of - end).days // 7))) for end in ends[:-1]]
    return [*found, Week(last.as_of, last)]


def told_of(snapshot) -> Told | None:
    return snapshots.stored(snapshot) if snapshot else None


def line(found: Sequence[Week], name: str, url_of: Callable[[date], str]) -> Chart:
    """The chart of one score. Weeks before the first snapshot are left out, gaps after it stay gaps."""
    points = [
        Point(
            label=format_date(week.told.as_of if week.told else week.end, "d MMM yy"),
            value=week.score(name),
            note="" if week.told is None else str(glossary.COLOURS[week.told.colour(name)]),
            url=url_of(week.told.as_of) if week.told else None,
        )
        for week in known(found, name)
    ]
    return charts.line_with_interval(
        points,
        _("%(score)s over time", score=glossary.SCORES[name]),
        Unit.SCORE,
        period=_("Day"),
        note=_("One point a week, as the score was stored that day. Choose a day in the table to see why."),
        empty=_("No score has been kept yet. The line begins with the first one."),
    )


def spark(found: Sequence[Week], name: str) -> Chart | None:
    """The same line the size of a word; None until there are two points."""
    values = [week.score(name) for week in found]
    told = [value for value in values if value is not None]
    if len(told) < 2:
        return None
    label = _(
        "%(score)s in half a year, from %(first)s to %(last)s",
        score=glossary.SCORES[name],
        first=round(told[0]),
        last=round(told[-1]),
    )
    return charts.sparkline(values, label)


def known(found: Sequence[Week], name: str) -> Sequence[Week]:
    """From the first week with a score on."""
    first = next((place for place, week in enumerate(found) if week.score(name) is not None), len(found))
    return found[first:]
