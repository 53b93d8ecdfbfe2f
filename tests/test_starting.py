"""Starting: two at once, on another version's schema, and where the database cannot be used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.core.database import migrating
from app.core.errors import Refused
from app.extensions import db
from tests.databases import SECRET_KEY

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("INSTANCE", "DATABASE_URL", "SECRET_KEY")


def start(*words: str, **settings: str) -> subprocess.Popen:
    environment = os.environ | {f"JUSTASK_{name}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "app.cli", *words]
    return subprocess.Popen(
        command, env=environment, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.fixture
def empty(request, database_kind, tmp_path):
    """Settings, as the environment names them, of a place without even a schema."""
    url = ""
    if database_kind == "postgresql":
        databases = request.getfixturevalue("postgres_databases")
        databases.admin.execute("CREATE DATABASE starting")
        url = databases.url("starting")
    yield {"INSTANCE": str(tmp_path / "new"), "DATABASE_URL": url, "SECRET_KEY": SECRET_KEY}
    if url:
        databases.drop(url)


def test_of_two_that_start_at_once_one_prepares_and_the_other_waits(empty):
    both = [start("prepare", "--no-demo", **empty) for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert "Traceback" not in said[0][1] + said[1][1]
    engine = sa.create_engine(empty["DATABASE_URL"] or f"sqlite:///{empty['INSTANCE']}/justask.db")
    with engine.connect() as connection:
        assert migrating.revision(connection) == migrating.head()
        names = connection.execute(sa.text("SELECT name FROM surveys")).scalars().all()
    engine.dispose()
    assert len(names) == len(set(names)) > 0


def test_old_code_refuses_a_newer_schema_in_a_sentence_and_changes_nothing(app):
    db.session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    db.session.commit()
    for step in (migrating.upgrade, migrating.refuse_unless_current):
        with pytest.raises(Refused, match="schema 9999 of a newer version"):
            step()
    assert db.session.scalar(sa.text("SELECT version_num FROM alembic_version")) == "9999"


def test_a_worker_refuses_an_older_schema_and_names_the_command(app):
    db.session.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    db.session.commit()
    with pytest.raises(Refused, match=r"schema 0001, this version needs .* Run: justask db upgrade"):
        migrating.refuse_unless_current()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"INSTANCE": "/proc/justask", "SECRET_KEY": ""}, "JUSTASK_INSTANCE must name a folder"),
        (
            {"INSTANCE": "/tmp", "SECRET_KEY": SECRET_KEY, "DATABASE_URL": "sqlite:////proc/none/justask.db"},
            "The database cannot be used",
        ),
        (
            {
                "INSTANCE": "/tmp",
                "SECRET_KEY": SECRET_KEY,
                "DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none",
            },
            "The database cannot be used",
        ),
    ],
)
def test_a_place_that_cannot_be_used_is_told_without_a_traceback(settings, words):
    process = start("db", "upgrade", **settings)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert words in said
    assert "Traceback" not in said
