"""What a success manager does about a follow-up, step by step in working time. Pure: chance decides, no clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from app.followups.models import ActivityKind, Cause, Outcome, TaskKind, TaskState

A, S = ActivityKind, TaskState
CAUSES = {
    "usability": Cause.PRODUCT_USABILITY,
    "performance": Cause.PRODUCT_PERFORMANCE,
    "reliability": Cause.PRODUCT_PERFORMANCE,
    "bug": Cause.PRODUCT_BUG,
    "gap": Cause.PRODUCT_GAP,
    "reporting": Cause.PRODUCT_GAP,
    "integration": Cause.PRODUCT_GAP,
    "mobile": Cause.PRODUCT_USABILITY,
    "support": Cause.SERVICE_SUPPORT,
    "onboarding": Cause.SERVICE_ONBOARDING,
    "csm": Cause.SERVICE_CSM,
    "price": Cause.COMMERCIAL_PRICE,
    "contract": Cause.COMMERCIAL_CONTRACT,
    "billing": Cause.COMMERCIAL_BILLING,
    "value": Cause.FIT_MISMATCH,
    "fit": Cause.FIT_CHANGED_NEEDS,
    "change": Cause.RELATIONSHIP_CONTACT_CHANGE,
}
GOOD_END = (Outcome.RESOLVED, Outcome.RESOLVED, Outcome.IMPROVED, Outcome.IMPROVED, Outcome.NO_CHANGE)


@dataclass(frozen=True)
class Case:
    """What decides how the work goes: whether the person can be reached, and whether the customer is leaving."""

    kind: TaskKind
    is_reachable: bool
    is_leaving: bool


@dataclass(frozen=True)
class Step:
    """So many working hours after the step before: a note of that moment, a state, or the end with an outcome."""

    after: float
    moment: str = ""
    kind: ActivityKind | None = None
    is_two_way: bool = False
    state: TaskState | None = None
    outcome: Outcome | None = None


def steps(case: Case, first_touch: float, rng: Random) -> list[Step]:
    """The whole work on a follow-up whose first touch comes `first_touch` working hours after its opening."""
    return list(PLANS[case.kind](case, first_touch, rng))


def detractor(case: Case, first_touch: float, rng: Random) -> Iterator[Step]:
    if not case.is_reachable or rng.random() < 0.25:
        yield Step(first_touch, "nobody", A.MAIL)
        first_touch = rng.uniform(4, 15)
    if not case.is_reachable:
        yield Step(first_touch, "nobody", A.CALL)
        yield Step(
            rng.uniform(8, 38), "closed none", outcome=Outcome.LOST if case.is_leaving else Outcome.NO_CONTACT
        )
        return
    yield Step(first_touch, "heard", A.CALL, is_two_way=True)
    yield Step(rng.uniform(4, 22), "done", A.NOTE, state=S.IN_PROGRESS)
    if rng.random() < 0.5:
        yield Step(rng.uniform(4, 18), "note", A.NOTE, state=S.WAITING)
    if case.is_leaving:
        yield Step(rng.uniform(8, 38), "closed lost", outcome=Outcome.LOST)
        return
    yield Step(rng.uniform(14, 55), "closed", outcome=rng.choice(GOOD_END))
    if rng.random() < 0.06:
        yield from again(rng)


def left(case: Case, waited: float, rng: Random) -> Iterator[Step]:
    """Nobody was in touch until somebody took the account over, so many working hours later."""
    yield Step(waited, "left", A.NOTE)
    yield from detractor(case, rng.uniform(1, 6), rng)


def again(rng: Random) -> Iterator[Step]:
    """It was not over: opened again, and closed for good."""
    yield Step(rng.uniform(16, 62), "reopened", A.NOTE, state=S.REOPENED)
    yield Step(rng.uniform(2, 12), "heard", A.CALL, is_two_way=True)
    yield Step(rng.uniform(8, 50), "closed", outcome=Outcome.RESOLVED)


def passive(case: Case, first_touch: float, rng: Random) -> Iterator[Step]:
    is_two_way = case.is_reachable and rng.random() < 0.6
    yield Step(first_touch, "passive", rng.choice((A.MAIL, A.MAIL, A.CALL)), is_two_way=is_two_way)
    if rng.random() < 0.4:
        yield Step(rng.uniform(6, 25), "done", A.NOTE, state=S.IN_PROGRESS)
    yield Step(rng.uniform(14, 60), "closed passive", outcome=rng.choice(GOOD_END))


def promoter(case: Case, first_touch: float, rng: Random) -> Iterator[Step]:
    yield Step(first_touch, "thanks", A.MAIL)
    if rng.random() < 0.38:
        yield Step(
            rng.uniform(8, 38), "yes", rng.choice((A.MAIL, A.CALL)), is_two_way=True, state=S.IN_PROGRESS
        )
        yield Step(rng.uniform(8, 45), "closed promoter-yes", outcome=Outcome.RESOLVED)
    else:
        yield Step(rng.uniform(16, 74), "closed promoter", outcome=Outcome.NO_CHANGE)


def silent(case: Case, first_touch: float, rng: Random) -> Iterator[Step]:
    yield Step(first_touch, "nobody", rng.choice((A.CALL, A.MAIL)))
    if case.is_reachable and rng.random() < 0.45:
        yield Step(rng.uniform(8, 30), "reached", rng.choice((A.CALL, A.MAIL)), is_two_way=True)
        yield Step(
            rng.uniform(2, 20), "closed reached", outcome=rng.choice((Outcome.RESOLVED, Outcome.IMPROVED))
        )
        return
    if rng.random() < 0.5:
        yield Step(rng.uniform(8, 30), "nobody", A.MAIL, state=rng.choice((S.WAITING, S.IN_PROGRESS)))
    yield Step(
        rng.uniform(10, 38), "closed nobody", outcome=Outcome.LOST if case.is_leaving else Outcome.NO_CONTACT
    )


def value(case: Case, first_touch: float, rng: Random) -> Iterator[Step]:
    if not case.is_reachable:
        yield Step(first_touch, "nobody", A.MAIL)
        yield Step(
            rng.uniform(10, 38),
            "closed none",
            outcome=Outcome.LOST if case.is_leaving else Outcome.NO_CONTACT,
        )
        return
    yield Step(first_touch, "value", rng.choice((A.CALL, A.MEETING)), is_two_way=True)
    yield Step(rng.uniform(5, 25), "done", A.NOTE, state=S.IN_PROGRESS)
    moment = "closed lost" if case.is_leaving else "closed value-talk"
    yield Step(rng.uniform(14, 50), moment, outcome=Outcome.LOST if case.is_leaving else rng.choice(GOOD_END))


PLANS = {
    TaskKind.DETRACTOR: detractor,
    TaskKind.PASSIVE: passive,
    TaskKind.PROMOTER: promoter,
    TaskKind.SILENT: silent,
    TaskKind.VALUE: value,
    TaskKind.ALERT: value,
}
