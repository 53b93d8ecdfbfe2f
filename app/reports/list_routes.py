"""The lists behind the numbers of the reports, each with its CSV (a door)."""

from __future__ import annotations

from flask import render_template, request
from flask_babel import gettext as _

from app.auth import access
from app.contacts.models import Account, called
from app.core.files.downloads import Table, download, in_one_reading
from app.core.language import wording
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.core.web.paging import Page
from app.delivery.words import STATE_TONES, STATES
from app.extensions import db
from app.followups import words as task_words
from app.reports import charts, lists
from app.reports.held_against import HeldAgainst, Stood
from app.reports.lists import PAGE_SIZE, Chosen
from app.reports.overview import SERIES_HEAD, series
from app.reports.routes import (
    RECOMMENDING,
    VALUE,
    asked,
    blueprint,
    chosen_days,
    dimension_name,
    figures,
    is_dimension,
    segment_names,
)
from app.surveys.scales import Band, ValueLevel, band, value_level

PER_PERSON = "person"


def chosen_rows() -> Chosen:
    """The rows that the address asks for."""
    days, given = asked(), request.args
    key = key_in("key")
    return Chosen(
        start=days.start,
        end=days.end,
        band=Band(given["band"]) if given.get("band") in set(Band) else None,
        state=given["state"] if given.get("state") in lists.STATES else None,
        dim=days.dim if key else None,
        key=key or None,
        words=given.get("q", "").replace("\x00", "").strip()[:100],
        per_person=given.get("per") == PER_PERSON,
        recommending=given.get("about") == RECOMMENDING,
        account_id=number_in("account"),
        second=second_segment(),
        valued=given.get("about") == VALUE,
        level=ValueLevel(given["level"]) if given.get("level") in set(ValueLevel) else None,
        held_against=held_against(),
    )


def key_in(name: str) -> str:
    """The value of a property that a parameter names."""
    return request.args.get(name, "").replace("\x00", "")[:120]


def second_segment() -> tuple[str, str] | None:
    """One more property and its value, where an address carries two."""
    dim, key = request.args.get("by2", ""), key_in("key2")
    return (dim, key) if key and is_dimension(dim) else None


def held_against() -> HeldAgainst | None:
    """How people stood in other days, where the address asks for it; Invalid names the day that is none."""
    stood = request.args.get("then", "")
    if stood not in set(Stood):
        return None
    return HeldAgainst(chosen_days(lambda last: last, "other_"), Stood(stood))


def number_in(name: str) -> int | None:
    """The number that a parameter names; None for anything else."""
    given = request.args.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None


def row_address(chosen: Chosen) -> dict[str, str]:
    """The parameters by which an address carries the rows chosen."""
    given = days_address(chosen) | {"band": chosen.band, "state": chosen.state}
    given |= {"by": chosen.dim, "key": chosen.key, "q": chosen.words}
    about = VALUE if chosen.valued else RECOMMENDING if chosen.recommending else None
    given |= {"about": about, "account": chosen.account_id, "level": chosen.level}
    given |= dict(zip(("by2", "key2"), chosen.second or (), strict=False))
    given |= other_days(chosen.held_against) if chosen.held_against else {}
    return {name: str(value) for name, value in given.items() if value}


def other_days(held: HeldAgainst) -> dict[str, str]:
    """The parameters by which an address says how people stood in other days."""
    return {
        "other_from": held.period.start.isoformat(),
        "other_to": held.period.last.isoformat(),
        "then": held.stood.value,
    }


def held_words(held: HeldAgainst) -> str:
    days = {"first": wording.day(held.period.start), "last": wording.day(held.period.last)}
    if held.stood is Stood.ANSWERED:
        return _("of people who answered from %(first)s to %(last)s too", **days)
    if held.stood is Stood.UNHEARD:
        return _("of people who did not answer from %(first)s to %(last)s", **days)
    band = charts.band_words()[held.stood.value]
    return _("%(band)s from %(first)s to %(last)s", band=band, **days)


