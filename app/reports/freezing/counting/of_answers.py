"""Counting the reports that are made of people's votes: the trend, why it changed, and hot spots."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.models import Account
from app.core.database.columns import attribute
from app.core.language.wording import tenths_between
from app.reports import charts
from app.reports.freezing.counting.counted import Counted, Standpoint, days_of
from app.reports.freezing.document import Document, Figure, Row, Table
from app.reports.freezing.rolls import MOST_KEPT, Register
from app.reports.hotspots import cells
from app.reports.overview import SERIES_HEAD, Overview, overview, series
from app.reports.periods import ONE_DAY, Every, Period
from app.reports.statistics.comparisons import Change
from app.reports.statistics.nps import Interval, estimate
from app.reports.trend import HEADLINE_DAYS, NpsPoint, counted, last_votes
from app.reports.why import telling
from app.reports.why.periods import Against
from app.reports.why.split import Part
from app.reports.why.telling import Compared
from app.responses.models import Response
from app.sentiment.models import Theme
from app.surveys.scales import Band

QUOTED = 10
BANDS = ("promoters", "passives", "detractors")
TREND = ("nps", "low", "high", "people", *(f"{name}_of_people" for name in BANDS))
Address = Mapping[str, str]


def overview_of(session: Session, address: Address, at: Standpoint) -> Counted:
    period, every, dim = days_of(address), Every(address["every"]), address.get("by")
    start, end = period.start, period.end
    found = overview(
        session, start=start, end=end, every=every, today=at.today, now=at.now, zone=at.zone, dim=dim
    )
    tables = period_tables(found, every, at)
    if dim:
        tables.append(segment_table(found.segments, dim, at))
    end = at.today + ONE_DAY
    window = Period(end - timedelta(days=HEADLINE_DAYS), end)
    document = Document(overview_figures(found), tuple(tables), quotes=quotes(session, period))
    roll = {"people": votes(session, window), "answers": answers(session, period)}
    return Counted(document, roll)


def overview_figures(found: Overview) -> tuple[Figure, ...]:
    heard, then, within = found.headline.counts, found.before, found.headline.interval
    change, pair = found.change, min(heard.n, found.before.counts.n)
    return (
        *nps_figures(found.headline.nps, within, heard.n),
        Figure("people", heard.n, heard.n),
        *(Figure(f"{name}_of_people", getattr(heard, name), heard.n) for name in BANDS),
        Figure("people_asked", found.people, found.people),
        Figure("nps_before", then.nps, then.counts.n),
        Figure("people_before", then.counts.n, then.counts.n),
        *change_figures(change, pair, then.nps, found.headline.nps),
        Figure("asks_closed", found.closed),
        Figure("asks_answered", found.answered),
        Figure("response_rate", found.rate, found.closed),
    )


def nps_figures(nps: float | None, within: Interval | None, n: int) -> tuple[Figure, ...]:
    return (
        Figure("nps", nps, n),
        Figure("low", within and within.low, n),
        Figure("high", within and within.high, n),
    )


def change_figures(
    change: Change | None, people: int, before: float | None, after: float | None
) -> tuple[Figure, ...]:
    """The points are those between the two figures as they are shown, as on the live pages."""
    if change is None:
        return ()
    return (
        Figure("points", tenths_between(before, after), people),
        Figure("points_low", change.difference.low, people),
        Figure("points_high", change.difference.high, people),
        Figure("is_change", int(change.is_change), people),
    )


def period_tables(found: Overview, every: Every, at: Standpoint) -> list[Table]:
    """What the file of the trend holds, a row for each period, apart by what is counted: people, answers, asks."""
    periods = [point.period for point in found.trend]
    told = [dict(zip(SERIES_HEAD, values, strict=True)) for values in series(found)]
    for one in told:
        one["answers"] = sum(one[band] for band in BANDS)

    def table(name: str, title: str, columns: tuple[str, ...], group: str) -> Table:
        rows = [
            Row(str(one["from"]), at.period_words(period, every), tuple(one[column] for column in columns))
            for period, one in zip(periods, told, strict=True)
        ]
        return Table(name, title, _("Period"), columns, tuple(rows), group)

    return [
        table("trend", _("NPS by period"), TREND, "people"),
        table("composition", _("Answers by period"), ("answers", *BANDS), "answers"),
        table("rate", _("Asks by period"), ("asks_closed", "asks_answered", "response_rate"), "asks_closed"),
    ]


def segment_table(points: list[NpsPoint], dim: str, at: Standpoint) -> Table:
    names, rows = at.segment_names(dim), []
    for point in sorted(points, key=lambda one: (-one.counts.n, one.key)):
        counts, within = point.counts, point.estimate.interval
        figures = point.estimate.nps, within and within.low, within and within.high
        shape = (getattr(counts, name) for name in BANDS)
        rows.append(Row(point.key, names(dim, point.key), (counts.n, *figures, *shape)))
    columns = ("n", "nps", "low", "high", *BANDS)
    return Table("segments", _("By group"), _("Group"), columns, tuple(rows), "n", is_naming=dim == "owner")


# Why


def why_of(session: Session, address: Address, at: Standpoint) -> Counted:
    chosen = Compared(days_of(address), Against(address["against"]))
    found = telling.explained(session, chosen, at.zone)
    roll = {"people": votes(session, chosen.period), "people_before": votes(session, chosen.before)}
    if found is None:
        return Counted(Document((Figure("people", len(roll["people"])),)), roll)
    document = Document(
        why_figures(found),
        (
            parts_table(found),
            bands_table(found),
            accounts_table(session, found),
            themes_table(session, found),
        ),
        tuple(sentences(found, chosen)),
        quotes=quotes(session, chosen.period),
    )
    return Counted(document, roll)


def sentences(found: telling.Why, chosen: Compared) -> list[tuple[str, int]]:
    """In words, each with the fewest people that it tells of, or leaves to be worked out."""
    told = telling.sentences(found, chosen)
    followed = found.followed
    parts = [followed.contacted, followed.closed, followed.recovered]
    fewest = fewest_of([*parts, *(followed.detractors - part for part in parts)], followed.detractors)
    first = (told[0][0], fewest_of([told[0][1], found.heard], told[0][1]))
    return [first, told[1], *((words, fewest) for words, _people in told[2:])]


def fewest_of(numbers: list[int], usual: int) -> int:
    """The least that is not nought."""
    return min([number for number in numbers if number], default=usual)


def why_figures(found: telling.Why) -> tuple[Figure, ...]:
    before, after, followed = found.found.before, found.found.after, found.followed
    pair, detractors = min(before.n, after.n), followed.detractors
    return (
        Figure("nps", estimate(after).nps, after.n),
        Figure("people", after.n, after.n),
        Figure("accounts_heard", found.heard, after.n),
        Figure("response_rate", found.rate),
        Figure("nps_before", estimate(before).nps, before.n),
        Figure("people_before", before.n, before.n),
        *change_figures(found.change, pair, before.nps, after.nps),
        Figure("detractor_answers", detractors, detractors),
        Figure("detractors_contacted", followed.contacted, detractors),
        Figure("detractors_closed", followed.closed, detractors),
        Figure("detractors_recovered", followed.recovered, detractors),
    )


def parts_table(found: telling.Why) -> Table:
    words = {
        Part.MOVED: _("The same people"),
        Part.JOINED: _("Newly answering"),
        Part.LEFT: _("No longer answering"),
    }
    split = found.found
    rows = [
        Row(part.value, words[part], (split.told(split.parts[part]), split.number(part))) for part in Part
    ]
    columns = ("points_added", "people_behind")
    return Table("parts", _("Who moved the figure"), _("Part"), columns, tuple(rows), "people_behind")


def accounts_table(session: Session, found: telling.Why) -> Table:
    shown = found.accounts[: telling.SHOWN]
    names = telling.names(session, Account, shown)
    rows = [
        Row(str(one.key), names.get(one.key, ""), (found.found.told(one.points), one.people)) for one in shown
    ]
    columns = ("points_added", "people_behind")
    return Table(
        "accounts",
        _("Accounts behind it"),
        _("Account"),
        columns,
        tuple(rows),
        "people_behind",
        is_naming=True,
    )


def bands_table(found: telling.Why) -> Table:
    names, moves = charts.band_words(), found.found.moves()
    rows = [
        Row(f"{was}>{now}", move_words(names[was], names[now]), (moves[was, now],))
        for was in Band
        for now in Band
        if (was, now) in moves
    ]
    title = _("The same people, from band to band")
    return Table("bands", title, _("Move"), ("people_behind",), tuple(rows), "people_behind")


def move_words(was: str, now: str) -> str:
    return _("%(was)s, then %(now)s", was=was, now=now.lower())


def themes_table(session: Session, found: telling.Why) -> Table:
    shown = found.themes[: telling.SHOWN]
    names = telling.names(session, Theme, shown)
    rows = [
        Row(str(one.key), names.get(one.key, ""), (found.found.told(one.points), one.people)) for one in shown
    ]
    columns = ("points_added", "people_behind")
    return Table(
        "themes", _("What their comments speak of"), _("Theme"), columns, tuple(rows), "people_behind"
    )


# Hot spots


def hot_spots_of(session: Session, address: Address, at: Standpoint) -> Counted:
    period = days_of(address)
    dims = tuple(address[name] for name in ("by", "and") if name in address)
    found = cells.segments(session, period, dims)
    drawn = found.map()
    is_told = drawn is not None and drawn.is_told
    keys = [attribute(Response.dims, dim).label(f"key{place}") for place, dim in enumerate(dims)]
    roll = {"people": votes(session, period, *keys)}
    people = len(roll["people"])
    figures = (
        Figure("people", people, people),
        Figure("mean", drawn.mean if is_told else None, people),
        Figure("p_overall", drawn.p if is_told else None, people),
        Figure("without", found.without),
    )
    tables = (map_table(found, drawn, dims, at),) if drawn else ()
    return Counted(Document(figures, tables, quotes=quotes(session, period)), roll)


def map_table(found: cells.Segments, drawn, dims: tuple[str, ...], at: Standpoint) -> Table:
    names, rows = [at.segment_names(dim) for dim in dims], []
    for key, cell in sorted(drawn.cells.items(), key=lambda pair: (pair[1].shrunk, pair[0])):
        words = (name(dim, part) for name, dim, part in zip(names, dims, key, strict=True))
        verdict = "hot" if cell.is_hot else "watch" if cell.is_watched else ""
        figures = cell.counts.n, found.accounts[key], cell.nps, cell.shown, cell.p_adjusted, verdict
        rows.append(Row(" | ".join(key), " · ".join(words), figures))
    columns = ("n", "accounts", "nps", "shown", "p_adjusted", "verdict")
    return Table(
        "groups", _("Groups, the lowest first"), _("Group"), columns, tuple(rows), "n", "owner" in dims
    )


# What was counted, one by one


def votes(session: Session, period: Period, *keys: sa.ColumnElement) -> Register:
    """Each person's last vote of the days, by its answer: score, person, account, and the segments."""
    return register(session, last_votes(period, *keys))


def answers(session: Session, period: Period) -> Register:
    """Every answer of the days in the same way."""
    query = sa.select(Response.contact_id, Response.account_id, Response.id, Response.score)
    return register(session, query.where(counted(), Response.day >= period.start, Response.day < period.end))


def register(session: Session, query: sa.Select) -> Register:
    rows = session.execute(query.limit(MOST_KEPT + 1))
    return {
        row[2]: "|".join(str(part if part is not None else "") for part in (row[3], row[0], row[1], *row[4:]))
        for row in rows
    }


def quotes(session: Session, period: Period) -> tuple[int, ...]:
    """The newest answers of the days that say something in words."""
    query = (
        sa.select(Response.id)
        .where(counted(), Response.day >= period.start, Response.day < period.end, Response.comment != "")
        .order_by(Response.submitted_at.desc(), Response.id.desc())
    )
    return tuple(session.scalars(query.limit(QUOTED)))
