"""Themes for other programs: the dictionary, how often each theme comes up, and how it goes over time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import marshmallow as ma
import sqlalchemy as sa
from flask_babel import lazy_gettext as _

from app.api.protocol.bearer import actor
from app.api.protocol.fields import Choice, Day, Flag, Given, Id, Many, Moment, Shown, Text, Worded
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.api.protocol.today import present
from app.api.reports import count, cut_of, days_asked, days_of, figure
from app.core import audit
from app.core.errors import Invalid, NotFound
from app.extensions import db
from app.reports.themes import counts
from app.reports.themes.counts import Became, Row, Share
from app.sentiment.models import Department, Label, Theme
from app.sentiment.themes import dictionary, mentions
from app.surveys.scales import Band

resource = Resource("themes", "What comments are about.")
LANGUAGE = re.compile(r"[a-z]{2,3}|")
LISTED = (
    'Lists of phrases by language, `""` for every language. A `*` at the end of a word stands for its rest.'
)


class Phrases(Worded, ma.fields.Field):
    """Lists of phrases by language."""

    default_error_messages = {
        "invalid": _("This must be an object with a list of phrases for each language."),
        "language": _("Name languages by their code in small letters, or leave the name empty for all."),
    }

    def __init__(self, description: str = "", **options):
        kind = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
        super().__init__(metadata=kind | {"description": f"{description} {LISTED}".strip()}, **options)

    def _deserialize(self, value, attr, data, **more) -> dict[str, list[str]]:
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        lines = {}
        for language, phrases in value.items():
            if not LANGUAGE.fullmatch(language):
                raise self.make_error("language")
            if not isinstance(phrases, list) or not all(isinstance(one, str) for one in phrases):
                raise self.make_error("invalid")
            lines[language] = "\n".join(Text(10_000, blank=True).deserialize(one) for one in phrases)
        try:
            return dictionary.checked(lines)
        except Invalid as problem:
            raise ma.ValidationError(str(problem)) from None


class ThemeSchema(Shown):
    """A theme; `key` is null for one of your own, one that is not `active` is found no more."""

    id = Id(required=True)
    key = ma.fields.String(required=True, allow_none=True)
    name = ma.fields.String(required=True)
    department = Choice(Department, required=True, allow_none=True)
    phrases = ma.fields.Dict(required=True, metadata={"description": LISTED})
    exclusions = ma.fields.Dict(required=True, metadata={"description": "What phrases must not find."})
    active = ma.fields.Boolean(required=True, attribute="is_active")
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class ThemeChangesSchema(Given):
    """What of a theme is to be different; every comment is then looked through again."""

    name = Text(80)
    department = Choice(Department, allow_none=True)
    phrases = Phrases()
    exclusions = Phrases("What phrases must not find.")
    active = Flag()


class NewThemeSchema(ThemeChangesSchema):
    name = Text(80, required=True)
    phrases = Phrases(required=True)


class ThemeFilters(Filters):
    name = Many(Text(80), metadata={"description": "As people read it, or the key of one that came along."})
    department = Many(Choice(Department))
    active = Flag(text=True)


WHERE = {
    "name": lambda names: sa.or_(Theme.name.in_(names), Theme.key.in_(names)),
    "department": Theme.department.in_,
    "active": Theme.is_active.is_,
}


@resource.lists("/themes", ThemeSchema, filters=ThemeFilters, stamp=Theme.updated_at)
def find(asked):
    """List themes with their phrases"""
    return sa.select(Theme).where(*matching(WHERE, asked))


@resource.reads("/themes/<int:theme_id>", ThemeSchema)
def show(theme_id: int):
    """Show a theme"""
    return the_theme(theme_id)


def the_theme(theme_id: int, *, lock: bool = False) -> Theme:
    found = db.session.get(Theme, theme_id, with_for_update=lock or None)
    if found is None:
        raise NotFound(_("There is no such theme."))
    return found


@resource.writes("POST", "/themes", ThemeSchema, takes=NewThemeSchema, status=201)
def add(given: dict):
    """Make a theme"""
    now = present().now
    row = Theme(phrases={}, exclusions={}, is_active=True, created_at=now, updated_at=now)
    db.session.add(row)
    return kept(row, given, "theme.create")


@resource.writes("PATCH", "/themes/<int:theme_id>", ThemeSchema, takes=ThemeChangesSchema)
def change(given: dict, theme_id: int):
    """Change a theme, retire it or use it again"""
    return kept(the_theme(theme_id, lock=True), given, "theme.change")


def kept(row: Theme, given: dict[str, Any], action: str) -> Theme:
    for name, value in given.items():
        setattr(row, "is_active" if name == "active" else name, value)
    row.updated_at = present().now
    db.session.flush()
    dictionary.changed(db.session)
    audit.note(db.session, actor(), action, subject=f"theme:{row.id}", now=present().now, name=row.name)
    return row


def share_of(name: str) -> type[Shown]:
    return Shown.from_dict(
        {
            "number": count(),
            "n": count(),
            "share": figure("0 to 1; null below five of n."),
            "low": figure("Of the 95 % interval."),
            "high": figure(),
        },
        name=name,
    )


ThemeShare = share_of("ThemeShare")
Outcome = Shown.from_dict(
    {"renewed": count(), "lost": count(), "open": count(), "lost_share": ma.fields.Nested(ThemeShare)},
    name="ThemeOutcome",
)


class ThemeRow(Shown):
    """A theme in the days: texts that speak of it of all, before in as many days, by how it sounds and by band."""

    theme_id = Id(required=True)
    key = ma.fields.String(required=True, allow_none=True)
    name = ma.fields.String(required=True)
    texts = ma.fields.Nested(ThemeShare, required=True)
    before = ma.fields.Nested(ThemeShare, required=True)
    changed = ma.fields.Boolean(
        required=True, metadata={"description": "The intervals of now and before do not touch."}
    )
    sentiment = ma.fields.Dict(required=True, metadata={"description": "Texts by label."})
    bands = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Nested(ThemeShare), required=True)
    accounts = ma.fields.Nested(
        Outcome, required=True, metadata={"description": "What became of the accounts that mentioned it."}
    )


class ThemesReport(Shown):
    """Themes by how often they come up; `other` speak of none that is known, `accounts` is everybody who wrote."""

    themes = ma.fields.List(ma.fields.Nested(ThemeRow), required=True)
    other = ma.fields.Nested(ThemeShare, required=True)
    accounts = ma.fields.Nested(Outcome, required=True)
    waiting = ma.fields.Integer(
        required=True, metadata={"description": "Texts not looked through yet; numbers grow until then."}
    )


ThemesAsked = Given.from_dict(
    {
        "from": Day(metadata={"description": "The first day; eleven months before this one if left out."}),
        "to": Day(metadata={"description": "The day after the last; tomorrow if left out."}),
        "department": Choice(Department),
    },
    name="ThemesAsked",
)
ThemePoint = ThemeShare.from_dict(
    {"from": Day(required=True), "to": Day(required=True), "negative": count()}, name="ThemePoint"
)


class ThemeTrend(Shown):
    """The theme's share of the texts of each period."""

    points = ma.fields.List(ma.fields.Nested(ThemePoint), required=True)


