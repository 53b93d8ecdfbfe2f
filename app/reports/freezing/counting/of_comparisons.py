"""Counting the reports that judge chance: two sides held side by side, and whether a series has left its level."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core.database.columns import attribute
from app.delivery.models import Invitation
from app.reports.comparing import telling as comparing
from app.reports.comparing.sides import Comparison, Figures, Side, compare
from app.reports.control import telling as watching
from app.reports.control.watching import Watched, watched
from app.reports.freezing.counting.counted import Counted, Standpoint, days_of
from app.reports.freezing.counting.of_answers import answers, change_figures, votes
from app.reports.freezing.document import Document, Figure, Row, Table, Value
from app.reports.freezing.rolls import MOST_KEPT, Register, Roll
from app.reports.participation import ANSWERED, DECLINED, REACHED, SILENT, start_of
from app.reports.periods import Every, Period, periods
from app.reports.why.periods import Against, before
from app.responses.models import Response

Address = Mapping[str, str]
SIDES = ("n", "nps", "low", "high", "promoters", "passives", "detractors")
WEIGHTS = ("accounts", "nps_by_account", "nps_by_arr", "effective_accounts", "arr_heard")
SILENCE = ("people_asked", "nps_if_silent_detractors", "nps_if_silent_passives", "nps_if_silent_promoters")
METHODS = ("people", "points", "points_low", "points_high", "p")
LEVELS = ("n", "nps", "ewma", "ewma_limit", "is_signal")
RATES = ("asks_closed", "response_rate", "rate_limit_low", "rate_limit_high")
UNHAPPY = (
    "answers",
    "promoters",
    "passives",
    "detractors",
    "detractor_share",
    "detractor_limit_low",
    "detractor_limit_high",
)


# Two sides


def compare_of(session: Session, address: Address, at: Standpoint) -> Counted:
    sides = sides_of(address)
    if sides is None:
        return Counted(Document(()), {"people": votes(session, days_of(address))})
    found = compare(session, *sides, at.zone)
    names = [comparing.side_words(side, at.segment_names(side.dim or "")) for side in sides]
    n = [one.counts.n for one in (found.first, found.second)]
    document = Document(
        (
            *change_figures(found.change, min(n), found.first.counts.nps, found.second.counts.nps),
            *(chance_figures(found)),
        ),
        tuple(side_tables(found, names)),
        ((comparing.verdict(found), min(n)),),
    )
    return Counted(document, votes_of(session, sides))


def sides_of(address: Address) -> tuple[Side, Side] | None:
    """None where the days had fewer than two groups."""
    period, dim = days_of(address), address.get("by")
    if dim is None:
        return Side(before(period, Against(address["against"]))), Side(period)
    if "key2" not in address:
        return None
    return Side(period, dim, address["key"]), Side(period, dim, address["key2"])


def votes_of(session: Session, sides: tuple[Side, Side]) -> Roll:
    """Of two groups everybody's vote with their group, so that whoever moves from one to another is found."""
    first, second = sides
    if first.dim is None:
        return {"people": votes(session, second.period), "people_before": votes(session, first.period)}
    return {"people": votes(session, first.period, attribute(Response.dims, first.dim).label("key"))}


def chance_figures(found: Comparison) -> tuple[Figure, ...]:
    people = min(found.first.counts.n, found.second.counts.n)
    return (Figure("p", found.change.p, people),) if found.change else ()


def side_tables(found: Comparison, names: list[str]) -> list[Table]:
    both = list(zip(("first", "second"), names, (found.first, found.second), strict=True))

    def table(name: str, title: str, columns: tuple[str, ...], values, group: str) -> Table:
        rows = tuple(Row(key, words, values(one)) for key, words, one in both)
        return Table(name, title, _("Side"), columns, rows, group, found.first.side.dim == "owner")

    tables = [
        table("sides", _("Side by side"), SIDES, side_values, "n"),
        table("weights", _("By account and by ARR"), ("n", *WEIGHTS), weight_values, "n"),
    ]
    if found.first.silent and found.second.silent:
        tables.append(
            table("silence", _("What the silent could change"), ("n", *SILENCE), silence_values, "n")
        )
    methods = methods_table(found)
    return [*tables, methods] if methods.rows else tables


