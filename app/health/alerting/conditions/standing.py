"""Conditions in how an account stands: its scores, who is there, what was promised, what other systems told (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from math import fsum

from app.health.alerting.conditions.spells import Past, Spell, on_days
from app.health.alerting.conditions.voices import (
    PROMOTER_FROM,
    Thresholds,
    facts_of,
    of_person,
    scored,
    until,
)
from app.health.relationship import participation

COMPARED = timedelta(days=30)
ANSWER_IS_OLD = 45
SELDOM = (
    5  # Participation moves slowly and costs most to compute: of the days looked at, every fifth will do.
)
TICKET_LATE, USAGE, USAGE_FALLEN, CONTACT_LEFT = "ticket_past_sla", "usage", "usage_fallen", "contact_left"
TOLD_TYPES = (TICKET_LATE, USAGE, USAGE_FALLEN, CONTACT_LEFT)


def leaver(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """A champion or decision maker left, was said to have left, or can be reached no more."""
    gone = {fact.contact_id: fact.on for fact in facts_of(past, CONTACT_LEFT) if fact.contact_id}
    for person in past.people:
        if not past.is_key(person.id):
            continue
        bounced = sorted(past.bounces.get(person.id, ()))
        twice = bounced[int(limits["bounces"]) - 1] if len(bounced) >= limits["bounces"] else None
        days = {"left": person.left_on, "told": gone.get(person.id), "bounced": twice}
        known = {how: day for how, day in days.items() if day is not None}
        if known:
            how, day = min(known.items(), key=lambda pair: pair[1])
            spell = of_person(person, day, until(day, limits["days"]), how=how)
            if spell.end > day:
                yield spell


def single_thread(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """Hardly more than one person takes part at an account that is worth more than half of the others."""
    if not past.has_large_arr or past.is_lost:
        return
    found, days = {}, past.days[::-SELDOM]
    for day in days:
        shares = [participation(person, day) for person in past.people if person.is_here(day)]
        known = [share for share in shares if share is not None]
        if known and fsum(known) <= limits["threads"]:
            found[day] = {"threads": round(fsum(known), 2), "asked": len(known)}
    yield from on_days(days, found)


def value_before_renewal(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """The renewal is near, and Value is low or not known."""
    if past.renewal_on is None or past.is_lost:
        return
    found = {}
    for day in past.days:
        left = (past.renewal_on - day).days
        known = past.scores.get(day)
        if known and 0 <= left <= limits["days"] and (known.value is None or known.value < limits["value"]):
            found[day] = {"value": _rounded(known.value), "days_left": left}
    yield from on_days(past.days, found)


def relationship_fell(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """R is so many points lower than thirty days before, by the same formula."""
    found = {}
    for day in past.days:
        now, before = past.scores.get(day), past.scores.get(day - COMPARED)
        if (
            not now
            or not before
            or now.version != before.version
            or None in (now.relationship, before.relationship)
        ):
            continue
        if before.relationship - now.relationship >= limits["points"]:
            found[day] = {"before": _rounded(before.relationship), "score": _rounded(now.relationship)}
    yield from on_days(past.days, found)


def expansion(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """A decision maker is a promoter while Value is high."""
    buyers = [person for person in past.people if person.role == "decision_maker"]
    found = {}
    for day in past.days:
        known = past.scores.get(day)
        if known is None or known.value is None or known.value < limits["value"] or past.is_lost:
            continue
        said = [_last_score(person, day, int(limits["days"])) for person in buyers if person.is_here(day)]
        if any(score is not None and score >= PROMOTER_FROM for score in said):
            found[day] = {"value": _rounded(known.value), "score": max(s for s in said if s is not None)}
    yield from on_days(past.days, found)


def _last_score(person, day: date, within: int) -> int | None:
    given = [ask for ask in scored(person) if day - timedelta(days=within) < ask.answered_on <= day]
    return given[-1].ltr if given else None


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 1)


def overdue(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """A follow-up is open although one of its clocks has run out."""
    grace = timedelta(days=limits["days"] + 1)
    for chore in past.chores:
        late_touch = chore.touched_on is None or chore.touched_on > chore.touch_due_on
        first = (chore.touch_due_on + grace, chore.touched_on or chore.closed_on)
        for (start, end), counts in ((first, late_touch), ((chore.due_on + grace, chore.closed_on), True)):
            if counts and (end is None or end > start):
                yield Spell(
                    start,
                    end,
                    contact_id=chore.contact_id,
                    is_key=past.is_key(chore.contact_id),
                    task_id=chore.id,
                    evidence={"kind": chore.kind, "due": start.isoformat()},
                )


def colour_fell(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """The colour got worse; as it was noted on the day."""
    for fall in past.falls:
        end = until(fall.on, limits["days"], fall.better_on)
        yield Spell(fall.on, end, task_id=fall.task_id, evidence={"name": fall.name, "after": fall.after})


def doubtful_answer(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """An answer called for a look: the follow-up that was opened for it is open."""
    yield from _opened(past, lambda age: age < ANSWER_IS_OLD)


def neglected_promoter(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """A promoter had been left alone for long: the follow-up that was opened for that is open."""
    yield from _opened(past, lambda age: age >= ANSWER_IS_OLD)


def _opened(past: Past, fits) -> Iterator[Spell]:
    for chore in past.chores:
        if chore.kind == "alert" and chore.answer_age is not None and fits(chore.answer_age):
            person = next((person for person in past.people if person.id == chore.contact_id), None)
            yield Spell(
                chore.opened_on,
                chore.closed_on,
                contact_id=chore.contact_id,
                is_key=past.is_key(chore.contact_id),
                task_id=chore.id,
                evidence={"role": person.role if person else "other", "answer_age": chore.answer_age},
            )


def ticket_late(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """A grave ticket is past its SLA, as the help desk told. Its value is the severity, 1 the gravest."""
    for fact in facts_of(past, TICKET_LATE):
        severity = fact.value if isinstance(fact.value, int | float) else 1
        if severity <= limits["severity"]:
            yield Spell(
                fact.on,
                until(fact.on, limits["days"]),
                evidence={"severity": severity, "signal": fact.id},
            )


def usage_fell(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """Usage is so many percent below what it was on average before, or another program says so."""
    yield from _usage_moved(past, limits, sign=-1)
    for fact in facts_of(past, USAGE_FALLEN):
        if isinstance(fact.value, int | float) and fact.value >= limits["percent"]:
            yield Spell(
                fact.on,
                until(fact.on, limits["days"]),
                evidence={"percent": round(fact.value, 1), "signal": fact.id},
            )


def usage_grew(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """Usage is so many percent above what it was on average before."""
    yield from _usage_moved(past, limits, sign=1)


def _usage_moved(past: Past, limits: Thresholds, *, sign: int) -> Iterator[Spell]:
    told = [fact for fact in facts_of(past, USAGE) if isinstance(fact.value, int | float)]
    for place, fact in enumerate(told):
        since = fact.on - timedelta(days=limits["over"])
        earlier = [f.value for f in told[:place] if since <= f.on < fact.on]
        usual = fsum(earlier) / len(earlier) if earlier else 0
        if usual <= 0:
            continue
        percent = sign * 100 * (fact.value - usual) / usual
        if percent >= limits["percent"]:
            newer = next((later.on for later in told[place + 1 :] if later.on > fact.on), None)
            end = until(fact.on, limits["days"], newer)
            yield Spell(fact.on, end, evidence={"percent": round(percent, 1), "signal": fact.id})