@resource.reads("/reports/themes", ThemesReport, asks=ThemesAsked)
def report(asked: dict):
    """Show what comments are about"""
    start, end = days_of(asked, present())
    outcomes, whole = counts.outcomes(db.session, start, end)
    found = counts.overview(db.session, start, end, asked.get("department"))
    return {
        "themes": [of_row(row, outcomes.get(row.theme.id, Became())) for row in found.rows],
        "other": of_share(found.none),
        "accounts": of_outcome(whole),
        "waiting": mentions.waiting(db.session, dictionary.number(db.session)),
    }


@resource.reads("/reports/themes/<int:theme_id>", ThemeTrend, asks=days_asked("ThemeTrendAsked"))
def trend(asked: dict, theme_id: int):
    """Show how often a theme comes up over time"""
    points = counts.trend(db.session, the_theme(theme_id), cut_of(asked, present()))
    return {
        "points": [
            {"from": one.period.start, "to": one.period.end, "negative": one.negative} | of_share(one.share)
            for one in points
        ]
    }


def of_row(row: Row, became: Became) -> dict:
    return {
        "theme_id": row.theme.id,
        "key": row.theme.key,
        "name": row.theme.name,
        "texts": of_share(row.share),
        "before": of_share(row.before),
        "changed": row.is_changed,
        "sentiment": {label.value: row.labels[label] for label in Label},
        "bands": {one.value: of_share(row.by_band[one.value]) for one in Band},
        "accounts": of_outcome(became),
    }


def of_share(one: Share) -> dict:
    low, high = (one.interval.low, one.interval.high) if one.interval else (None, None)
    return {"number": one.number, "n": one.n, "share": one.value, "low": low, "high": high}


def of_outcome(one: Became) -> dict:
    numbers = {name: getattr(one, name) for name in ("renewed", "lost", "open")}
    return numbers | {"lost_share": of_share(one.lost_share)}
