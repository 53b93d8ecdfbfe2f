"""`justask doctor`: what is well, what is wrong with its fix, and the exit code."""

from __future__ import annotations

import contextvars
import json
import os
import pwd
from dataclasses import replace

import pytest
import sqlalchemy as sa

from app import create_app
from app.core import clock
from app.core.processes import workers
from app.extensions import db
from app.integrations.webhooks.models import OffReason, Webhook
from tests.conftest import NOW
from tests.delivery.sink import Sink, refusing_port
from tests.setup.keeping.conftest import Place


@pytest.fixture
def look(run, session):
    """`look()`: the findings by name, and the exit code."""

    def at():
        answer = run("doctor", "--json")
        told = json.loads(answer.stdout)
        assert told["ok"] == (answer.exit_code == 0)
        return {check.pop("name"): check for check in told["checks"]}, answer.exit_code

    return at


@pytest.fixture
def alive(session):
    workers.beat(session, "host:1", started_at=clock.now(), now=clock.now())


def test_a_healthy_installation_is_told_so(look, alive):
    found, code = look()
    assert code == 0, found
    wrong = {name for name, finding in found.items() if finding["state"] != "good"}
    assert wrong <= {"settings", "mail", "disk", "backup"}
    assert "JUSTASK_BASE_URL" in found["settings"]["fix"]
    assert "JUSTASK_MAIL_URL" in found["mail"]["fix"]
    assert "rehearsal" in found["sending"]["words"]


def test_a_dead_worker_and_an_open_secret_are_wrong_in_words(run, session, settings):
    path = settings.instance / "justask.env"
    path.write_text("# nothing\n")
    path.chmod(0o644)
    answer = run("doctor")
    assert answer.exit_code == 1
    assert f"chmod 600 {path}" in answer.stdout
    assert "justask worker" in answer.stdout
    assert "WRONG" in answer.stderr


def test_an_old_schema_and_lost_rows_are_found(look, session, alive):
    session.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    found, code = look()
    assert (code, found["schema"]["state"]) == (1, "bad")
    assert "justask db upgrade" in found["schema"]["fix"]


def test_webhooks_that_take_nothing_are_named_without_the_secret_part_of_their_address(look, session, alive):
    url = "https://{}.example/hook/k3y"
    for host, state in {
        "well": {},
        "ill": {"failing_since": NOW, "failures": 2},
        "gone": {"off_reason": OffReason.GONE, "off_at": NOW, "failing_since": NOW},
        "resting": {"off_reason": OffReason.HAND, "off_at": NOW, "failing_since": NOW},
    }.items():
        session.add(Webhook(url=url.format(host), secret_sealed=b"-", **state))
    session.commit()
    found, code = look()
    told = found["webhooks"]
    assert (code, told["state"]) == (0, "care")
    wanted = "ill.example (failing since 2026-03-04 10:00 UTC), gone.example (switched off)."
    assert told["words"].endswith(f": {wanted}")
    assert "k3y" not in told["words"]


def test_what_was_given_up_is_pointed_at(look, session, alive):
    for _ in range(workers.MOST_TRIES):
        workers.failed(session, "expire", "7", ValueError("no"), now=NOW)
    found, code = look()
    assert (code, found["worker"]["state"]) == (0, "care")
    assert "justask jobs retry" in found["worker"]["fix"]


def test_a_worker_that_stopped_is_told_with_its_last_sign_of_life(look, session):
    workers.beat(session, "host:1", started_at=NOW, now=NOW)
    found, code = look()
    assert (code, found["worker"]["state"]) == (1, "bad")
    assert f"The last was at {NOW:%F %T} UTC" in found["worker"]["words"]
    assert "justask worker" in found["worker"]["fix"]


@pytest.mark.parametrize("has_gate", [True, False])
def test_a_database_that_takes_no_writes_is_told(session, alive, settings, tmp_path, monkeypatch, has_gate):
    """SQLite as in a folder or on a disk that is read-only, PostgreSQL as a stand-by is."""
    url = settings.DATABASE_URL
    if settings.is_sqlite:
        url = f"sqlite:///file:{settings.instance}/justask.db?mode=ro&uri=true"
        monkeypatch.chdir(tmp_path)
        if has_gate:
            (tmp_path / f"file:{settings.instance}").mkdir(parents=True)
    else:
        name = session.scalar(sa.text("SELECT current_database()"))
        session.execute(sa.text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    session.commit()
    session.remove()
    place = Place(create_app(replace(settings, DATABASE_URL=url)))
    answer = place.run("doctor", "--json")
    contextvars.Context().run(lambda: closed(place.app))
    (gate,) = (check for check in json.loads(answer.stdout)["checks"] if check["name"] == "write gate")
    assert (answer.exit_code, gate["state"]) == (1, "bad")
    assert "takes nothing" in gate["words"], gate
    assert ("mounted read-only" if settings.is_sqlite else "stand-by") in gate["fix"]


def closed(app) -> None:
    with app.app_context():
        db.engine.dispose()


def test_files_of_another_user_are_told(look, alive, settings, monkeypatch):
    here = os.geteuid()
    monkeypatch.setattr("os.geteuid", lambda: here + 4711)
    found, code = look()
    assert (code, found["files"]["state"]) == (0, "care")
    assert f"Run every command as {pwd.getpwuid(here).pw_name}" in found["files"]["fix"]
    monkeypatch.undo()
    if here != 0:
        return
    path = settings.instance / "limits.db-wal"
    path.write_text("")
    os.chown(path, 4711, 4711)
    found, code = look()
    assert (code, found["files"]["state"]) == (1, "bad")
    assert f"chown -R root {settings.instance}" in found["files"]["fix"]


@pytest.mark.parametrize("is_there", [True, False])
def test_the_mail_server_is_asked(app, look, alive, settings, is_there):
    sink = Sink().start() if is_there else None
    port = sink.port if sink else refusing_port()
    url = {"MAIL_URL": f"smtp://127.0.0.1:{port}"}
    app.extensions["settings"] = settings.__class__(**{**settings.__dict__, **url})
    app.extensions["dns_lookup"] = lambda name, kind="TXT": []
    try:
        found, code = look()
    finally:
        if sink:
            sink.stop()
    assert {"connection", "tls", "sign-in", "spf", "dkim", "dmarc"} <= found.keys()
    assert found["connection"]["state"] == ("good" if is_there else "bad")
    assert code == 1
    for name in ("spf", "dmarc"):
        assert (found[name]["state"], found[name]["fix"] != "") == ("bad", True)
    assert not (sink and sink.taken)
