"""Which unknowns a set of linear equations settles, exactly (Gauss and Jordan, in fractions; pure)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from fractions import Fraction

Equation = dict[Hashable, Fraction]


def settled(equations: Iterable[Mapping[Hashable, int]]) -> set[Hashable]:
    """The unknowns that have one value only. An equation is the factors of its unknowns; what it comes to is known."""
    solved: dict[Hashable, Equation] = {}
    for given in equations:
        row: Equation = {unknown: Fraction(factor) for unknown, factor in given.items()}
        for pivot in [unknown for unknown in row if unknown in solved]:
            row = less(row, solved[pivot], row[pivot])
        if not row:
            continue
        pivot, factor = next(iter(row.items()))
        row = {unknown: number / factor for unknown, number in row.items()}
        solved = {
            other: less(one, row, one[pivot]) if pivot in one else one for other, one in solved.items()
        } | {pivot: row}
    return {pivot for pivot, row in solved.items() if len(row) == 1}


def less(row: Equation, other: Equation, times: Fraction) -> Equation:
    both = dict(row)
    for unknown, number in other.items():
        both[unknown] = both.get(unknown, Fraction()) - times * number
    return {unknown: number for unknown, number in both.items() if number}
