"""What other parameters would do, before they are saved: whose scores and colours would be others, and by how much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import fsum
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Account, Stage
from app.health import snapshots
from app.health.colours import Memory, next_colour
from app.health.formula import score_account
from app.health.gathering import gather
from app.health.models import Colour
from app.health.parameters import FormulaSet
from app.health.snapshots import NAMES, Told, tell

MOST_ACCOUNTS = 500
CHUNK = 100
FARTHEST = 12


@dataclass(frozen=True)
class Moved:
    """One score of an account under both sets."""

    account_id: int
    name: str
    before: float | None
    after: float | None
    colour_before: Colour
    colour_after: Colour

    @property
    def points(self) -> float | None:
        return None if None in (self.before, self.after) else self.after - self.before


@dataclass(frozen=True)
class ScoreChange:
    """What would become of one score: how many accounts get another colour, and how far it would move."""

    name: str
    moved: Sequence[Moved]

    @property
    def recoloured(self) -> Sequence[Moved]:
        return [one for one in self.moved if one.colour_before != one.colour_after]

    @property
    def ways(self) -> list[tuple[Colour, Colour, int]]:
        """From which colour to which, and how many accounts; the most first."""
        count = Counter((one.colour_before, one.colour_after) for one in self.recoloured)
        return [(*way, n) for way, n in sorted(count.items(), key=lambda item: (-item[1], item[0]))]

    @property
    def points(self) -> list[float]:
        return [one.points for one in self.moved if one.points is not None]

    @property
    def mean(self) -> float | None:
        return fsum(self.points) / len(self.points) if self.points else None

    @property
    def least(self) -> float | None:
        return min(self.points, default=None)

    @property
    def most(self) -> float | None:
        return max(self.points, default=None)

    @property
    def shown(self) -> list[Moved]:
        """Those with another colour, the farthest first."""
        return sorted(self.recoloured, key=lambda one: (-abs(one.points or 0), one.account_id))[:FARTHEST]


@dataclass(frozen=True)
class Preview:
    """`looked` of `total` accounts were computed under both sets, the largest by ARR."""

    scores: Mapping[str, ScoreChange]
    accounts: Mapping[int, Account]
    looked: int
    total: int


def preview(
    session: Session,
    before: FormulaSet,
    after: FormulaSet,
    *,
    today: date,
    zone: ZoneInfo,
    most: int = MOST_ACCOUNTS,
) -> Preview:
    """The scores of today under both sets, with the colours they would settle at. Reads only."""
    here = sa.select(Account.id).where(Account.stage != Stage.LOST)
    ids = list(session.scalars(here.order_by(Account.arr.desc().nulls_last(), Account.id).limit(most)))
    total = session.scalar(sa.select(sa.func.count()).select_from(here.subquery())) or 0
    found: dict[str, list[Moved]] = {name: [] for name in NAMES}
    for place in range(0, len(ids), CHUNK):
        part = ids[place : place + CHUNK]
        now, then = under_both(session, part, before, after, today=today, zone=zone)
        for id in part:
            for moved in compared(id, now[id], then[id], before, after):
                found[moved.name].append(moved)
    changes = {name: ScoreChange(name, moved) for name, moved in found.items()}
    wanted = {one.account_id for change in changes.values() for one in change.shown}
    accounts = session.scalars(sa.select(Account).where(Account.id.in_(wanted)))
    return Preview(changes, {account.id: account for account in accounts}, len(ids), total)


def under_both(
    session: Session,
    ids: Sequence[int],
    before: FormulaSet,
    after: FormulaSet,
    *,
    today: date,
    zone: ZoneInfo,
) -> tuple[dict[int, Told], dict[int, Told]]:
    """The scores of these accounts under each set. Facts are the same under both, but for how near a renewal counts as near."""
    facts = gather(session, ids, as_of=today, zone=zone, formula=before)
    is_same = before.renewal_days == after.renewal_days
    others = facts if is_same else gather(session, ids, as_of=today, zone=zone, formula=after)
    eve = snapshots.last_before(session, ids, today)
    now, then = (
        {id: tell(score_account(known, formula), eve.get(id), formula) for id, known in found.items()}
        for found, formula in ((facts, before), (others, after))
    )
    return now, then


def compared(id: int, now: Told, then: Told, before: FormulaSet, after: FormulaSet) -> Iterator[Moved]:
    for name in NAMES:
        colours = (settled(told, name, formula) for told, formula in ((now, before), (then, after)))
        yield Moved(id, name, now.score(name), then.score(name), *colours)


def settled(told: Told, name: str, formula: FormulaSet) -> Colour:
    """The colour that a score comes to when it stays as it is."""
    memory = Memory(told.colour(name), told.memory.get(name, 0))
    for _day in range(2 * int(formula.colours["days_to_rise"])):
        memory = next_colour(told.score(name), memory, formula)
    return memory.colour
