"""Formula set v1: Relationship, Value, Adoption and Health of one account, from its facts alone.

Pure arithmetic on whole days; no database, no clock. Good news expires towards 50, bad news does not heal by
waiting, silence counts against participation but never as an opinion, and what is unknown is None, never 0.
Weights, half-lives and ceilings are judgements to be calibrated on real renewals, so they are parameters.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from app.health.facts import AccountFacts, Ask, Person, Stage, Usage, latest_by_role
from app.health.parameters import V1, FormulaSet
from app.health.parts import Ceiling, Part, Score, fade, remaining, weighted_mean
from app.health.relationship import Relationship, relationship


@dataclass(frozen=True)
class Value(Score):
    """V; `answers` counts the people it rests on, `evidence` 0..1 says how fresh and how wide they are."""

    answers: int = 0
    evidence: float = 0.0

    @property
    def strength(self) -> str:
        return "solid" if self.evidence >= 0.6 else "thin" if self.evidence >= 0.3 else "weak"


@dataclass(frozen=True)
class AccountScores:
    """All four scores of an account on one day, and the version of the parameters they were made with."""

    as_of: date
    version: str
    relationship: Relationship
    value: Value
    adoption: Score
    health: Score


def score_account(facts: AccountFacts, formula: FormulaSet = V1) -> AccountScores:
    """The four scores of the account on the day `facts.as_of`."""
    r, v = relationship(facts, formula), value(facts, formula)
    a = adoption(facts.usage, facts.as_of, formula)
    h = health(r.score, a.score, v.score, facts.stage, formula)
    return AccountScores(facts.as_of, formula.version, relationship=r, value=v, adoption=a, health=h)


# Value


def value(facts: AccountFacts, formula: FormulaSet = V1) -> Value:
    """V: how much our customers say they get, held down until somebody who pays has said so too."""
    by_role = latest_by_role(
        facts,
        lambda person, ask: _value_points(person, ask, facts.as_of, formula),
        formula.value_half_life,
        formula.value_grace,
    )
    ages = {role: voices.newest_days for role, voices in by_role.items()}
    parts = [
        Part(
            role,
            voices.points,
            formula.rule(facts.tier, role).value_weight,
            {"people": voices.people, "newest_days": voices.newest_days},
        )
        for role, voices in sorted(by_role.items())
    ]
    answers = sum(voices.people for voices in by_role.values())
    return Value.of(
        parts, [_confirmation(ages, formula)], answers=answers, evidence=_evidence(ages, facts.tier, formula)
    )


def _confirmation(ages: Mapping[str, int], formula: FormulaSet) -> Ceiling:
    """Praise counts in full only while somebody who decides has said what it is worth to them."""
    buyers = [ages[role] for role in formula.buyer_roles if role in ages]
    confirmed = remaining(min(buyers), formula.buyer_half_life) if buyers else 0.0
    return Ceiling("unconfirmed", formula.value_ceiling + (100 - formula.value_ceiling) * confirmed)


def _evidence(ages: Mapping[str, int], tier: int | None, formula: FormulaSet) -> float:
    """How much of the template spoke lately, 0..1: a role that is fresh counts whole, one that never spoke nothing."""
    fresh = {role: remaining(age, formula.value_half_life) for role, age in ages.items()}
    template = formula.template(tier)
    return weighted_mean((fresh.get(role, 0.0), rule.value_weight) for role, rule in template.items()) or 0.0


def value_points(
    overall: int | None, goal: int | None, ease: int | None, formula: FormulaSet = V1
) -> float | None:
    """Points 0..100 of one answer (50 = break-even); ease alone says nothing about value and gives None."""
    if overall is None and goal is None:
        return None
    points = {"overall": overall, "goal": goal, "ease": ease}
    onto_100 = {"overall": lambda x: 10 * x, "goal": lambda x: 25 * x, "ease": lambda x: (x - 1) / 6 * 100}
    return weighted_mean(
        (onto_100[item](answer), formula.value_weights[item])
        for item, answer in points.items()
        if answer is not None
    )


def _value_points(person: Person, ask: Ask, day: date, formula: FormulaSet) -> float | None:
    """The points of this answer as of `day`: how far a goal was that has since been replaced no longer tells."""
    moved = any(ask.answered_on < changed_on <= day for changed_on in person.goal_changes)
    return value_points(ask.overall, None if moved else ask.goal, ask.ease, formula)


# Adoption and Health


def adoption(reported: Usage | None, as_of: date, formula: FormulaSet = V1) -> Score:
    """A: the reported usage, fading when no newer figure comes in."""
    if reported is None or reported.as_of > as_of:
        return Score.of([Part("usage", None, 1.0)])
    age = (as_of - reported.as_of).days
    points = fade(reported.points, age, formula.adoption_half_life, formula.adoption_grace)
    return Score.of([Part("usage", points, 1.0, {"days": age})])


def anchored(metric: float, at_0: float, at_100: float) -> float:
    """A raw usage metric on the scale 0..100, from the values that mean 0 and 100 in the segment (in either order)."""
    if at_0 == at_100:
        raise ValueError("the anchors for 0 and for 100 must differ")
    return min(100.0, max(0.0, 100 * (metric - at_0) / (at_100 - at_0)))


def health(
    r: float | None, a: float | None, v: float | None, stage: Stage = Stage(), formula: FormulaSet = V1
) -> Score:
    """H from at least two known scores, never more than 50 above the weakest of them."""
    weights = stage_weights(stage, formula)
    scores = {"relationship": r, "adoption": a, "value": v}
    known = {name: score for name, score in scores.items() if score is not None}
    ceilings = [
        Ceiling(f"weakest:{name}", min(100.0, formula.ceilings["weakest"] + score))
        for name, score in known.items()
    ]
    return Score.of(
        [Part(name, score, weights[name]) for name, score in scores.items()], ceilings, enough=len(known) >= 2
    )


def stage_weights(stage: Stage, formula: FormulaSet = V1) -> dict[str, float]:
    """The weights of the stage, moved over day by day after a change, so that no score jumps on that day."""
    now = formula.stage(stage.name)
    before = formula.stage(stage.previous) if stage.previous and stage.days is not None else now
    share = min(1.0, max(0, stage.days or 0) / formula.blend_days)
    return {name: before[name] + (now[name] - before[name]) * share for name in now}


def stage_on(
    as_of: date, dated: Iterable[tuple[str, date]], renewal_on: date | None, formula: FormulaSet = V1
) -> Stage:
    """The stage that weighs on a day, and the change that led to it.

    `dated` are the account's own stages with their first days; a renewal in sight, or overdue, comes before them.
    """
    changes = sorted(dated, key=lambda stage: stage[1])
    in_sight = renewal_on - timedelta(formula.renewal_days) if renewal_on else None

    def named(day: date) -> str | None:
        if in_sight and in_sight <= day:
            return "renewal"
        return next((name for name, from_on in reversed(changes) if from_on <= day), None)

    now = named(as_of) or formula.usual_stage
    days = sorted({from_on for _, from_on in changes} | ({in_sight} if in_sight else set()), reverse=True)
    for day in (day for day in days if day <= as_of):
        before = named(day - timedelta(1))
        if before != now:
            return Stage(now, before, (as_of - day).days)
    return Stage(now)
