"""What a frozen report says: figures, tables and definitions; and in which cells two such documents differ (pure).

Every figure and every column is a key of the glossary. Values are kept unrounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from math import isclose

from app.reports.glossary.metrics import metric

Value = float | int | str | None


@dataclass(frozen=True)
class Figure:
    """One number by its key; `people`: of how many, None where it is of nobody in particular."""

    key: str
    value: Value
    people: int | None = None


@dataclass(frozen=True)
class Row:
    """A line of a table: `key` stays the same for good, `label` is what it was called."""

    key: str
    label: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Table:
    """`columns` are keys of the glossary; `group` is the column that says how many a row is made of.

    `is_naming`: its rows are customers or colleagues by name.
    """

    name: str
    title: str
    label: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    group: str
    is_naming: bool = False

    def value(self, row: Row, column: str) -> Value:
        return row.values[self.columns.index(column)]


@dataclass(frozen=True)
class Document:
    """All of it. `sentences` come with the number of people that each speaks of, `definitions` are pairs of a name and
    what it meant, `quotes` are ids of answers with a comment."""

    figures: tuple[Figure, ...]
    tables: tuple[Table, ...] = ()
    sentences: tuple[tuple[str, int | None], ...] = ()
    definitions: tuple[tuple[str, str], ...] = ()
    quotes: tuple[int, ...] = field(default=())

    @property
    def keys(self) -> list[str]:
        """Every metric that it shows, in order."""
        found = [one.key for one in self.figures] + [key for table in self.tables for key in table.columns]
        return list(dict.fromkeys(found))

    def defined(self) -> Document:
        """The same with what each figure means today."""
        meanings = tuple(
            (metric(key).label, f"{metric(key).meaning} {metric(key).formula}") for key in self.keys
        )
        return replace(self, definitions=meanings)

    def as_json(self) -> dict:
        return asdict(self)


def from_json(given: dict) -> Document:
    """What `as_json` wrote."""
    return Document(
        tuple(Figure(**one) for one in given["figures"]),
        tuple(table_of(one) for one in given["tables"]),
        tuple((words, people) for words, people in given["sentences"]),
        tuple((name, words) for name, words in given["definitions"]),
        tuple(given["quotes"]),
    )


def table_of(given: dict) -> Table:
    rows = tuple(Row(row["key"], row["label"], tuple(row["values"])) for row in given["rows"])
    return Table(**given | {"columns": tuple(given["columns"]), "rows": rows})


# Then and now


@dataclass(frozen=True)
class Changed:
    """A cell that says something else now: of `table` and `row`, or a figure of the whole report where both are empty."""

    table: str
    row: str
    key: str
    then: Value
    now: Value


def changes(then: Document, now: Document) -> list[Changed]:
    """Every figure and cell that differs, those of a row that came or went with None on the other side."""
    found = {one.key: one.value for one in now.figures}
    told = [Changed("", "", one.key, one.value, found.get(one.key)) for one in then.figures]
    tables = {table.name: table for table in now.tables}
    for table in then.tables:
        if other := tables.get(table.name):
            told += cells(table, other)
    return [one for one in told if not is_same(one.then, one.now)]


def cells(then: Table, now: Table) -> Iterator[Changed]:
    rows, others = ({row.key: row for row in table.rows} for table in (then, now))
    for key in dict.fromkeys([*rows, *others]):
        was, became = rows.get(key), others.get(key)
        for column in then.columns:
            yield Changed(
                then.title,
                (became or was).label,
                column,
                was and then.value(was, column),
                became and now.value(became, column),
            )


def is_same(one: Value, other: Value) -> bool:
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) if numbers else one == other
