"""Backups and restoring them: the drill, what a held copy does not do, and what is refused."""

from __future__ import annotations

import tarfile

import pytest
import sqlalchemy as sa

from app.core import audit, clock
from app.core.installation import Installation, installation
from app.core.outbox import OutboxRow, OutboxState
from app.delivery import sender, waves
from app.delivery.mail.mailer import Mailer
from app.delivery.models import InvitationState, Wave, WaveState
from app.delivery.sending import posting
from app.extensions import db
from app.setup.keeping import backups, postgres_tools
from app.setup.keeping.contents import contents
from tests import make
from tests.databases import SECRET_KEY


def inside(place) -> dict:
    def read():
        with db.engine.connect() as connection:
            return contents(connection)

    return place.ask(read)


def but_installation(found: dict) -> dict:
    return {name: table for name, table in found.items() if name != "installation"}


def test_the_restore_drill_gives_back_every_row(here, elsewhere, database_kind, tmp_path):
    before, path = inside(here), tmp_path / "copy.backup"
    made = here.told("backup", str(path))
    assert path.stat().st_mode & 0o077 == 0
    assert made["tables"] == before
    assert sum(table["rows"] > 0 for table in before.values()) >= 15
    there = elsewhere(database_kind)
    told = there.told("restore", str(path))
    assert told["tables"] == before
    assert told["held"] is True
    assert but_installation(inside(there)) == but_installation(before)


def test_a_restored_copy_sends_nothing_until_it_is_released(here, elsewhere, database_kind, tmp_path):
    def put_mail():
        installation(db.session).live_at = clock.now()
        make.invitation(
            wave=make.wave(name="Under way", state=WaveState.SENDING),
            state=InvitationState.PLANNED,
            sent_at=None,
        )
        db.session.commit()
        for _ in posting.queue_due(db.session, settings, now=clock.now()):
            db.session.commit()

    def send():
        return sender.send_due(db.session, Mailer.from_settings(settings), now=clock.now())

    def go_on():
        wave = db.session.scalars(sa.select(Wave).where(Wave.name == "Under way")).one()
        waves.resume(db.session, wave, actor=audit.SYSTEM, now=clock.now())

    def states():
        return set(db.session.scalars(sa.select(OutboxRow.state)))

    settings = here.app.extensions["settings"]
    here.ask(put_mail)
    here.told("backup", str(tmp_path / "copy.backup"))
    there = elsewhere(database_kind)
    settings = there.app.extensions["settings"]
    there.told("restore", str(tmp_path / "copy.backup"))
    there.ask(lambda: make.staff(email="boss@vendor.example", role="admin"))
    assert (there.ask(send), there.ask(states)) == (0, {OutboxState.QUEUED})
    assert "justask release" in there.run("doctor").stdout
    released = there.told("release")
    assert (released["released"], released["mails_waiting"]) == (True, 0)
    assert "Under way" in released["waves_paused"]
    assert there.told("release")["released"] is False
    assert there.ask(send) == 0
    there.ask(go_on)
    assert there.ask(send) == 1


def test_the_banner_of_a_held_copy_stands_on_every_page(app, session, sign_in, client):
    installation(session).held_at = clock.now()
    admin = sign_in("admin")
    assert b"justask release" in admin.get("/settings/jobs").data
    installation(session).held_at = None
    session.commit()
    assert b"justask release" not in admin.get("/settings/jobs").data


def test_nothing_is_overwritten(here, elsewhere, database_kind, tmp_path):
    path = tmp_path / "copy.backup"
    here.told("backup", str(path))
    again = here.run("backup", str(path))
    assert (again.exit_code, "exists already" in again.stderr) == (1, True)
    before = inside(here)
    refused = here.run("restore", str(path))
    assert (refused.exit_code, "There is data here already" in refused.stderr) == (1, True)
    assert inside(here) == before


