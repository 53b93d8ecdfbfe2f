"""What cannot be stored is never thanked for: the person sees it and keeps what was filled in."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from app.core.database import transactions
from app.core.database.transactions import WriteGate
from app.extensions import db
from app.public import vitals
from app.responses.models import Response
from tests import crawling
from tests.databases import settings_for

SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
POSTGRESQL = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
IMPATIENT = pytest.mark.settings_with(GATE_SECONDS=1)
GIVEN = {"score": "3", "comment": "My words " * 500, "attempt": "kept"}


def assert_kept(sent) -> None:
    """The person reads that nothing is saved, when to try again, and finds everything as it was filled in."""
    assert sent.status_code == 503
    assert sent.headers["Retry-After"]
    assert "not saved" in sent.text.lower()
    assert GIVEN["comment"] in sent.text
    assert 'name="attempt" value="kept"' in sent.text


def answers() -> int:
    transactions.read(db.session)
    count = db.session.query(Response).count()
    db.session.rollback()
    return count


@contextmanager
def locked_by_another_program():
    """The file locked by a connection that knows nothing of the gate, as a backup does it."""
    other = sqlite3.connect(db.engine.url.database, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield other
    finally:
        other.close()


@contextmanager
def holding(statement: str):
    """Another connection to PostgreSQL that has executed `statement` and does not commit."""
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as other:
        other.execute(statement)
        yield other
        other.rollback()


@IMPATIENT
@SQLITE
def test_a_busy_database_keeps_the_answer_in_the_form_and_takes_it_later(client, ask):
    at = ask()
    gate = WriteGate(Path(db.engine.url.database + ".gate"), 1)
    held = gate.acquire()
    sent = client.post(at.link, data=GIVEN)
    gate.release(held)
    assert_kept(sent)
    assert sent.text.count(" checked") == 1
    assert answers() == 0
    assert client.post(at.link, data=GIVEN).status_code == 303


@IMPATIENT
@SQLITE
def test_a_database_locked_from_outside_for_long_keeps_the_answer_in_the_form(client, ask):
    at = ask()
    with locked_by_another_program():
        assert client.get(at.link).status_code == 200
        assert_kept(client.post(at.link, data=GIVEN))
    assert answers() == 0
    assert client.post(at.link, data=GIVEN).status_code == 303


@SQLITE
def test_a_database_locked_from_outside_for_a_while_is_waited_for(client, ask):
    at = ask()
    with locked_by_another_program() as other:
        threading.Timer(0.3, other.rollback).start()
        assert client.post(at.link, data=GIVEN).status_code == 303
    assert answers() == 1


@IMPATIENT
@SQLITE
def test_other_writes_of_respondents_say_that_they_were_not_saved(client, ask):
    at = ask()
    with locked_by_another_program():
        for path, data in ((f"{at.link}/decline", {"why": "not_now"}), (at.off, {"confirm": "yes"})):
            page = client.post(path, data=data)
            assert (page.status_code, "Retry-After" in page.headers) == (503, True)


@IMPATIENT
@POSTGRESQL
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM invitations FOR UPDATE",
        "LOCK TABLE responses IN SHARE MODE",
        "LOCK TABLE invitations IN ACCESS EXCLUSIVE MODE",
    ],
)
def test_rows_and_tables_locked_for_long_keep_the_answer_in_the_form(client, ask, statement):
    at = ask()
    with holding(statement):
        assert_kept(client.post(at.link, data=GIVEN))
    assert answers() == 0
    assert client.post(at.link, data=GIVEN).status_code == 303


@POSTGRESQL
def test_rows_locked_for_a_while_are_waited_for(client, ask):
    at = ask()
    with holding("SELECT * FROM invitations FOR UPDATE") as other:
        threading.Timer(0.3, other.rollback).start()
        assert client.post(at.link, data=GIVEN).status_code == 303
    assert answers() == 1


@SQLITE
def test_a_full_database_keeps_the_answer_in_the_form_and_nothing_half(client, ask):
    at = ask()
    before = crawling.checksums()
    db.session.rollback()
    limit = {"pages": 1}  # SQLite takes it for as many pages as there are.

    def set_limit(dbapi, *_more):
        dbapi.execute(f"PRAGMA max_page_count={limit['pages']}")

    sa.event.listen(db.engine, "checkout", set_limit)
    assert_kept(client.post(at.link, data=GIVEN))
    limit["pages"] = 1_000_000
    assert crawling.checksums() == before
    db.session.rollback()
    assert client.post(at.link, data=GIVEN).status_code == 303
    assert answers() == 1


def test_a_gate_that_cannot_be_made_is_a_busy_one_and_stays_usable(tmp_path):
    gate = WriteGate(tmp_path / "folder" / "gate", 0.05)
    for _time in range(2):
        with pytest.raises(transactions.GateBusy):
            gate.acquire()
    gate.path.parent.mkdir()
    gate.release(gate.acquire())


class TestOnASmallDisk:
    """A disk of its own for the installation, which only root can mount."""

    @pytest.fixture
    def disk(self, tmp_path):
        folder = tmp_path / "disk"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
        if os.getuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("NOT TRIED: a disk that is really full needs the right to mount one")
        yield folder
        subprocess.run(["umount", "--lazy", str(folder)], check=True)

    @pytest.fixture
    def settings(self, disk, sqlite_databases):
        return settings_for(disk, sqlite_databases.fresh(disk))

    def test_a_full_disk_is_told_and_shown_and_loses_nothing(self, disk, client, ask, monkeypatch):
        monkeypatch.setattr(vitals, "LEAST_FREE_BYTES", 1024 * 1024)
        at = ask()
        assert client.get("/healthz").json["checks"] == {"database": True, "disk": True}
        self.fill(disk)
        assert_kept(client.post(at.link, data=GIVEN))
        for path in ("/healthz", "/readyz"):
            assert (client.get(path).status_code, client.get(path).json["checks"]["disk"]) == (503, False)
        assert client.get(at.link).status_code == 200
        (disk / "filler").unlink()
        assert answers() == 0
        assert client.post(at.link, data=GIVEN).status_code == 303
        assert answers() == 1
        assert db.session.scalar(sa.text("PRAGMA integrity_check")) == "ok"

    @staticmethod
    def fill(disk: Path) -> None:
        with (disk / "filler").open("wb", buffering=0) as file:
            for size in (65536, 4096, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    pass
