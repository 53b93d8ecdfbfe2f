"""Changing the schema with Alembic. Only commands do that, so whoever serves pages need not load it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import flask_migrate
from flask import current_app
from flask_migrate import Migrate

from app.extensions import db

FOLDER = Path(__file__).resolve().parents[3] / "migrations"
QUEUE_TABLES = "app.core.processes.engines.queue_tables"
MIGRATION_LOCK = 7_305_117_300
migrate = Migrate(directory=str(FOLDER), render_as_batch=True, compare_type=True)


def upgrade() -> None:
    """Bring the application's database to this version's schema, and the job queue's tables where one is used."""
    begin()
    flask_migrate.upgrade()
    if current_app.extensions["settings"].ENGINE == "procrastinate":
        import_module(QUEUE_TABLES).ensure(db.engine, MIGRATION_LOCK)


def downgrade(revision: str) -> None:
    """Go back to an earlier schema."""
    begin()
    flask_migrate.downgrade(revision=revision)


def check() -> None:
    """SystemExit when the models differ from what the migrations make."""
    begin()
    flask_migrate.check()


def is_ours(table: str) -> bool:
    """Whether we migrate that table; the job queue's are made and kept by its library."""
    return not table.startswith("procrastinate_")


def begin() -> None:
    if "migrate" not in current_app.extensions:
        migrate.init_app(current_app._get_current_object(), db)
