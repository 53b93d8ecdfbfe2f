"""Every parameter of the formulas with its meaning, unit and range: what the page of parameters shows, and checks.

A parameter is named by its path in the stored set, such as `relationship_weights.footprint`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import fsum, isclose
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.contacts.words import ROLES
from app.core.language.wording import number
from app.health.parameters import V1, FormulaSet

WEIGHT, DAYS, POINTS, PEOPLE, SHARE = _l("weight"), _l("days"), _l("points"), _l("people"), _l("share")
USUAL = V1.as_json()
NAMED_ROLES = ("decision_maker", "champion", "admin", "power_user")


@dataclass(frozen=True)
class Knob:
    """One parameter: what it is called and means, its unit, and from where to where it may be set."""

    path: str
    label: object
    unit: object
    low: float
    high: float
    meaning: object = ""
    is_whole: bool = False

    @property
    def usual(self) -> float:
        return read(USUAL, self.path)

    @property
    def field(self) -> str:
        """Its name in a form."""
        return self.path.replace(".", "__")


@dataclass(frozen=True)
class Group:
    """Parameters that belong together. `sums` are paths whose entries must add up to 1."""

    label: object
    why: object
    knobs: Sequence[Knob]
    sums: Sequence[str] = ()


def read(stored: Mapping[str, Any], path: str) -> float:
    found: Any = stored
    for step in path.split("."):
        found = found[int(step)] if isinstance(found, list) else found[step]
    return found


def changed(formula: FormulaSet, values: Mapping[str, float]) -> FormulaSet:
    """The set with these parameters, by path, and the version it had. What a role weighs is the same in every tier."""
    stored = deepcopy(formula.as_json())
    for path, value in values.items():
        *steps, last = path.split(".")
        place: Any = stored
        for step in steps:
            place = place[step]
        place[int(last) if isinstance(place, list) else last] = value
    for template in stored["templates"].values():
        for role, rule in template.items():
            same = stored["templates"]["2"][role]
            rule |= {"weight": same["weight"], "value_weight": same["value_weight"]}
    return FormulaSet.from_json(stored)


def _weight(path: str, label: object, meaning: object = "") -> Knob:
    return Knob(path, label, WEIGHT, 0, 1, meaning)


def _days(path: str, label: object, meaning: object = "", low: float = 1, high: float = 1460) -> Knob:
    return Knob(path, label, DAYS, low, high, meaning, is_whole=True)


def _points(path: str, label: object, meaning: object = "") -> Knob:
    return Knob(path, label, POINTS, 0, 100, meaning)


PARTS = {
    "footprint": (_l("Footprint"), _l("Whether we know the people we should know.")),
    "engagement": (_l("Engagement"), _l("Whether those who are asked answer.")),
    "sentiment": (_l("Sentiment"), _l("How likely they are to recommend us.")),
    "recency": (_l("Recency"), _l("How long ago we heard from them.")),
    "followup": (_l("Follow-up"), _l("Whether we do in time what we promised.")),
}
SCORES = {"relationship": _l("Relationship"), "adoption": _l("Adoption"), "value": _l("Value")}
STAGES = {"onboarding": _l("Onboarding"), "steady": _l("Steady"), "renewal": _l("Renewal")}
ITEMS = {"overall": _l("Overall worth"), "goal": _l("Main goal"), "ease": _l("Ease")}

RELATIONSHIP = Group(
    _l("Relationship: its parts"),
    _l(
        "What each part weighs in the mean. They add up to 1; a part of which nothing is known is left out and the others share its weight."
    ),
    (
        *(_weight(f"relationship_weights.{key}", *words) for key, words in PARTS.items()),
        Knob(
            "known_weight_needed",
            _l("Known at least"),
            WEIGHT,
            0.1,
            1,
            _l("Below it there is no score but “not enough evidence”."),
        ),
    ),
    sums=("relationship_weights",),
)
FADING = Group(
    _l("How fast news grows old"),
    _l(
        "After its half-life news counts half; after two, a quarter. Good news sinks towards 50 after its days of grace, bad news does not heal by waiting. Where people are asked once a year, 365 for engagement fits better."
    ),
    (
        _days("engagement_half_life", _l("Engagement, half-life")),
        _days("sentiment_half_life", _l("Sentiment, half-life")),
        _days("sentiment_grace", _l("Sentiment, grace"), low=0, high=365),
        _days("recency_half_life", _l("Recency, half-life")),
        _days("recency_grace", _l("Recency, grace"), low=0, high=365),
        _days("followup_half_life", _l("Follow-up, half-life")),
        _days("value_half_life", _l("Value, half-life")),
        _days("value_grace", _l("Value, grace"), low=0, high=365),
        _days("buyer_half_life", _l("A buyer's word on value, half-life")),
        _days("adoption_half_life", _l("Adoption, half-life")),
        _days("adoption_grace", _l("Adoption, grace"), low=0, high=365),
    ),
)
ANSWERS = Group(
    _l("What an answer to the NPS question is worth"),
    _l("On the scale from 0 to 100, where 50 is neither good nor bad. A higher answer is never worth less."),
    tuple(_points(f"ltr_points.{score}", _l("Answer %(n)s", n=score)) for score in range(11)),
)
ROLES_WEIGHED = Group(
    _l("Roles: what they weigh"),
    _l(
        "People are averaged inside a role and roles by these weights, so that fifty users cannot drown one buyer."
    ),
    (
        *(
            Knob(f"templates.2.{role}.{kind}", label, WEIGHT, 0, 10)
            for role in NAMED_ROLES
            for kind, label in (
                ("weight", _l("%(role)s, in Relationship", role=ROLES[role])),
                ("value_weight", _l("%(role)s, in Value", role=ROLES[role])),
            )
        ),
        Knob("other_role.weight", _l("Other roles, in Relationship"), WEIGHT, 0, 10),
        Knob("other_role.value_weight", _l("Other roles, in Value"), WEIGHT, 0, 10),
    ),
)
ROLES_COUNTED = Group(
    _l("Roles: whom we should know"),
    _l("So many people of each role make the footprint whole."),
    tuple(
        Knob(
            f"templates.{tier}.{role}.people",
            _l("Tier %(tier)s: %(role)s", tier=tier, role=ROLES[role]),
            PEOPLE,
            0,
            50,
            is_whole=True,
        )
        for tier in (1, 2, 3)
        for role in NAMED_ROLES
    ),
)
CEILINGS = Group(
    _l("Ceilings: what holds a score down"),
    _l(
        "However good the rest is, these hold Relationship, Value or Health down; the lowest of them binds and is named."
    ),
    (
        Knob(
            "threads",
            _l("People who should take part"),
            PEOPLE,
            1,
            20,
            _l("With fewer, Relationship is held down."),
            is_whole=True,
        ),
        _points("ceilings.single_thread", _l("Nobody takes part: at most")),
        _points("ceilings.low_engagement", _l("Low engagement: so many points above it")),
        _points("ceilings.low_sentiment", _l("Low sentiment: so many points above it")),
        _points("ceilings.silent", _l("A silent key role: at most")),
        Knob("ceilings.silent_share", _l("and for each point of its engagement"), POINTS, 0, 1),
        _points("ceilings.unasked", _l("A key role that was never asked: at most")),
        _points("ceilings.unhappy", _l("An unhappy key role: at most")),
        Knob("ceilings.unhappy_share", _l("and for each point of its sentiment"), POINTS, 0, 1),
        _points("value_ceiling", _l("Value that no buyer confirmed: at most")),
        _points("ceilings.weakest", _l("Health: so many points above the weakest of the three")),
    ),
)
VALUE = Group(
    _l("Value: its questions"),
    _l(
        "What each question weighs in the Value score. They add up to 1; one left out is left out of the mean. The points beside single answers stay as they were counted."
    ),
    tuple(_weight(f"value_weights.{key}", label) for key, label in ITEMS.items()),
    sums=("value_weights",),
)
HEALTH = Group(
    _l("Health: weights by stage"),
    _l(
        "What the three scores weigh in each stage. They add up to 1; after a change of stage the weights move over day by day."
    ),
    (
        *(
            _weight(f"stages.{stage}.{score}", _l("%(stage)s: %(score)s", stage=stage_name, score=score_name))
            for stage, stage_name in STAGES.items()
            for score, score_name in SCORES.items()
        ),
        _days("blend_days", _l("Days over which the weights move"), high=180),
        _days("renewal_days", _l("The renewal counts as near from so many days before"), high=365),
    ),
    sums=tuple(f"stages.{stage}" for stage in STAGES),
)
COLOURS = Group(
    _l("Colours"),
    _l(
        "A colour is lost at once and won back slowly, so that it does not flicker. A limit to win it back lies above the one at which it is lost."
    ),
    (
        _points("colours.first_green", _l("First colour: good from")),
        _points("colours.first_yellow", _l("First colour: watch from")),
        _points("colours.green_lost_below", _l("Good is lost below")),
        _points("colours.red_below", _l("At risk below")),
        _points("colours.green_from", _l("Good again from")),
        _points("colours.yellow_from", _l("Watch again from")),
        _days("colours.days_to_rise", _l("on so many days running"), high=30),
    ),
)
GROUPS = (RELATIONSHIP, ANSWERS, VALUE, HEALTH, FADING, ROLES_WEIGHED, ROLES_COUNTED, CEILINGS, COLOURS)
KNOBS = tuple(knob for group in GROUPS for knob in group.knobs)
COLOUR_ORDER = ("red_below", "first_yellow", "yellow_from", "green_lost_below", "first_green", "green_from")


def problems(formula: FormulaSet) -> dict[str, str]:
    """What cannot be, by path: out of its range, weights that do not add up to 1, orders that are turned round."""
    stored = formula.as_json()
    found = {
        knob.path: _("Between %(low)s and %(high)s.", low=number(knob.low), high=number(knob.high))
        for knob in KNOBS
        if not knob.low <= read(stored, knob.path) <= knob.high
    }
    for path in (path for group in GROUPS for path in group.sums):
        entries = read(stored, path)
        if any(f"{path}.{name}" in found for name in entries):
            continue  # A sum of what is out of its range says nothing, and may be no number at all.
        if not isclose(fsum(entries.values()), 1, abs_tol=1e-6):
            last = f"{path}.{list(entries)[-1]}"
            words = _(
                "The weights must add up to 1; they add up to %(sum)s.", sum=number(fsum(entries.values()))
            )
            found.setdefault(last, words)
    for path in turned_round(stored):
        found.setdefault(path, _("This must not be less than the one before it."))
    return found


def turned_round(stored: Mapping[str, Any]) -> Iterable[str]:
    """Paths whose value is less than that of the one before, where that cannot be."""
    chains = ([f"ltr_points.{n}" for n in range(11)], [f"colours.{name}" for name in COLOUR_ORDER])
    for chain in chains:
        for before, path in itertools.pairwise(chain):
            if read(stored, path) < read(stored, before):
                yield path
