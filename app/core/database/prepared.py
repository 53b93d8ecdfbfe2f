"""Core statements for hot paths: compiled once for each database, then run on the driver's own cursor.

SQLAlchemy's execution costs several times what the driver needs for a short statement. A `Prepared` statement is
written like any other, with bind parameters, and keeps the column types' own conversion of values in both directions.
It runs inside the transaction that the caller began; a single SELECT may also run without one.
"""

from __future__ import annotations

import time
from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session

from app.core.database.columns import UtcDateTime
from app.core.database.reading.watched import WATCHED

Converter = Callable[[Any], Any]
SELECTS = (sa.Select, sa.CompoundSelect)
REMEMBERED = (UtcDateTime, sa.Date, sa.Enum)
CONVERTERS: dict[tuple, Converter] = {}


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement in one database's own words, with what turns values into its parameters and rows into ours."""

    sql: str
    is_change: bool
    constants: Mapping[str, Any]
    writers: tuple[tuple[str, Converter], ...]
    arrange: Callable[[dict[str, Any]], Any]
    readers: tuple[tuple[int, Converter], ...]
    make: Callable[[Iterable[Any]], Any]

    def parameters(self, values: Mapping[str, Any]) -> Any:
        given = {**self.constants, **values}
        for name, convert in self.writers:
            given[name] = convert(given[name])
        return self.arrange(given)

    def many(self, rows: Iterable[Mapping[str, Any]]) -> list[Any]:
        """The parameters of each; what several rows in a sequence share, the same object, is converted once."""
        last: dict[str, tuple[Any, Any]] = {}
        made = []
        for values in rows:
            given = {**self.constants, **values}
            for name, convert in self.writers:
                value = given[name]
                if name not in last or last[name][0] is not value:
                    last[name] = value, convert(value)
                given[name] = last[name][1]
            made.append(self.arrange(given))
        return made

    def row(self, found: tuple) -> Any:
        cells = list(found)
        for place, convert in self.readers:
            if cells[place] is not None:
                cells[place] = convert(cells[place])
        return self.make(cells)


class Prepared:
    """A statement that is compiled at its first use with each database.

    Values are given by the names of its bind parameters, all of them. `into` makes a row from a list of cells
    (default: a named tuple of the columns). Columns with a Python-side default must be named in the statement.
    `shared` names columns whose cells say the same for many rows, settings for instance: rows get one and the same
    object, which nobody may change.
    """

    def __init__(
        self,
        statement: sa.Executable,
        into: Callable[[Iterable[Any]], Any] | None = None,
        shared: Collection[str] = (),
    ):
        self.statement = statement
        self.into = into
        self.shared = shared
        self.plans: dict[str, Plan] = {}

    def row(self, connection: Connection, **values: Any) -> Any | None:
        """The first row, or None."""
        plan = self._plan(connection.dialect)
        found = self._found(connection, plan, values)
        return plan.row(found[0]) if found else None

    def rows(self, connection: Connection, **values: Any) -> list[Any]:
        plan = self._plan(connection.dialect)
        return [plan.row(found) for found in self._found(connection, plan, values)]

    def raw(self, connection: Connection, **values: Any) -> tuple[list[tuple], Callable[[tuple], Any]]:
        """The rows as the driver gives them, and what makes of one what `rows` gives: for whoever may know a row already."""
        plan = self._plan(connection.dialect)
        return self._found(connection, plan, values), plan.row

    def run(self, connection: Connection, **values: Any) -> int:
        """Execute a change; the number of rows it touched."""
        return self._run(connection, self._plan(connection.dialect), values).rowcount

    def run_many(self, connection: Connection, many: Sequence[Mapping[str, Any]]) -> None:
        """Execute a change for each of `many`, in one go where the driver can."""
        if many:
            plan = self._plan(connection.dialect)
            self._execute(connection, plan, "executemany", plan.many(many))

    def _found(self, connection: Connection, plan: Plan, values: Mapping[str, Any]) -> list[tuple]:
        watched, parameters = WATCHED.get(), plan.parameters(values)
        if watched is None:
            return self._execute(connection, plan, "execute", parameters).fetchall()
        began = time.perf_counter()
        rows = self._execute(connection, plan, "execute", parameters).fetchall()
        watched.note(plan.sql, parameters, rows, time.perf_counter() - began)
        return rows

    def _run(self, connection: Connection, plan: Plan, values: Mapping[str, Any]) -> Any:
        return self._execute(connection, plan, "execute", plan.parameters(values))

    def _execute(self, connection: Connection, plan: Plan, how: str, parameters: Any) -> Any:
        if plan.is_change and not connection.in_transaction():
            raise InvalidRequestError(
                "begin a writing transaction first; the driver would commit this on its own"
            )
        return executed(connection, plan.sql, parameters, how)

    def _plan(self, dialect: Dialect) -> Plan:
        plan = self.plans.get(dialect.name)
        if plan is None:
            plan = self.plans[dialect.name] = compiled(self.statement, dialect, self.into, self.shared)
        return plan


