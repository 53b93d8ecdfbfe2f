"""What a report counted, one by one, as of two instants: packing it, and adding up why the two differ (pure).

A roll is a set of named registers; a register maps the id of what was counted to its state, a few words in one text.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

MOST_KEPT = 300_000
Register = dict[int, str]
Roll = dict[str, Register]


class Cause(StrEnum):
    """Why something counts now that did not count then, the other way round, or otherwise."""

    LATE = "late"
    EDIT = "edit"
    REVIEW = "review"
    MERGE = "merge"
    ERASURE = "erasure"
    SEGMENT = "segment"
    PLACE = "place"
    WORK = "work"
    READING = "reading"
    TIME = "time"
    OTHER = "other"


@dataclass(frozen=True)
class Change:
    """Something that was counted as `then` and is as `now`; None where it was not, or is not, counted at all."""

    id: int
    then: str | None
    now: str | None


@dataclass(frozen=True)
class Caused:
    """A change with its cause."""

    change: Change
    cause: Cause


@dataclass(frozen=True)
class Tally:
    """What one cause did to a register. `classes` holds by how many each kind of entry became more or fewer."""

    cause: Cause
    came: int
    gone: int
    changed: int
    classes: Mapping[str, int]

    @property
    def net(self) -> int:
        return self.came - self.gone


def pack(roll: Roll) -> bytes | None:
    """None where it is too much to keep."""
    if sum(map(len, roll.values())) > MOST_KEPT:
        return None
    return zlib.compress(json.dumps(roll, separators=(",", ":")).encode(), 6)


def unpack(packed: bytes) -> Roll:
    found = json.loads(zlib.decompress(packed))
    return {name: {int(id): state for id, state in register.items()} for name, register in found.items()}


def differences(then: Register, now: Register) -> list[Change]:
    """What is not the same in both, by id."""
    ids = sorted(then.keys() | now.keys())
    return [Change(id, then.get(id), now.get(id)) for id in ids if then.get(id) != now.get(id)]


def tallies(found: Iterable[Caused], class_of) -> list[Tally]:
    """By cause, in the order of `Cause`; the nets add up to the difference between the two registers."""
    by_cause: dict[Cause, list[Change]] = {}
    for one in found:
        by_cause.setdefault(one.cause, []).append(one.change)
    return [tally(cause, by_cause[cause], class_of) for cause in Cause if cause in by_cause]


def tally(cause: Cause, changes: list[Change], class_of) -> Tally:
    classes: Counter[str] = Counter()
    for change in changes:
        if change.now is not None:
            classes[class_of(change.now)] += 1
        if change.then is not None:
            classes[class_of(change.then)] -= 1
    came, gone = sum(c.then is None for c in changes), sum(c.now is None for c in changes)
    return Tally(cause, came, gone, len(changes) - came - gone, {k: n for k, n in classes.items() if n})
