"""`justask export`: the lists of the API as files, whole and under the same names."""

from __future__ import annotations

import csv
import json
from datetime import timedelta

import pytest

from app.api import cli
from app.cli import justask
from app.core import clock
from app.extensions import db
from tests import make


@pytest.fixture
def export(app):
    """`export("tasks", ...)` gives what the command wrote, after it left with `code`."""

    def write(*arguments: str, code: int = 0) -> str:
        db.session.commit()
        done = app.test_cli_runner().invoke(justask, ["export", *arguments], catch_exceptions=False)
        db.session.rollback()
        assert done.exit_code == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    return write


def test_files_hold_what_the_api_says(export, program, monkeypatch):
    monkeypatch.setattr(cli, "ROWS_AT_ONCE", 2)
    api, now = program("read"), clock.now()
    account = make.account(name="=Acme", segment={"region": "EMEA"})
    for score in (3, 9, 10):
        ask = make.invitation(contact=make.contact(account=account), sent_at=now)
        make.answer(score, now=now, invitation=ask, comment="@SUM(1) is slow", value_goal=2)
    for kind in ("accounts", "contacts", "invitations", "responses", "tasks"):
        items = api.all(f"/{kind}?limit=2")
        assert [json.loads(line) for line in export(kind, "--format", "jsonl").splitlines()] == items
        rows = list(csv.DictReader(export(kind).splitlines()))
        assert [row["id"] for row in rows] == [item["id"] for item in items]
        assert items
    rows = list(csv.DictReader(export("responses").splitlines()))
    assert {row["comment"] for row in rows} == {"'@SUM(1) is slow"}
    assert {row["account"] for row in rows} == {"'=Acme"}
    assert [row["score"] for row in rows] == ["3", "9", "10"]
    assert {(row["value_goal"], row["counted"], row["sentiment_label"] != "") for row in rows} == {
        ("2", "1", True)
    }
    days = {
        word: (now + timedelta(days=days)).date().isoformat() for word, days in (("past", -2), ("to come", 2))
    }
    assert len(export("responses", "--since", days["past"]).splitlines()) == 4
    assert len(export("responses", "--since", days["to come"]).splitlines()) == 1
    assert len(export("tasks", "--since", now.isoformat(), "--format", "jsonl").splitlines()) == len(
        api.all("/tasks")
    )


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_every_list_can_be_written_and_a_wrong_one_is_refused(export, tmp_path):
    for kind in cli.KINDS:
        head = export(kind).splitlines()[0].split(",")
        assert {"id", "account_id"} & set(head), kind
        assert export(kind, "--format", "jsonl") == "" or kind in ("events", "surveys", "playbooks", "themes")
    assert {"health", "alerts", "comments", "waves", "programs"} <= cli.KINDS.keys()
    target = tmp_path / "health.csv"
    assert export("health", "--output", str(target)) == ""
    assert target.read_text("utf-8").startswith("account_id,as_of,relationship_score,relationship_colour")
    assert "'tasks'" in export("everything", code=2)
    assert "--since" in export("tasks", "--since", "yesterday", code=2)
    assert "--since" in export("tasks", "--since", "2026-01-31T12:00:00", code=2)