def executed(connection: Connection, sql: str, parameters: Any = (), how: str = "execute") -> Any:
    """The driver's cursor after `sql`, in the driver's own words; its errors become those of SQLAlchemy."""
    dialect, driver = connection.dialect, connection.connection.dbapi_connection
    cursor = driver.cursor()
    try:
        getattr(cursor, how)(sql, parameters)
        return cursor
    except dialect.loaded_dbapi.Error as error:
        if dialect.is_disconnect(error, driver, cursor):
            # Nobody else learns that it is dead, and a rollback of it would only raise again.
            connection.invalidate(error)
        raise DBAPIError.instance(
            sql, None, error, dialect.loaded_dbapi.Error, hide_parameters=True
        ) from error


def compiled(
    statement: sa.Executable,
    dialect: Dialect,
    into: Callable[[Iterable[Any]], Any] | None = None,
    shared: Collection[str] = (),
) -> Plan:
    """`statement` for `dialect`; ValueError when it leaves a column to a default that only SQLAlchemy would fill."""
    if isinstance(statement, sa.Insert) and not returned(statement):
        statement = statement.inline()
    text = statement.compile(dialect=dialect)
    if unfilled := [column.name for column in [*(text.insert_prefetch or ()), *(text.update_prefetch or ())]]:
        raise ValueError(f"name these columns in the statement, their defaults are not applied: {unfilled}")
    binds = {name: bind for bind, name in text.bind_names.items()}
    writers = {name: convert for name, bind in binds.items() if (convert := writer_of(bind.type, dialect))}
    constants = {name: bind.effective_value for name, bind in binds.items() if not bind.required}
    columns = returned(statement)
    readers = [reader_of(column["type"], dialect, column["name"] in shared) for column in columns]
    return Plan(
        sql=str(text),
        is_change=not isinstance(statement, SELECTS),
        constants={
            name: writers[name](value) if name in writers else value for name, value in constants.items()
        },
        writers=tuple((name, convert) for name, convert in writers.items() if name not in constants),
        arrange=in_order(text.positiontup) if text.positional else dict,
        readers=tuple((place, convert) for place, convert in enumerate(readers) if convert),
        make=into or namedtuple("Row", [column["name"] for column in columns], rename=True)._make,
    )


def writer_of(kind: sa.types.TypeEngine, dialect: Dialect) -> Converter | None:
    """What makes of a value of ours one of the driver's; None where they are the same."""
    convert = kind.dialect_impl(dialect).bind_processor(dialect)
    return remembered("in", kind, dialect, convert) if convert and isinstance(kind, REMEMBERED) else convert


