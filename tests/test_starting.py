"""Starting: two at once, on another version's schema, and where the database cannot be used."""

from __future__ import annotations

import os
import shutil
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


# A root that owns what it opens, as every other user does.
ORDINARY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def start(*words: str, through: tuple[str, ...] = (), **settings: str) -> subprocess.Popen:
    environment = os.environ | {f"JUSTASK_{name}": value for name, value in settings.items()}
    command = [*through, sys.executable, "-m", "app.cli", *words]
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


def test_a_half_migrated_copy_is_refused_for_what_it_is_and_stays_as_it_is(app):
    db.session.execute(sa.text("UPDATE alembic_version SET version_num = '0044'"))
    db.session.commit()
    with pytest.raises(
        Refused, match=r"its schema is 0044, and .*(already exists|duplicate column).* Nothing was changed"
    ) as refused:
        migrating.upgrade()
    assert "belongs to user" not in str(refused.value)
    assert db.session.scalar(sa.text("SELECT version_num FROM alembic_version")) == "0044"
    if db.engine.dialect.name == "sqlite":
        assert db.session.scalar(sa.text("PRAGMA foreign_keys")) == 1


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


class TestAPlaceOfAnother:
    """SQLite's file where this process may not write it."""

    @pytest.fixture
    def given(self, tmp_path, sqlite_databases):
        folder = tmp_path / "instance"
        sqlite_databases.fresh(folder)
        return {"INSTANCE": str(folder), "SECRET_KEY": SECRET_KEY}

    def refused(self, given: dict, through: tuple[str, ...] = ()) -> str:
        process = start("prepare", "--no-demo", through=through, **given)
        _, said = process.communicate(timeout=120)
        assert process.returncode == 1, said
        assert "Traceback" not in said
        return said

    def test_whose_the_file_is_and_who_this_is_are_told(self, given):
        file = Path(given["INSTANCE"], "justask.db")
        file.chmod(0)
        through: tuple[str, ...] = ()
        if os.getuid() == 0:
            if not shutil.which(ORDINARY[0]):
                pytest.skip("NOT TRIED: root may read everything, and there is no setpriv to give that up")
            os.chown(file, 4711, 4711)
            through = ORDINARY
        said = self.refused(given, through)
        assert "The database cannot be used" in said
        assert f"{file} belongs to user {file.stat().st_uid}, mode 0; this is user {os.getuid()}." in said

    def test_a_disk_that_is_read_only_is_told(self, given):
        folder = given["INSTANCE"]
        binds = [["--bind", folder, folder], ["-o", "remount,ro,bind", folder]]
        if os.getuid() or any(
            subprocess.run(["mount", *one], capture_output=True, check=False).returncode for one in binds
        ):
            pytest.skip("NOT TRIED: a disk that is read-only needs the right to mount one")
        try:
            assert "The database cannot be used" in self.refused(given)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
