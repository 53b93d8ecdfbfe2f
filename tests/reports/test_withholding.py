"""Outsiders read no count of one to four, and can work none out from what they read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.reports.freezing import withholding
from app.reports.freezing.document import Document, Figure, Row, Table
from app.reports.freezing.withholding import FEWEST, hidden_cells, is_count, is_small

BANDS = ("promoters", "passives", "detractors")
HEAD = ("n", "nps", "low", "high", *BANDS)
PEOPLE = (
    "people_known",
    "people_askable",
    "people_reached",
    "people_heard",
    "people_unheard",
    "people_waiting",
)
counts = st.one_of(st.integers(0, 6), st.integers(0, 80))


def band_row(key: str, promoters: int, passives: int, detractors: int) -> Row:
    n = promoters + passives + detractors
    nps = 100 * (promoters - detractors) / n if n >= FEWEST else None
    return Row(key, f"Group {key}", (n, nps, nps, nps, promoters, passives, detractors))


def people_row(key: str, heard: int, unheard: int, waiting: int, unasked: int) -> Row:
    reached = heard + unheard + waiting
    return Row(key, key, (reached + unasked, reached, reached, heard, unheard, waiting))


def groups(rows) -> Document:
    table = Table("groups", "Groups", "Group", HEAD, tuple(rows), "n")
    n = sum(row.values[0] for row in rows)
    whole = [sum(row.values[4 + place] for row in rows) for place in range(3)]
    return Document(
        (Figure("people", n, n), *map(Figure, (f"{b}_of_people" for b in BANDS), whole)), (table,)
    )


def coverage(cells: dict[tuple[str, str], tuple[int, ...]]) -> Document:
    def table(name: str, rows: list[Row]) -> Table:
        return Table(name, name, name, PEOPLE, tuple(rows), "people_known")

    def margin(place: int) -> list[Row]:
        names = dict.fromkeys(key[place] for key in cells)
        return [
            people_row(name, *map(sum, zip(*(v for k, v in cells.items() if k[place] == name), strict=True)))
            for name in names
        ]

    inner = [people_row(" | ".join(key), *numbers) for key, numbers in cells.items()]
    whole = people_row("", *map(sum, zip(*cells.values(), strict=True)))
    figures = tuple(
        Figure(key, value, whole.values[0]) for key, value in zip(PEOPLE, whole.values, strict=True)
    )
    return Document(figures, (table("roles", margin(0)), table("tiers", margin(1)), table("parts", inner)))


def worked_out(full: Document) -> list[tuple]:
    """The small counts that follow from what is shown: by the sums that are known, and by the NPS of a line."""
    hidden = hidden_cells(full)
    values = {cell: v for line in withholding.lines(full) for cell, v in line.items() if is_count(cell[2])}
    unknown = {cell for cell in hidden if cell in values}
    rows: list[dict] = []
    for one in withholding.equations(full):
        row = {cell: 1 for cell in one.parts if cell in unknown}
        if one.whole in unknown:
            row[one.whole] = -1
        if one.whole is None and unknown.issuperset(one.parts):
            continue  # Of what is withheld throughout no sum stands anywhere.
        if one.leaves_rest:
            row["rest", one.whole, one.parts] = 1
        rows.append(row)
    for line in withholding.lines(full):
        keys = {cell[2]: cell for cell in line}
        if "nps" in keys and keys["nps"] not in hidden and line[keys["nps"]] is not None:
            signs = {"promoters": 1, "detractors": -1}
            rows.append({keys[key]: sign for key, sign in signs.items() if keys[key] in unknown})
    rests = {
        ("rest", one.whole, one.parts): values[one.whole] - sum(values[cell] for cell in one.parts)
        for one in withholding.equations(full)
        if one.leaves_rest
    }
    small = {cell for cell in unknown if is_small(values[cell])}
    small |= {cell for cell, rest in rests.items() if is_small(rest)}
    return settled_by_rank([row for row in rows if row], small)


def settled_by_rank(rows: list[dict], wanted: set) -> list:
    """Those of `wanted` that the equations leave one value: adding it as an equation adds nothing to their rank."""
    names = {cell: place for place, cell in enumerate({cell: 0 for row in rows for cell in row})}
    matrix = np.zeros((len(rows), len(names)))
    for place, row in enumerate(rows):
        for cell, number in row.items():
            matrix[place, names[cell]] = number
    if not names:
        return []
    _u, sizes, basis = np.linalg.svd(matrix)
    inside = basis[: int((sizes > 1e-9).sum())]
    return [cell for cell in wanted if cell in names and np.linalg.norm(inside[:, names[cell]]) > 1 - 1e-9]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(counts, counts, counts), min_size=1, max_size=6))
def test_no_band_of_any_group_can_be_worked_out(rows):
    full = groups([band_row(str(place), *numbers) for place, numbers in enumerate(rows)])
    told = withholding.withheld(full, has_names=True)
    assert not any(
        is_small(v) for t in told.tables for row in t.rows for v in (row.values[0], *row.values[4:])
    )
    assert worked_out(full) == []
    for row in told.tables[0].rows:
        if None in row.values[4:]:
            assert row.values[2:] == (None,) * 5  # The interval would tell the bands.


cells = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from("123")),
    st.tuples(counts, counts, counts, counts),
    min_size=1,
)


# The one person of a and 1 stands in no equation of which anything is told, and follows from two that are far from it.
@example(
    {("a", "1"): (0, 0, 0, 1), ("a", "2"): (0, 0, 0, 64), ("b", "2"): (0, 0, 0, 2), ("c", "1"): (0, 0, 0, 65)}
    | {("c", "3"): (0, 0, 0, 0)}
)
@settings(max_examples=60, deadline=None)
@given(cells)
def test_no_margin_tells_what_a_cell_withholds(numbers):
    full = coverage(numbers)
    told = withholding.withheld(full, has_names=True)
    assert not any(is_small(value) for table in told.tables for row in table.rows for value in row.values)
    assert worked_out(full) == []


def test_large_groups_are_told_in_full():
    full = groups([band_row("a", 20, 9, 6), band_row("b", 30, 0, 12)])
    assert withholding.withheld(full, has_names=True) == full


@pytest.mark.parametrize(
    ("figures", "hidden"),
    [
        ({"asks_closed": 40, "asks_answered": 38, "response_rate": 0.95}, {"asks_answered", "response_rate"}),
        ({"asks_closed": 40, "asks_answered": 30, "response_rate": 0.75}, set()),
        ({"answers": 50, "detractor_share": 0.04}, {"detractor_share"}),
        ({"people": 30, "nps": 100 * 29 / 30, "low": 80.0}, {"nps", "low"}),
        ({"follow_ups_opened": 30, "follow_ups_closed": 28, "follow_ups_told": 20}, {"follow_ups_closed"}),
    ],
)
def test_what_would_tell_the_rest_goes_too(figures, hidden):
    full = Document(tuple(Figure(key, value) for key, value in figures.items()))
    told = withholding.withheld(full, has_names=True)
    assert {one.key for one in told.figures if one.value is None} == hidden


def test_who_came_and_went_is_not_told_by_both_periods():
    rows = tuple(Row(key, key, (1.0, n)) for key, n in (("moved", 40), ("joined", 12), ("left", 3)))
    parts = Table("parts", "Parts", "Part", ("points_added", "people_behind"), rows, "people_behind")
    full = Document((Figure("people", 52), Figure("people_before", 43)), (parts,))
    assert withholding.withheld(full, has_names=True).tables[0].rows == ()


def test_what_is_remembered_of_the_nps_is_withheld_from_the_first_period_whose_bands_are():
    bands = ((20, 19, 16), *[(2, 1, 1)] * 3, (30, 3, 9), (40, 9, 12))
    periods = [(str(place), numbers) for place, numbers in enumerate(bands)]
    levels = [
        Row(key, key, (sum(numbers), 40.0, *((0.2, 1.1, 0) if sum(numbers) >= FEWEST else (None, None, 0))))
        for key, numbers in periods
    ]
    unhappy = [Row(key, key, (sum(numbers), *numbers)) for key, numbers in periods]
    heads = ("n", "nps", "ewma", "ewma_limit", "is_signal"), ("answers", *BANDS)
    full = Document(
        (),
        (
            Table("levels", "", "", heads[0], levels, "n"),
            Table("unhappy", "", "", heads[1], unhappy, "answers"),
        ),
    )
    told = withholding.withheld(full, has_names=True).tables[0]
    assert {row.key: told.value(row, "ewma") for row in told.rows} == {"0": 0.2, "4": None, "5": None}
    assert {row.key: told.value(row, "is_signal") for row in told.rows} == {"0": 0, "4": None, "5": None}
    assert told.value(told.rows[1], "nps") == 40