def level_words() -> dict[str, str]:
    """How value answers are told apart, by their points."""
    return {
        ValueLevel.HIGH.value: _("High, 70 and more"),
        ValueLevel.MIDDLE.value: _("Middling, 40 to 69"),
        ValueLevel.LOW.value: _("Low, under 40"),
    }


def days_address(chosen: Chosen) -> dict[str, str]:
    """The same rows without any filter: the days, and whether people are counted."""
    days = {"from": chosen.start.isoformat(), "to": chosen.last.isoformat()}
    return days | ({"per": PER_PERSON} if chosen.per_person else {})


@download(blueprint, "/trend")
@access.viewer
def trend_file():
    """What the charts of the first page draw, for a spreadsheet."""
    return Table("trend", SERIES_HEAD, series(figures(asked())))


@blueprint.get("/responses")
@access.viewer
@kept_page()
def responses():
    chosen = chosen_rows()
    page = Page.asked_after(PAGE_SIZE, lists.how_many_answers(db.session, chosen))
    found = lists.answers(db.session, chosen, after=page.after)
    return render_template(
        "reports/responses.html",
        chosen=chosen,
        found=found[:PAGE_SIZE],
        tasks=lists.follow_ups_of(db.session, [response.id for response in found]),
        task_words=task_words,
        page=page,
        address=row_address(chosen),
        account=db.session.get(Account, chosen.account_id) if chosen.account_id else None,
        unfiltered=days_address(chosen),
        following=found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None,
        told_segments=told_segments(chosen),
        other_days=other_days(chosen.held_against) if chosen.held_against else {},
        band=band,
        called=called,
        value_level=value_level,
        level_options=list(level_words().items()),
        band_options=[(name, words) for name, words in charts.band_words().items() if name in set(Band)],
        to_review=lists.how_many_to_review(db.session),
    )


def told_segments(chosen: Chosen) -> list[str]:
    """What rows are narrowed to beside their days, in words: segments, and how people stood in other days."""
    pairs = [(chosen.dim, chosen.key), chosen.second or (None, None)]
    told = [f"{dimension_name(dim)}: {segment_names(dim)(dim, key)}" for dim, key in pairs if dim and key]
    return [*told, held_words(chosen.held_against)] if chosen.held_against else told


@download(blueprint, "/responses")
@access.viewer
def responses_file():
    chosen, zone = chosen_rows(), this_installation().zone
    rows = in_one_reading(db.engine, lambda session: lists.answers_rows(session, chosen, zone=zone))
    return Table("answers", lists.CSV_HEAD, rows)


@blueprint.get("/asks")
@access.viewer
@kept_page()
def asks():
    chosen, zone = chosen_rows(), this_installation().zone
    page = Page.asked_after(PAGE_SIZE, lists.how_many_asks(db.session, chosen, zone=zone))
    found = lists.asks(db.session, chosen, zone=zone, after=page.after)
    return render_template(
        "reports/asks.html",
        chosen=chosen,
        found=found[:PAGE_SIZE],
        page=page,
        address=row_address(chosen),
        unfiltered=days_address(chosen),
        following=found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None,
        moment_of=lists.moment_of,
        state_words=STATES,
        state_tones=STATE_TONES,
        options=state_options(chosen.per_person),
        was_anybody_asked=bool(found) or lists.was_anybody_asked(db.session, chosen, zone=zone),
    )


@download(blueprint, "/asks")
@access.viewer
def asks_file():
    chosen, zone = chosen_rows(), this_installation().zone
    rows = in_one_reading(db.engine, lambda session: lists.asks_rows(session, chosen, zone=zone))
    return Table("asks", lists.ASKS_HEAD, rows)


def state_options(per_person: bool) -> list[tuple[str, str]]:
    """What came of an ask, for the filter; somebody not heard has not answered."""
    found = [
        ("", _("All")),
        ("open", _("May still answer")),
        ("unanswered", _("Silent or declined")),
        ("silent", _("Silent")),
        ("declined", _("Declined")),
    ]
    return (
        found
        if per_person
        else [*found, ("answered", _("Answered")), ("closed", _("Closed: all but the open"))]
    )