def side_values(one: Figures) -> tuple[Value, ...]:
    counts, within = one.counts, one.estimate.interval
    figures = one.estimate.nps, within and within.low, within and within.high
    return counts.n, *figures, counts.promoters, counts.passives, counts.detractors


def weight_values(one: Figures) -> tuple[Value, ...]:
    by_account, by_arr = one.by_account, one.by_arr
    return (
        one.counts.n,
        one.accounts,
        by_account and by_account.nps,
        *(by_arr and getattr(by_arr, name) for name in ("nps", "effective", "coverage")),
    )


def silence_values(one: Figures) -> tuple[Value, ...]:
    silent = one.silent
    return (
        one.counts.n,
        one.asked,
        silent.silent_as_detractor,
        silent.silent_as_passive,
        silent.silent_as_promoter,
    )


def methods_table(found: Comparison) -> Table:
    """The same difference, by what is taken into account beside what the report calls a change."""
    rows, n = [], min(found.first.counts.n, found.second.counts.n)
    if found.overlap:
        one = found.overlap.difference
        values = n, one.diff, one.low, one.high, one.p
        rows.append(Row("overlap", _("With those who are on both sides"), values))
    if found.paired:
        values = found.paired.n, found.paired.diff, None, None, found.paired.p_movers
        rows.append(Row("paired", _("Those on both sides alone"), values))
    if found.clustered:
        one = found.clustered
        rows.append(
            Row(
                "clustered", _("With people of one account as alike"), (n, one.diff, one.low, one.high, one.p)
            )
        )
    title = _("How sure the difference is")
    return Table("methods", title, _("Taken into account"), METHODS, tuple(rows), "people")


# A series and its level


def control_of(session: Session, address: Address, at: Standpoint) -> Counted:
    period, every = days_of(address), Every(address["every"])
    level = float(address["level"]) if "level" in address else None
    found = watched(session, periods(period.start, period.end, every), at.zone, level)
    n, asks = sum(one.counts.n for one in found.nps), sum(one.n for one in found.rates)
    figures = (
        Figure("nps", found.level, n if level is None else None),
        Figure("answers", n, n),
        Figure("response_rate", found.answering, asks),
        Figure("detractor_share", found.unhappy, n),
    )
    words = watching.verdict(found, every, at.period_words)
    document = Document(figures, tuple(level_tables(found, every, at)), ((words, n),))
    return Counted(document, {"answers": answers(session, period), "asks": asks_of(session, period, at)})


def level_tables(found: Watched, every: Every, at: Standpoint) -> list[Table]:
    def table(name: str, title: str, columns: tuple[str, ...], series, values) -> Table:
        rows = [
            Row(str(period.start), at.period_words(period, every), values(one))
            for period, one in zip(cut, series, strict=True)
        ]
        return Table(name, title, _("Period"), columns, tuple(rows), columns[0])

    cut = [one.period for one in found.nps]
    both = list(zip(found.nps, found.detractors, strict=True))
    return [
        table("levels", _("NPS against its level"), LEVELS, found.nps, level_values),
        table("rates", _("Response rate and its limits"), RATES, found.rates, share_values),
        table("unhappy", _("Share of detractors and its limits"), UNHAPPY, both, unhappy_values),
    ]


def level_values(one) -> tuple[Value, ...]:
    moved = one.moved
    nps = one.counts.nps if moved else None
    return one.counts.n, nps, moved and moved.value, moved and moved.limit, int(one.is_signal)


def unhappy_values(both) -> tuple[Value, ...]:
    own, share = both
    counts = own.counts
    bands = counts.promoters, counts.passives, counts.detractors
    return share.n, *bands, share.value, *share.limits


def share_values(one) -> tuple[Value, ...]:
    return one.n, one.value, *one.limits


def asks_of(session: Session, period: Period, at: Standpoint) -> Register:
    """Every ask of the days that is over, by how it ended; those still open count in no rate."""
    query = sa.select(Invitation.id, Invitation.state).where(
        Invitation.is_rehearsal.is_(False),
        sa.not_(Invitation.is_away),
        Invitation.state.in_(REACHED & (ANSWERED | DECLINED | SILENT)),
        Invitation.sent_at >= start_of(period.start, at.zone),
        Invitation.sent_at < start_of(period.end, at.zone),
    )
    return {id: str(state) for id, state in session.execute(query.limit(MOST_KEPT + 1))}
