"""Why the NPS changed between two periods: a page for the evening before the board meeting, and its file (a door)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.auth import access
from app.contacts.models import Account
from app.core.language import wording
from app.core.web.pages import this_installation
from app.extensions import db
from app.reports import charts
from app.reports.charts import Point
from app.reports.list_routes import as_csv
from app.reports.lists import csv_lines, inert
from app.reports.participation import participation
from app.reports.periods import Period
from app.reports.routes import answers_url, blueprint, chosen_days, window_to
from app.reports.statistics.comparisons import Change, change
from app.reports.why import votes
from app.reports.why.periods import Against, before
from app.reports.why.split import Contribution, Part, Split, split
from app.reports.why.votes import Followed
from app.sentiment.models import Theme
from app.surveys.scales import Band

SHOWN = 10
CSV_HEAD = ("account", "points", "people", "moved", "newly_answering", "no_longer_answering")


@dataclass(frozen=True)
class Compared:
    """The two periods that the address asks for."""

    period: Period
    against: Against

    @property
    def before(self) -> Period:
        return before(self.period, self.against)

    @property
    def address(self) -> dict[str, str]:
        days = {"from": self.period.start.isoformat(), "to": self.period.last.isoformat()}
        return days | {"against": self.against.value}


def compared() -> Compared:
    """The last 180 days against those before, unless the address says otherwise; Invalid names the field."""
    against = Against.YEAR if request.args.get("against") == Against.YEAR else Against.BEFORE
    return Compared(chosen_days(lambda last: window_to(last).start), against)


@dataclass(frozen=True)
class Why:
    """Everything that the page says of two periods, all from the same people."""

    found: Split
    change: Change | None
    accounts: Sequence[Contribution]
    themes: Sequence[Contribution]
    rate: float | None
    heard: int
    followed: Followed

    @property
    def others(self) -> Contribution:
        """All accounts that are not shown one by one."""
        rest = self.accounts[SHOWN:]
        return Contribution(None, sum(one.points for one in rest), sum(one.people for one in rest))


def explained(session: Session, chosen: Compared) -> Why | None:
    """None where either period has no answers."""
    people = votes.by_account(session, chosen.before, chosen.period)
    found = split(people)
    if found is None:
        return None
    asks = participation(session, [chosen.period], zone=this_installation().zone)
    return Why(
        found,
        change(found.before, found.after),
        found.contributions(),
        found.contributions(votes.by_theme(session, chosen.before, chosen.period)),
        asks[0].rate,
        votes.accounts_heard(people),
        votes.followed(session, chosen.period),
    )


@blueprint.get("/why")
@access.viewer
def why():
    chosen = compared()
    found = explained(db.session, chosen)
    return render_template(
        "reports/why.html",
        chosen=chosen,
        found=found,
        chart=found and step_chart(found.found, chosen),
        sentence=found and sentence(found, chosen),
        names=found and names(db.session, Account, found.accounts[:SHOWN]),
        theme_names=found and names(db.session, Theme, found.themes),
        shown=SHOWN,
        bands=[(band, charts.band_words()[band]) for band in Band],
        against_options=[
            (Against.BEFORE.value, _("The days just before")),
            (Against.YEAR.value, _("The same days a year earlier")),
        ],
        answers_url=answers_url,
    )


def names(session: Session, model: type, found: Sequence[Contribution]) -> dict[int, str]:
    """What the accounts or themes are called."""
    keys = [one.key for one in found]
    return dict(map(tuple, session.execute(sa.select(model.id, model.name).where(model.id.in_(keys)))))


def part_words() -> dict[Part, str]:
    return {
        Part.MOVED: _("Same"),
        Part.JOINED: _("New"),
        Part.LEFT: _("Gone"),
    }


def step_chart(found: Split, chosen: Compared) -> charts.Chart:
    def whole(label: str, counts, period: Period) -> Point:
        return Point(label, counts.nps, n=counts.n, url=answers_url(period, per="person"))

    steps = [
        Point(words, found.tenths[part] / 10, n=found.number(part)) for part, words in part_words().items()
    ]
    return charts.steps(
        whole(_("Before"), found.before, chosen.before),
        steps,
        whole(_("Now"), found.after, chosen.period),
        _("From one NPS to the other"),
        note=_(
            "Same: how those who answered in both periods moved. New: how far those who answer newly lie from those, by their share of the answers. Gone: the same for those who no longer answer, the other way round. The three add up to the change exactly."
        ),
    )


def sentence(found: Why, chosen: Compared) -> str:
    """What can be said of the period in a few lines, to be copied as it stands."""
    before, after = found.found.before, found.found.after
    told = [
        _(
            "From %(start)s to %(last)s the NPS was %(nps)s (n = %(n)s people at %(accounts)s accounts; %(rate)s of those asked answered).",
            start=wording.day(chosen.period.start),
            last=wording.day(chosen.period.last),
            nps=wording.signed_tenth(after.nps),
            n=wording.number(after.n),
            accounts=wording.number(found.heard),
            rate=wording.percent(found.rate),
        ),
        comparison(found.change, chosen.before, before),
    ]
    if found.followed.detractors:
        told.append(
            _(
                "Of %(n)s detractor answers, somebody was in touch after %(contacted)s, the follow-ups on %(closed)s are closed, and after %(recovered)s the same person has given 7 or more by now.",
                n=wording.number(found.followed.detractors),
                contacted=wording.number(found.followed.contacted),
                closed=wording.number(found.followed.closed),
                recovered=wording.number(found.followed.recovered),
            )
        )
    return " ".join(told)


def comparison(found: Change | None, days: Period, before) -> str:
    then = _("%(start)s to %(last)s", start=wording.day(days.start), last=wording.day(days.last))
    if found is None:
        return _("With fewer than five answers in %(then)s or now, nothing can be compared.", then=then)
    verdict = _("more than chance") if found.is_change else _("no clear change")
    return _(
        "Against %(then)s (%(nps)s, n = %(n)s) that is %(points)s points, likely between %(low)s and %(high)s (95 %%): %(verdict)s.",
        then=then,
        nps=wording.signed_tenth(before.nps),
        n=wording.number(before.n),
        points=wording.signed_tenth(found.points),
        low=wording.signed(found.difference.low),
        high=wording.signed(found.difference.high),
        verdict=verdict,
    )


@blueprint.get("/why.csv")
@access.viewer
def why_csv():
    """What each account adds to the change, unrounded: `points` summed give the change."""
    chosen = compared()
    return as_csv(lines(db.session, chosen), "why")


def lines(session: Session, chosen: Compared) -> Iterator[str]:
    found = split(votes.by_account(session, chosen.before, chosen.period))
    rows: list[tuple] = [CSV_HEAD]
    if found is not None:
        called = names(session, Account, found.contributions())
        rows += [
            (inert(called.get(one.key, "")), one.points, one.people, *people_by_part(found, one.key))
            for one in found.contributions()
        ]
    return iter([csv_lines(rows)])


def people_by_part(found: Split, account_id: int) -> list[int]:
    mine = Split([group for group in found.people if group.key == account_id])
    return [mine.number(part) for part in Part]
