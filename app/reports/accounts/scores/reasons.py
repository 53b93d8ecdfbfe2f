"""Why a score is what it is, in whole points that add up; and what is different from a month before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core.language.wording import whole
from app.health import snapshots
from app.health.models import Colour
from app.health.snapshots import NAMES, Told
from app.reports.accounts.scores import glossary

COMPARED_DAYS = 30
SHOWN_ORDER = ("relationship", "value", "adoption", "health")


@dataclass(frozen=True)
class Line:
    """One part or ceiling: `lost` whole points it took (None: not known), `change` how many it gave back since."""

    name: str
    label: str
    meaning: str
    value: float | None
    share: float | None
    lost: int | None
    change: int | None
    evidence: str
    is_ceiling: bool = False


@dataclass(frozen=True)
class Explanation:
    """One score with its reasons. 100 less all points lost is the score, both rounded, exactly."""

    name: str
    score: float | None
    colour: Colour
    before: float | None
    lines: tuple[Line, ...]
    ceiling: str
    completeness: float
    strength: str = ""

    @property
    def label(self) -> str:
        return str(glossary.SCORES[self.name])

    @property
    def meaning(self) -> str:
        return str(glossary.SCORE_MEANINGS[self.name])

    @property
    def change(self) -> int | None:
        """Whole points since the day compared with; None when either day had no score."""
        if self.score is None or self.before is None:
            return None
        return whole(self.score) - whole(self.before)

    @property
    def unknown(self) -> list[str]:
        """The parts nothing is known about."""
        return [line.label for line in self.lines if line.value is None and not line.is_ceiling]


def compared_with(session: Session, account_id: int, day: date, since: date | None = None) -> Told | None:
    """The stored scores of `since`, else 30 days before `day`; or of the last day before that within a week."""
    before = since or day - timedelta(days=COMPARED_DAYS)
    found = snapshots.last_before(session, [account_id], before + timedelta(days=1)).get(account_id)
    return snapshots.stored(found) if found and (before - found.on).days < 7 else None


def explain(told: Told, before: Told | None) -> list[Explanation]:
    """All four scores, in the order of the page."""
    return [explanation(name, told, before) for name in SHOWN_ORDER if name in NAMES]


def explanation(name: str, told: Told, before: Told | None) -> Explanation:
    reasons, former = told.reasons(name), before.reasons(name) if before else {}
    ceiling = reasons.get("ceiling")
    return Explanation(
        name=name,
        score=told.score(name),
        colour=told.colour(name),
        before=before.score(name) if before else None,
        lines=tuple(lines(reasons, former)),
        ceiling=glossary.ceiling_words(ceiling["name"], ceiling["value"]) if ceiling else "",
        completeness=reasons.get("completeness", 0.0),
        strength=reasons.get("strength", "") if told.score(name) is not None else "",
    )


def lines(reasons: Mapping[str, Any], former: Mapping[str, Any]) -> list[Line]:
    """The parts now and then, and after them the ceilings that bind or bound."""
    parts = {part["name"]: part for part in former.get("parts", [])}
    gone = {name: part | {"value": None} for name, part in parts.items()}
    now = {part["name"]: part for part in reasons.get("parts", [])}
    total = sum(part["weight"] for part in now.values())
    shown, before = reasons.get("shown", {}), former.get("shown", {})
    found = [
        Line(
            name=name,
            label=glossary.part_label(name),
            meaning=glossary.part_meaning(name),
            value=part["value"],
            share=part["weight"] / total if name in now and total else None,
            lost=shown.get(name),
            change=change_of(name, shown, before),
            evidence=glossary.evidence_words(name, part["evidence"] if name in now else {}),
        )
        for name, part in (gone | now).items()
    ]
    bound = [name for name in (*shown, *before) if name not in gone | now]
    return found + [ceiling_line(name, shown, before) for name in dict.fromkeys(bound)]


def ceiling_line(name: str, shown: Mapping[str, int], before: Mapping[str, int]) -> Line:
    return Line(
        name=name,
        label=glossary.ceiling_label(name),
        meaning="",
        value=None,
        share=None,
        lost=shown.get(name, 0) if shown else None,
        change=change_of(name, shown, before),
        evidence="",
        is_ceiling=True,
    )


def change_of(name: str, shown: Mapping[str, int], before: Mapping[str, int]) -> int | None:
    """Points given back (+) or taken (-) since; None when either day had no score. Over all lines: the change."""
    if not shown or not before:
        return None
    return before.get(name, 0) - shown.get(name, 0)