def reader_of(kind: sa.types.TypeEngine, dialect: Dialect, is_shared: bool = False) -> Converter | None:
    """What makes of the driver's value one of ours; None where they are the same."""
    if isinstance(kind, sa.Double):
        return None  # Both drivers give floats, and PostgreSQL's processor asks for the code of a column's type first.
    convert = kind.dialect_impl(dialect).result_processor(dialect, None)
    is_remembered = is_shared or isinstance(kind, REMEMBERED)
    return remembered("out", kind, dialect, convert) if convert and is_remembered else convert


def remembered(way: str, kind: sa.types.TypeEngine, dialect: Dialect, convert: Converter) -> Converter:
    """`convert`, which remembers the last results: the same moment, day and state go into many rows of an answer.

    All statements share the memory of a type, because it is their rows that one answer writes.
    """
    key = (way, dialect.name, repr(kind), getattr(kind, "enum_class", None))
    return CONVERTERS.setdefault(key, lru_cache(maxsize=256)(convert))


def in_order(names: Sequence[str] | None) -> Callable[[Mapping[str, Any]], tuple]:
    """What takes the values of `names` from a mapping, as a tuple."""
    if not names:
        return lambda given: ()
    return itemgetter(*names) if len(names) > 1 else lambda given: (given[names[0]],)


class Several(sa.types.TypeDecorator):
    """A list of values for a column, of any length, as one parameter; PostgreSQL only.

    Written in the words of PostgreSQL here, because the driver's own way takes several times as long.
    """

    impl = sa.ARRAY
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Converter:
        convert = writer_of(self.impl.item_type, dialect)
        if convert is None and isinstance(self.impl.item_type, sa.Integer):
            return numbers_in_braces
        return lambda values: in_braces(values if convert is None else map(convert, values))


def in_braces(values: Iterable[Any]) -> str:
    """An array as PostgreSQL reads it."""
    return "{" + ",".join(map(in_quotes, values)) + "}"


def numbers_in_braces(values: Iterable[int | None]) -> str:
    """The same of whole numbers, most of which are ids."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def in_quotes(value: Any) -> str:
    if value is None:
        return "NULL"
    words = str(value)
    if "\\" in words or '"' in words:
        words = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{words}"'


class among(sa.sql.functions.FunctionElement):
    """`among(column)`: the column is one of the values of the parameter `among`, or of `name`, a list of any length."""

    type = sa.Boolean()
    inherit_cache = True

    def __init__(self, column: sa.ColumnElement, name: str = "among"):
        several = sa.JSON().with_variant(Several(column.type), "postgresql")
        super().__init__(column, sa.bindparam(name, type_=several))

    def self_group(self, against: Any = None) -> among:
        """As it is: SQLite would not use an index for `... IN (...) = 1`, which is made of other truths."""
        return self


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler, **options) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 compiled parts


@compiles(among)
def _among(element: among, compiler, **options) -> str:
    """The planner does not look into such a list, so that the plan made once serves again, for lists of every length."""
    column, values = (compiler.process(part, **options) for part in element.clauses)
    kind = element.clauses.clauses[0].type.compile(compiler.dialect)
    return f"{column} = ANY (ARRAY(SELECT unnest({values}::{kind}[])))"


def unindexed(column: sa.ColumnElement) -> sa.ColumnElement:
    """A text column that rows are not looked up by, because ids choose them.

    Where statistics lag behind, PostgreSQL believes that few rows share a state in which a whole wave stands.
    """
    return sa.type_coerce(column.op("||")(sa.literal_column("''")), column.type)


def unsought(column: sa.ColumnElement) -> sa.ColumnElement:
    """A column that rows are held against but not looked up by: SQLite would take its index, and sort what it finds."""
    return sa.func.coalesce(column, column)


def connection_of(on: Connection | Session) -> Connection:
    """The connection of a session's transaction, or the connection itself."""
    return on if isinstance(on, Connection) else on.connection()


def returned(statement: sa.Executable) -> list[dict]:
    """Names and types of the columns that `statement` gives back."""
    if isinstance(statement, SELECTS):
        return [{"name": c.key, "type": c.type} for c in statement.selected_columns]
    return list(getattr(statement, "returning_column_descriptions", ()))
