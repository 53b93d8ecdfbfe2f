"""Column types and mix-ins that both databases read alike: ids, UTC moments, choices, stamps."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock

BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class UtcDateTime(sa.TypeDecorator):
    """An aware moment, kept in UTC; naive values are refused on the way in and never come out."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a zone cannot be stored: {value!r}")
        return (
            value.astimezone(UTC).replace(tzinfo=None) if dialect.name == "sqlite" else value.astimezone(UTC)
        )

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Jsonb(sa.TypeDecorator):
    """PostgreSQL's JSONB, taken from the dialect in use: importing it would load that of PostgreSQL everywhere."""

    impl = sa.JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine:
        return dialect.type_descriptor(
            dialect.ischema_names["jsonb"](none_as_null=self.impl_instance.none_as_null)
        )


def choice(values: type[StrEnum], name: str | None = None) -> sa.Enum:
    """A short string limited by CHECK to the values of `values`; read back as its members."""
    return sa.Enum(
        values,
        name=name or values.__name__.lower(),
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        length=32,
        values_callable=lambda members: [m.value for m in members],
    )


Id = Annotated[int, mapped_column(BigId, primary_key=True)]
Moment = Annotated[datetime, mapped_column(UtcDateTime)]
Json = sa.JSON().with_variant(Jsonb(), "postgresql")
MaybeJson = sa.JSON(none_as_null=True).with_variant(Jsonb(none_as_null=True), "postgresql")
"""As Json, with None as the database's own NULL."""


def reference(target: str, *, ondelete: str = "CASCADE", index: bool = True, **options) -> Mapped:
    """A foreign key column to `target` (`table.column`), indexed."""
    return mapped_column(BigId, sa.ForeignKey(target, ondelete=ondelete), index=index, **options)


class attribute(sa.sql.functions.FunctionElement):
    """`attribute(column, name)`: the value of that name in a column of JSON objects, as text, or NULL.

    A path expression would do on PostgreSQL only: SQLite finds no name in it that had to be escaped when stored.
    """

    type = sa.String()
    inherit_cache = True


@compiles(attribute, "sqlite")
def _attribute_sqlite(element, compiler, **options) -> str:
    column, name = (compiler.process(part, **options) for part in element.clauses)
    return f"(SELECT CAST(value AS TEXT) FROM json_each({column}) WHERE key = {name})"  # noqa: S608 compiled parts


@compiles(attribute)
def _attribute(element, compiler, **options) -> str:
    column, name = (compiler.process(part, **options) for part in element.clauses)
    return f"({column} ->> {name})"


class listed(sa.sql.functions.FunctionElement):
    """`listed(json)`: the numbers of a JSON list as rows, behind IN; as single parameters many would be too many."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(listed, "sqlite")
def _listed_sqlite(element, compiler, **options) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **options)}))"  # noqa: S608 compiled parts


@compiles(listed)
def _listed(element, compiler, **options) -> str:
    numbers = compiler.process(element.clauses, **options)
    return f"(SELECT CAST(value AS BIGINT) FROM json_array_elements_text(CAST({numbers} AS JSON)))"  # noqa: S608


def quotes(written: sa.ColumnElement, words: str) -> sa.ColumnElement[bool]:
    """Whether stored JSON holds these words in any case. Letters beyond ASCII stand in it as they are, or escaped."""
    stored = sa.func.lower(sa.cast(written, sa.Text))
    spelled = {json.dumps(words.lower(), ensure_ascii=ascii)[1:-1] for ascii in (True, False)}
    spelled.add(json.dumps(words)[1:-1].lower())
    return sa.or_(*(stored.contains(form, autoescape=True) for form in sorted(spelled)))


def as_json(value: object) -> object:
    """A value of a row as JSON holds it; `from_json` reads it back."""
    return value.isoformat() if isinstance(value, datetime) else value


def from_json(column: sa.Column, value: object) -> object:
    """What `as_json` wrote, as the column's own type has it."""
    if value is None:
        return None
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    return column.type.enum_class(value) if isinstance(column.type, sa.Enum) else value


class Stamped:
    """When a row was made and last changed; lists of the API filter on `updated_at`."""

    created_at: Mapped[Moment] = mapped_column(default=clock.now)
    updated_at: Mapped[Moment] = mapped_column(default=clock.now, onupdate=clock.now, index=True)
