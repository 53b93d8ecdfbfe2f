"""INSERT .. ON CONFLICT, which SQLAlchemy has for each database apart; only the words of the one in use are loaded.

Those of PostgreSQL take three megabytes in every web process.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import sqlalchemy as sa


def insert(database: str, into: Any) -> sa.Insert:
    """An INSERT of `database` (`dialect.name`) into a table or model, which knows `on_conflict_do_...`."""
    return import_module(f"sqlalchemy.dialects.{database}").insert(into)
