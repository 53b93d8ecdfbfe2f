"""What outsiders read of a frozen report: no count of one to four, and none that could be worked out from the rest (pure).

A count may stand in a line beside the whole that it is a part of, in a column whose sum is known, in a margin of another
table, or behind a share. Each of these is an equation. As long as one of them has a single unknown, or the unknown parts
of a known whole are fewer than five together, the smallest other part is withheld too. Promoters, passives and
detractors hang together by the NPS: where one is withheld all three are, with the interval, from which they follow,
and with what a control chart remembers from there on.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace

from app.reports.freezing.document import Document, Row, Table, Value
from app.reports.freezing.solving import settled
from app.reports.glossary.metrics import METRICS

FEWEST = 5
NOT_COUNTS = frozenset(
    {"points", "share", "scale", "chance", "score", "polarity", "money", "flag", "words", "priority"}
)
OF_PEOPLE = ("promoters_of_people", "passives_of_people", "detractors_of_people")
OF_ANSWERS = ("promoters", "passives", "detractors")
BANDS = (OF_PEOPLE, OF_ANSWERS)
SIZES = ("people", "n", "answers")
PARTS = (
    *(("people", OF_PEOPLE), ("n", OF_ANSWERS), ("answers", OF_ANSWERS), ("people_asked", ("people",))),
    *(("asks_closed", ("asks_answered",)), ("value_asks_closed", ("value_asks_answered",))),
    ("value_answers", ("valued_high", "valued_middle", "valued_low")),
    ("promises_made", ("promises_kept", "promises_broken", "promises_open", "promises_withdrawn")),
    ("promises_broken", ("promises_kept_late",)),
    *(("follow_ups_opened", ("follow_ups_closed",)), ("follow_ups_closed", ("follow_ups_told",))),
    ("follow_ups_closed", ("follow_ups_confirmed",)),
    ("detractor_answers", ("detractors_contacted",)),
    ("detractor_answers", ("detractors_closed",)),
    ("detractor_answers", ("detractors_recovered",)),
    *(("comments", ("negative", "positive")), ("comments_all", ("comments_without_theme",))),
    *(("people_known", ("people_askable",)), ("people_known", ("people_reached",))),
    ("people_reached", ("people_heard", "people_unheard", "people_waiting")),
    ("accounts_known", ("accounts_answering", "accounts_unheard")),
    *(("accounts_unheard", ("accounts_unasked",)), ("accounts_known", ("accounts_without_decision_maker",))),
)
"""A whole with parts of it."""
ALL_OF_IT = frozenset({OF_PEOPLE, OF_ANSWERS, *(parts for _whole, parts in PARTS if len(parts) > 2)}) | {
    ("accounts_answering", "accounts_unheard")
}
"""Parts that leave nothing; what others leave stands nowhere, and must not be worked out either where it is small."""
FOLLOWS = {
    "response_rate": ("asks_answered", "asks_closed"),
    "value_response_rate": ("value_asks_answered", "value_asks_closed"),
    "heard_rate": ("people_heard", "people_unheard"),
    "share_low": ("people_heard", "people_unheard", "comments"),
    "share_high": ("people_heard", "people_unheard", "comments"),
    "share": ("comments",),
    "share_of_before": ("moves",),
    "promises_share_kept": ("promises_kept", "promises_broken"),
    "follow_ups_share_told": ("follow_ups_told", "follow_ups_opened"),
    "detractor_share": OF_ANSWERS,
    "low": (*OF_PEOPLE, *OF_ANSWERS),
    "high": (*OF_PEOPLE, *OF_ANSWERS),
}
"""What would tell the counts that it is made of."""
SHARES_OF = {"response_rate": "asks_closed", "detractor_share": "answers"}
"""Shares that stand beside the number they are of, without the count itself."""
REMEMBERED = "ewma"
Cell = tuple[str, str, str]


@dataclass(frozen=True)
class Sum:
    """`parts` make `whole`, or leave a rest of it; None for a whole that stands nowhere but must be taken for known."""

    parts: tuple[Cell, ...]
    whole: Cell | None = None
    leaves_rest: bool = False


def withheld(given: Document, *, has_names: bool) -> Document:
    """What outsiders read; names of customers and colleagues only if they are wanted."""
    hidden = hidden_cells(given)
    figures = tuple(replace(one, value=None) if ("", "", one.key) in hidden else one for one in given.figures)
    tables = tuple(shown(table, hidden) for table in given.tables if has_names or not table.is_naming)
    sentences = tuple((words, people) for words, people in given.sentences if not is_small(people))
    return replace(given, figures=figures, tables=tables, sentences=sentences)


def shown(table: Table, hidden: set[Cell]) -> Table:
    """The table without the rows of which not even the size may be told, and without its other hidden cells."""

    def row_of(row: Row) -> Row:
        values = (
            None if (table.name, row.key, key) in hidden else value
            for key, value in zip(table.columns, row.values, strict=True)
        )
        return replace(row, values=tuple(values))

    rows = (row_of(row) for row in table.rows if (table.name, row.key, table.group) not in hidden)
    return replace(table, rows=tuple(rows))


def left_out(full: Document, told: Document) -> dict[str, int]:
    """How many rows of each table an outsider does not see."""
    tables = {table.name: len(table.rows) for table in told.tables}
    return {t.name: len(t.rows) - tables[t.name] for t in full.tables if t.name in tables}


def is_small(number: Value) -> bool:
    return isinstance(number, int | float) and 0 < number < FEWEST


def is_count(key: str) -> bool:
    found = METRICS.get(key)
    return found is not None and found.unit not in NOT_COUNTS


def hidden_cells(given: Document) -> set[Cell]:
    """Every cell that is withheld; a figure of the whole report has no table and no row."""
    values = {cell: value for line in lines(given) for cell, value in line.items()}
    counts = {cell: value for cell, value in values.items() if is_count(cell[2]) and is_number(value)}
    hidden = {cell for cell, value in counts.items() if is_small(value)} | of_small_groups(given)
    sums = [one for one in equations(given) if set(one.parts) <= counts.keys()]
    whole_rows = [
        [(table.name, row.key, key) for key in (table.group, *table.columns)]
        for table in given.tables
        for row in table.rows
    ]
    grow(given, counts, hidden, sums, whole_rows)
    while more := still_told(given, counts, hidden, sums):
        hidden.add(more)
        grow(given, counts, hidden, sums, whole_rows)
    return hidden | remembering(given, hidden)


def remembering(given: Document, hidden: set[Cell]) -> set[Cell]:
    """The cells that would tell the bands of a period where those, or its NPS, are withheld.

    What is remembered of the NPS tells, less what was remembered before, how many standard errors a period lies from its
    level; beside its NPS that is its variance, and so its bands. All later points remember the period too.
    """
    untold = {row for _table, row, key in hidden if key in (*OF_ANSWERS, *OF_PEOPLE, "nps")}
    found = set()
    for table in (one for one in given.tables if REMEMBERED in one.columns):
        rows = [row.key for row in table.rows if table.value(row, REMEMBERED) is not None]
        first = next((place for place, key in enumerate(rows) if key in untold), len(rows))
        found |= {(table.name, key, name) for key in rows[first:] for name in (REMEMBERED, "is_signal")}
    return found


def grow(
    given: Document,
    counts: Mapping[Cell, float],
    hidden: set[Cell],
    sums: list[Sum],
    whole_rows: list[list[Cell]],
) -> None:
    """Hide what each equation by itself, and each line, would tell of what is hidden."""
    before = -1
    while before != len(hidden):
        before = len(hidden)
        for one in sums:
            hidden |= further(one, counts, hidden)
        for line in lines(given):
            hidden |= hanging_together(line, hidden)
        for cells in whole_rows:
            hidden |= set(cells) if cells[0] in hidden else set()


def still_told(
    given: Document, counts: Mapping[Cell, float], hidden: set[Cell], sums: list[Sum]
) -> Cell | None:
    """A cell to hide too where all the equations together still settle a small count: the least that stands in an
    equation with it, or, where all of those are hidden, in one with anything hidden of the same kind."""
    told = settled(known_equations(given, counts, hidden, sums))
    kinds: set[str] = set()
    for one in sums:
        unknown = {cell for cell in (*one.parts, one.whole) if cell in hidden and is_small(counts[cell])}
        rest = (one, counts[one.whole] - sum(counts[cell] for cell in one.parts)) if one.leaves_rest else None
        if unknown & told or (rest and is_small(rest[1]) and one in told):
            if near := least(shown_of(one, counts, hidden), counts):
                return near
            kinds |= {cell[2] for cell in one.parts}
    beside = (one for one in sums if hidden & {*one.parts, one.whole})
    return least(
        [cell for one in beside for cell in shown_of(one, counts, hidden) if cell[2] in kinds], counts
    )


def shown_of(one: Sum, counts: Mapping[Cell, float], hidden: set[Cell]) -> list[Cell]:
    return [cell for cell in (*one.parts, one.whole) if cell in counts and cell not in hidden]


def least(cells: list[Cell], counts: Mapping[Cell, float]) -> Cell | None:
    """The smallest count among them, noughts last."""
    return min(cells, key=lambda cell: (counts[cell] == 0, counts[cell], cell), default=None)


def known_equations(
    given: Document, counts: Mapping[Cell, float], hidden: set[Cell], sums: list[Sum]
) -> Iterator[dict[Hashable, int]]:
    """What is known of the hidden counts: each sum, with its rest as one more unknown, and each NPS that is told."""
    for one in sums:
        row: dict[Hashable, int] = {cell: 1 for cell in one.parts if cell in hidden}
        if one.whole in hidden:
            row[one.whole] = -1
        if one.leaves_rest:
            row[one] = 1
        if row and (one.whole is not None or len(row) < len(one.parts)):
            yield row
    for line in lines(given):
        by_key = {cell[2]: cell for cell in line}
        if "nps" in by_key and by_key["nps"] not in hidden:
            signs = {
                name: sign for bands in BANDS for name, sign in zip(bands, (1, 0, -1), strict=True) if sign
            }
            row = {
                by_key[name]: sign
                for name, sign in signs.items()
                if by_key.get(name) in hidden & counts.keys()
            }
            if row:
                yield row


def is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def lines(given: Document) -> Iterator[dict[Cell, Value]]:
    """What stands side by side: the figures, and each row of a table."""
    yield {("", "", one.key): one.value for one in given.figures}
    for table in given.tables:
        for row in table.rows:
            yield {
                (table.name, row.key, key): value
                for key, value in zip(table.columns, row.values, strict=True)
            }


def of_small_groups(given: Document) -> set[Cell]:
    """The figures and rows about fewer than five people."""
    found = {("", "", one.key) for one in given.figures if is_small(one.people)}
    for table in given.tables:
        for row in table.rows:
            if is_small(table.value(row, table.group)):
                found |= {(table.name, row.key, key) for key in table.columns}
    return found


# What could be worked out


def equations(given: Document) -> list[Sum]:
    return [*of_lines(given), *of_columns(given), *of_margins(given), *of_repeats(given), *of_why(given)]


def of_lines(given: Document) -> Iterator[Sum]:
    for line in lines(given):
        by_key = {cell[2]: cell for cell in line if is_number(line[cell])}
        for whole, parts in PARTS:
            if whole in by_key and (here := tuple(by_key[part] for part in parts if part in by_key)):
                yield Sum(here, by_key[whole], len(here) < len(parts) or parts not in ALL_OF_IT)


def of_columns(given: Document) -> Iterator[Sum]:
    """The sum of a column is taken for known: it may be a figure of the report, or of another one."""
    for table in given.tables:
        for key in filter(is_count, table.columns):
            yield Sum(tuple((table.name, row.key, key) for row in table.rows))


def of_margins(given: Document) -> Iterator[Sum]:
    """A table of two properties, `a | b`, beside that of one of them."""
    for inner in given.tables:
        for place in (0, 1):
            for margin in (table for table in given.tables if table is not inner):
                yield from of_margin(inner, margin, place)


def of_margin(inner: Table, margin: Table, place: int) -> Iterator[Sum]:
    found: dict[str, list[Row]] = {}
    for row in inner.rows:
        names = row.key.split(" | ")
        if len(names) == 2:
            found.setdefault(names[place], []).append(row)
    for row in margin.rows if margin.columns == inner.columns else ():
        for key in filter(is_count, margin.columns):
            if row.key in found:
                parts = tuple((inner.name, one.key, key) for one in found[row.key])
                yield Sum(parts, (margin.name, row.key, key))


def of_repeats(given: Document) -> Iterator[Sum]:
    """The same count of the same row in two tables."""
    known: dict[tuple, Cell] = {}
    for table in given.tables:
        for row in table.rows:
            for key in filter(is_count, table.columns):
                cell = (table.name, row.key, key)
                same = known.setdefault((row.key, key, table.value(row, key)), cell)
                if same != cell:
                    yield Sum((cell,), same)


def of_why(given: Document) -> Iterator[Sum]:
    """Who answered in each of two periods: those who answered in both, and those who came or went."""
    figures = {one.key for one in given.figures}
    for table in given.tables:
        rows = {row.key for row in table.rows}
        for figure, parts in (("people", ("moved", "joined")), ("people_before", ("moved", "left"))):
            if rows == {"moved", "joined", "left"} and figure in figures:
                yield Sum(tuple((table.name, part, table.group) for part in parts), ("", "", figure))


def further(one: Sum, counts: Mapping[Cell, float], hidden: set[Cell]) -> set[Cell]:
    """One more cell where the rest of an equation would tell what is hidden in it."""
    unknown = [cell for cell in one.parts if cell in hidden]
    whole_is_hidden = one.whole in hidden
    rest = counts[one.whole] - sum(counts[cell] for cell in one.parts) if one.leaves_rest else 0
    number = len(unknown) + whole_is_hidden
    if one.leaves_rest and (number or is_small(rest)):
        number += 1
    together = sum(counts[cell] for cell in unknown) + rest
    if not number or (number > 1 and (whole_is_hidden or together >= FEWEST)):
        return set()
    others = sorted((counts[cell] == 0, counts[cell], cell) for cell in one.parts if cell not in hidden)
    if others:
        return {others[0][2]}
    return {one.whole} if one.whole in counts and not whole_is_hidden else set()


def hanging_together(line: Mapping[Cell, Value], hidden: set[Cell]) -> set[Cell]:
    """What of a line follows from a hidden part of it, or would tell one: bands, NPS, intervals and shares."""
    by_key = {cell[2]: cell for cell in line}
    keys_hidden = {key for key, cell in by_key.items() if cell in hidden}
    found = {key for bands in BANDS if keys_hidden & set(bands) for key in bands}
    found |= {key for key, made_of in FOLLOWS.items() if (keys_hidden | found) & set(made_of)}
    value_of = {key: line[cell] for key, cell in by_key.items() if is_number(line[cell])}
    found |= telling_shares(value_of)
    size = next((value_of[key] for key in SIZES if key in value_of), None)
    if size and "nps" in value_of:
        others = votes_beside(size, value_of["nps"])
        if others == 1 or (others == 0 and (keys_hidden | found) & {*OF_PEOPLE, *OF_ANSWERS}):
            found |= {"nps", "low", "high"}
    return {by_key[key] for key in found if key in by_key}


def votes_beside(size: float, nps: float) -> float:
    """How many of so many votes are not all of one band. With one or none the NPS tells every band."""
    return size - abs(round(nps * size / 100))


def telling_shares(value_of: Mapping[str, float]) -> set[str]:
    """Shares of a number beside them that tell a count of one to four, or that all but so few are of it."""
    found = set()
    for key, of in SHARES_OF.items():
        if key in value_of and of in value_of:
            number = round(value_of[key] * value_of[of])
            if is_small(number) or is_small(value_of[of] - number):
                found.add(key)
    return found
