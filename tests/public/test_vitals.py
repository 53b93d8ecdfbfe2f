"""Signs of life: open to everybody without saying what runs here, and figures for monitoring that is let in."""

from __future__ import annotations

import dataclasses
import re

import pytest

import config
from app import create_app
from app.core import clock
from app.core.processes import workers
from app.core.processes.workers import JobFailure
from app.delivery import sender
from tests.conftest import NOW
from tests.databases import settings_for

KEY = "correct-horse-battery"
ELSEWHERE = {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_open_and_names_neither_versions_nor_paths(client, settings, path):
    response = client.get(path, **ELSEWHERE)
    told = response.get_data(as_text=True) + str(response.headers)
    assert response.status_code in {200, 503}
    assert set(response.json) - {"last_backup_at"} == {"status", "checks"}
    assert not re.search(r"\d+\.\d+\.\d+|python|sqlite|postgres|granian|flask", told, re.IGNORECASE)
    assert str(settings.instance) not in told


def test_readiness_follows_the_worker_and_the_mail_server(client, session):
    def told():
        response = client.get("/readyz")
        return response.status_code, response.json["checks"]["worker"], response.json["checks"]["mail"]

    assert told() == (503, False, True)
    workers.beat(session, "vm:1", started_at=clock.now(), now=clock.now())
    assert told() == (200, True, True)
    down = JobFailure(
        job=sender.JOB, item="smtp.example:25", tries=1, error="smtp.example:25 takes no mail now"
    )
    session.add(down)
    assert told() == (503, True, False)
    assert client.get("/healthz").status_code == 200
    session.delete(down)
    assert told() == (200, True, True)
    workers.beat(session, "vm:1", started_at=NOW, now=NOW)
    assert told() == (503, False, True)


def test_figures_are_read_on_the_machine_itself_only(client):
    assert "justask_outbox_rows" in client.get("/metrics").text
    refused = client.get("/metrics", **ELSEWHERE)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "justask_" not in refused.text


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_what_a_proxy_on_the_machine_passes_on_does_not_come_from_it(client, name):
    assert client.get("/metrics", headers={name: "192.0.2.7"}).status_code == 401


@pytest.mark.settings_with(METRICS_KEY=KEY, BASE_URL="https://ask.example")
def test_where_others_can_open_the_links_only_the_key_opens_the_figures(client):
    """A proxy on the machine that adds no header of its own looks like the machine itself."""
    for headers in ({}, {"X-Forwarded-Host": "ask.example"}):
        assert client.get("/metrics", headers=headers).status_code == 401
    assert client.get("/metrics", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200


def test_browsers_that_ask_for_our_mark_get_it(client):
    found = client.get("/favicon.ico")
    assert (found.status_code, found.mimetype) == (200, "image/svg+xml")


@pytest.mark.settings_with(METRICS_KEY=KEY)
def test_the_key_of_the_settings_lets_monitoring_in(client):
    sent = {"Authorization": f"Bearer {KEY}"}
    assert client.get("/metrics", headers=sent, **ELSEWHERE).status_code == 200
    for wrong in (
        "Bearer wrong",
        f"Bearer {KEY}x",
        f"Basic {KEY}",
        "Bearer schlüssel".encode().decode("latin-1"),
    ):
        assert client.get("/metrics", headers={"Authorization": wrong}, **ELSEWHERE).status_code == 401
    assert client.get("/metrics").status_code == 200


def test_a_short_key_is_refused_at_start(tmp_path):
    with pytest.raises(config.SettingsError, match="JUSTASK_METRICS_KEY must be 16 or more"):
        settings_for(tmp_path, METRICS_KEY="guess")


def test_a_database_that_is_gone_is_told_in_a_word(settings):
    """Nothing but these two pages answers then, and they say no more than which fact is missing."""
    url = settings.DATABASE_URL
    gone = f"{url}_gone" if url else f"sqlite:///{settings.instance}/no/such/folder/justask.db"
    client = create_app(dataclasses.replace(settings, DATABASE_URL=gone)).test_client()
    for path in ("/healthz", "/readyz"):
        response = client.get(path)
        assert response.status_code == 503
        assert response.json["checks"]["database"] is False
        assert "no/such" not in response.text
        assert "_gone" not in response.text
