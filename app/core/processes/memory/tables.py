"""What SQLAlchemy keeps of the making of tables, given up once they are made."""

from __future__ import annotations

import gc
from collections.abc import Set
from typing import Any

import sqlalchemy as sa

NONE: Set = frozenset()


def slim_columns() -> None:
    """Make all columns smaller that there are; nothing may be added to their tables afterwards."""
    for found in gc.get_objects():
        if issubclass(type(found), sa.Column):
            slim(found)


def slim(column: sa.Column[Any]) -> None:
    """Leave out who listens for the column to be put into a table, and let one empty set stand for its own empty ones.

    The library makes its listeners anew where they are asked for. A dictionary that is written at once is also smaller
    than one that grew.
    """
    kept = {name: value for name, value in vars(column).items() if name != "dispatch"}
    for name in ("constraints", "foreign_keys"):
        if not kept.get(name, True):
            kept[name] = NONE
    column.__dict__ = kept
