"""`justask doctor`: what is well, what is wrong with its fix, and the exit code."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.processes import workers
from tests.conftest import NOW
from tests.delivery.sink import Sink, refusing_port


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


def test_what_was_given_up_is_pointed_at(look, session, alive):
    for _ in range(workers.MOST_TRIES):
        workers.failed(session, "expire", "7", ValueError("no"), now=NOW)
    found, code = look()
    assert (code, found["worker"]["state"]) == (0, "care")
    assert "justask jobs retry" in found["worker"]["fix"]


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
    assert not (sink and sink.taken)
