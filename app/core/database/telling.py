"""Telling what is stored, as plain JSON: for the export of what we hold about one person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session


def rows(
    session: Session, model: type, *where: sa.ColumnElement[bool], but: Collection[str] = ()
) -> list[dict[str, Any]]:
    """The rows of a table for which `where` holds, by their ids, each column under its name but those named."""
    table = model.__table__
    columns = [column for column in table.columns if column.name not in but]
    query = sa.select(*columns).where(*where).order_by(*table.primary_key.columns)
    return [
        {column.name: plain(value) for column, value in zip(columns, row, strict=True)}
        for row in session.execute(query)
    ]


def plain(value: Any) -> Any:
    """The value as JSON has it: moments and days in ISO 8601, exact numbers and bytes as text."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
