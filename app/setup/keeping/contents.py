"""What a database holds, as counts and checksums that are the same on SQLite and on PostgreSQL.

A table's checksum adds up the digests of its rows, so it depends neither on their order nor on how a database keeps a
moment, an amount or a JSON object.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from app.core.database.migrating import is_ours
from app.extensions import db

CHUNK = 2000
MODULUS = 2**128
Contents = dict[str, dict[str, Any]]


def tables() -> list[sa.Table]:
    """Every table of the product, those that others refer to first."""
    return [table for table in db.metadata.sorted_tables if is_ours(table.name)]


def contents(connection: Connection) -> Contents:
    """Rows and checksum of every table, read in the connection's transaction."""
    return {table.name: summed(connection, table) for table in tables()}


def summed(connection: Connection, table: sa.Table) -> dict[str, Any]:
    rows = total = 0
    found = connection.execute(sa.select(table), execution_options={"yield_per": CHUNK})
    for row in found:
        rows += 1
        total = (total + digest(row)) % MODULUS
    return {"rows": rows, "sum": f"{total:032x}"}


def digest(row: sa.Row) -> int:
    line = json.dumps([of_value(cell) for cell in row], default=plain, sort_keys=True, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(line.encode()).digest()[:16])


def of_value(cell: Any) -> Any:
    """The cell with numbers by their value: PostgreSQL keeps those in JSON as decimals, so -0.0 is 0 and 1e16 whole."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, dict):
        return {name: of_value(value) for name, value in cell.items()}
    return [of_value(value) for value in cell] if isinstance(cell, list) else cell


def plain(value: Any) -> Any:
    """What JSON has no word for, in one spelling."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)


def differences(wanted: Mapping[str, Mapping], found: Mapping[str, Mapping]) -> list[str]:
    """One line for every table that differs."""
    return [
        f"{name}: {told(wanted.get(name))}, now {told(found.get(name))}"
        for name in sorted(wanted.keys() | found.keys())
        if wanted.get(name) != found.get(name)
    ]


def told(table: Mapping[str, Any] | None) -> str:
    return f"{table['rows']} rows ({table['sum'][:8]})" if table else "no such table"


def rows_of(found: Mapping[str, Mapping]) -> int:
    return sum(table["rows"] for table in found.values())
