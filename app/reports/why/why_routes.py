"""Why the NPS changed between two periods: a page for the evening before the board meeting, and its file (a door)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.auth import access
from app.contacts.models import Account
from app.core.files.downloads import Table, download
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.extensions import db
from app.reports import charts
from app.reports.charts import Point
from app.reports.held_against import HeldAgainst, Stood
from app.reports.list_routes import PER_PERSON, other_days
from app.reports.periods import Period
from app.reports.routes import answers_url, blueprint, chosen_days, window_to
from app.reports.why import votes
from app.reports.why.periods import Against
from app.reports.why.split import Part, Split, split
from app.reports.why.telling import SHOWN, Compared, explained, names, sentence
from app.sentiment.models import Theme
from app.surveys.scales import Band

CSV_HEAD = ("account", "points", "people", "moved", "newly_answering", "no_longer_answering")


def compared() -> Compared:
    """The last 180 days against those before, unless the address says otherwise; Invalid names the field."""
    against = Against.YEAR if request.args.get("against") == Against.YEAR else Against.BEFORE
    return Compared(chosen_days(lambda last: window_to(last).start), against)


@blueprint.get("/why")
@access.viewer
@kept_page()
def why():
    chosen = compared()
    found = explained(db.session, chosen, this_installation().zone)
    return render_template(
        "reports/why.html",
        chosen=chosen,
        found=found,
        chart=found and found.change and step_chart(found.found, chosen),
        sentence=found and sentence(found, chosen),
        names=found and names(db.session, Account, found.accounts[:SHOWN]),
        theme_names=found and names(db.session, Theme, found.themes),
        shown=SHOWN,
        bands=[(band, charts.band_words()[band]) for band in Band],
        against_options=[
            (Against.BEFORE.value, _("The days before")),
            (Against.YEAR.value, _("A year earlier")),
        ],
        answers_url=answers_url,
        moved_url=lambda before, after: stood_url(chosen.period, chosen.before, Stood(before), band=after),
    )


def stood_url(period: Period, other: Period, stood: Stood, **more: str) -> str:
    """The last answers in `period` of those who stood so in the other one."""
    held = other_days(HeldAgainst(other, stood))
    return answers_url(period, per=PER_PERSON, **held, **more)


def part_urls(chosen: Compared) -> dict[Part, str]:
    """The people of each part: as they answer now, and those who no longer do as they answered before."""
    now, before = chosen.period, chosen.before
    return {
        Part.MOVED: stood_url(now, before, Stood.ANSWERED),
        Part.JOINED: stood_url(now, before, Stood.UNHEARD),
        Part.LEFT: stood_url(before, now, Stood.UNHEARD),
    }


def part_words() -> dict[Part, str]:
    return {
        Part.MOVED: _("Same"),
        Part.JOINED: _("New"),
        Part.LEFT: _("Gone"),
    }


def step_chart(found: Split, chosen: Compared) -> charts.Chart:
    def whole(label: str, counts, period: Period) -> Point:
        return Point(label, counts.nps, n=counts.n, url=answers_url(period, per=PER_PERSON))

    urls = part_urls(chosen)
    steps = [
        Point(words, found.tenths[part] / 10, n=found.number(part), url=urls[part])
        for part, words in part_words().items()
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


@blueprint.get("/sentence")
@access.viewer
@kept_page()
def sentence_alone():
    """The sentences for the trend, fetched when they are asked for; without script the page of why has them."""
    chosen = compared()
    if "HX-Request" not in request.headers:
        return redirect(url_for("reports.why", _anchor="sentence", **chosen.address))
    found = explained(db.session, chosen, this_installation().zone)
    return render_template("reports/sentence.html", sentence=found and sentence(found, chosen))


@download(blueprint, "/why")
@access.viewer
def why_file():
    """What each account adds to the change, unrounded: `points` summed give the change, none below five answers."""
    return Table("why", CSV_HEAD, lines(db.session, compared()))


def lines(session: Session, chosen: Compared) -> list[tuple]:
    found = split(votes.by_account(session, chosen.before, chosen.period))
    if found is None:
        return []
    called = names(session, Account, found.contributions())
    return [
        (
            called.get(one.key, ""),
            found.told(one.points),
            one.people,
            *people_by_part(found, one.key),
        )
        for one in found.contributions()
    ]


def people_by_part(found: Split, account_id: int) -> list[int]:
    mine = Split([group for group in found.people if group.key == account_id])
    return [mine.number(part) for part in Part]