def test_what_is_no_whole_backup_is_refused_and_nothing_is_put(here, elsewhere, database_kind, tmp_path):
    path, there = tmp_path / "copy.backup", elsewhere(database_kind)
    here.told("backup", str(path))
    octets = path.read_bytes()
    for content, words in (
        (b"nothing of ours", "cannot be read as a backup"),
        (octets[: len(octets) // 2], "cannot be read as a backup"),
        (octets[:-3000] + b"x" * 2000 + octets[-1000:], "copy.backup"),
    ):
        path.write_bytes(content)
        refused = there.run("restore", str(path))
        assert (refused.exit_code, words in refused.stderr) == (1, True), refused.stderr
    assert "There is no file" in there.run("restore", str(tmp_path / "none")).stderr
    path.write_bytes(octets)
    there.told("restore", str(path))


def test_a_backup_of_a_newer_schema_is_refused(here, elsewhere, database_kind, tmp_path, monkeypatch):
    monkeypatch.setattr(backups, "revision", lambda connection: "9999")
    here.told("backup", str(tmp_path / "copy.backup"))
    refused = elsewhere(database_kind).run("restore", str(tmp_path / "copy.backup"))
    assert (refused.exit_code, "newer than this version" in refused.stderr) == (1, True)


def test_folders_get_named_backups_and_keep_the_newest(here, tmp_path, monkeypatch):
    folder = tmp_path / "backups"
    folder.mkdir()
    for day in ("20260101T000000Z", "20260102T000000Z"):
        (folder / f"justask-{day}.backup").write_text("old")
    told = here.told("backup", str(folder), "--keep", "2")
    assert min(path.name for path in folder.iterdir()) == "justask-20260102T000000Z.backup"
    assert len(list(folder.iterdir())) == 2
    assert told["deleted"] == [str(folder / "justask-20260101T000000Z.backup")]
    assert here.ask(lambda: installation(db.session).backed_up_at) is not None


def test_the_age_of_the_backup_is_told_everywhere(here, tmp_path, client):
    assert "No backup was ever made" in here.run("doctor").stdout
    assert client.get("/readyz").json["last_backup_at"] is None
    here.told("backup", str(tmp_path / "copy.backup"))
    assert "backup was made 0 hours ago" in here.run("doctor").stdout
    assert client.get("/readyz").json["last_backup_at"]
    assert "justask_backup_age_seconds" in client.get("/metrics").text


@pytest.mark.parametrize("database_kind", ["sqlite"])
class TestTheKey:
    def test_the_key_of_the_folder_goes_with_the_backup(self, here, elsewhere, tmp_path):
        (here.folder / "secret_key").write_text(SECRET_KEY)
        here.told("backup", str(tmp_path / "copy.backup"))
        there = elsewhere("sqlite", SECRET_KEY="")
        made_up = (there.folder / "secret_key").read_text()
        there.told("restore", str(tmp_path / "copy.backup"))
        assert (there.folder / "secret_key").read_text() == SECRET_KEY != made_up

    def test_a_key_of_the_settings_stays_and_is_said_to_differ(self, here, elsewhere, tmp_path):
        here.told("backup", str(tmp_path / "copy.backup"))
        other = "another-0123456789-abcdefghijklmnopqrstuvwxyz"
        answer = elsewhere("sqlite", SECRET_KEY=other).run("restore", str(tmp_path / "copy.backup"))
        assert "JUSTASK_SECRET_KEYS_OLD" in answer.stderr
        assert answer.exit_code == 0

    def test_passwords_and_mails_are_not_in_the_file(self, here, tmp_path):
        (here.folder / "justask.env").write_text("JUSTASK_MAIL_URL=smtp://user:pass@mail.example\n")
        here.told("backup", str(tmp_path / "copy.backup"))
        with tarfile.open(tmp_path / "copy.backup") as archive:
            assert set(archive.getnames()) <= {"manifest.json", "database", "secret_key"}


def test_a_backup_of_the_other_database_names_the_way(here, elsewhere, database_kind, tmp_path):
    here.told("backup", str(tmp_path / "copy.backup"))
    other = "postgresql" if database_kind == "sqlite" else "sqlite"
    refused = elsewhere(other).run("restore", str(tmp_path / "copy.backup"))
    assert (refused.exit_code, "justask db move" in refused.stderr) == (1, True)


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_without_new_enough_programs_postgresql_is_refused_in_words(here, tmp_path, monkeypatch):
    monkeypatch.setattr(postgres_tools, "version_of", lambda path: 12)
    refused = here.run("backup", str(tmp_path / "copy.backup"))
    assert refused.exit_code == 1
    assert "or newer is needed" in refused.stderr
    assert not (tmp_path / "copy.backup").exists()


def test_a_backup_that_cannot_be_written_is_told(here, tmp_path):
    refused = here.run("backup", str(tmp_path / "none" / "copy.backup"))
    assert (refused.exit_code, "could not be written" in refused.stderr) == (1, True)
    assert here.ask(lambda: db.session.get_one(Installation, 1).backed_up_at) is None


def test_a_command_before_the_set_up_names_the_one_that_is_missing(elsewhere, database_kind):
    place = elsewhere(database_kind)
    for words in (("release",), ("jobs", "list"), ("staff", "disable", "kim@vendor.example")):
        refused = place.run(*words)
        assert (refused.exit_code, "justask db upgrade" in refused.stderr) == (1, True), words
