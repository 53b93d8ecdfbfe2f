"""Adoption and events in files: each line taken or named with its column, the same file again changing nothing."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from app.contacts.signals import Signal
from app.core import clock
from app.core.errors import Invalid
from app.extensions import db
from app.health import snapshots
from app.health.alerting.models import Alert
from app.health.jobs import raise_alerts, refresh_due_scores
from app.health.models import Adoption, ScoreDue
from app.health.told.reading import FileKind, open_facts
from app.health.told.taking import Taken, take
from tests import make
from tests.conftest import NOW
from tests.posting import token

TODAY = NOW.date()
BERLIN = ZoneInfo("Europe/Berlin")


def brought(kind: FileKind, *lines: str, is_dry_run: bool = False) -> Taken:
    report, content = Taken(is_dry_run), "\n".join(lines).encode()
    facts = open_facts(io.BytesIO(content), kind, name="facts.csv", zone=BERLIN)
    for _part in take(db.session, facts, report, source="facts.csv", today=TODAY, now=NOW):
        db.session.commit()
    return report


def counts(report: Taken) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.same, report.refused


def issues(report: Taken) -> list[tuple[int, str, str]]:
    return [(issue.line, issue.column, issue.reason) for issue in report.issues]


def test_adoption_is_kept_by_day_with_its_source_and_its_history(app):
    account, other = make.account(external_id="A-1"), make.account()
    lines = (
        "Account;Score;Metric;At 0;At 100;As Of;Source",
        "A-1;80;;;;2026-03-01;Warehouse",
        "A-1;60,5;;;;2026-02-01;",
        f"{other.id};;30;10;50;2026-03-01;",
    )
    assert counts(brought(FileKind.ADOPTION, *lines, is_dry_run=True)) == (3, 0, 0, 0)
    assert db.session.scalar(sa.select(sa.func.count(Adoption.id))) == 0
    assert counts(brought(FileKind.ADOPTION, *lines)) == (3, 0, 0, 0)
    kept = {
        (row.account_id, row.as_of): (row.score, row.source)
        for row in db.session.scalars(sa.select(Adoption))
    }
    assert kept == {
        (account.id, date(2026, 3, 1)): (80, "Warehouse"),
        (account.id, date(2026, 2, 1)): (60.5, "facts.csv"),
        (other.id, date(2026, 3, 1)): (50, "facts.csv"),
    }
    assert set(db.session.scalars(sa.select(ScoreDue.account_id))) == {account.id, other.id}
    assert counts(brought(FileKind.ADOPTION, *lines)) == (0, 0, 3, 0)
    assert counts(brought(FileKind.ADOPTION, "Account,Score,As Of", "A-1,81,2026-03-01")) == (0, 1, 0, 0)
    refresh_due_scores(NOW)
    scores = snapshots.on_day(db.session, account.id, TODAY)
    assert scores.score("adoption") == 81


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_line_that_cannot_be_taken_is_named_with_its_column_and_the_others_are(app):
    make.account(external_id="A-1")
    report = brought(
        FileKind.ADOPTION,
        "Account,Score,Metric,At 0,At 100,As Of",
        "A-1,70,,,,2026-03-01",
        "A-9,70,,,,2026-03-01",
        "A-1,101,,,,2026-03-02",
        "A-1,many,,,,2026-03-02",
        "A-1,70,,,,2026-03-05",
        "A-1,70,,,,yesterday",
        "A-1,70,,,,",
        "A-1,,5,1,,2026-03-02",
        "A-1,,5,1,1,2026-03-02",
        "A-1,,,,,2026-03-02",
        "A-1,70,5,1,9,2026-03-02",
        "A-1,nan,,,,2026-03-02",
    )
    assert counts(report) == (1, 0, 0, 11)
    assert [(line, column) for line, column, _why in issues(report)] == [
        (3, "Account"),
        (4, "Score"),
        (5, "Score"),
        (6, "As Of"),
        (7, "As Of"),
        (8, "As Of"),
        (9, "At 100"),
        (10, "At 100"),
        (11, "Score"),
        (12, "Score"),
        (13, "Score"),
    ]
    assert "no such account" in issues(report)[0][2]
    with pytest.raises(Invalid, match="As Of"):
        brought(FileKind.ADOPTION, "Account,Score", "A-1,70")
    with pytest.raises(Invalid, match="Type, At"):
        brought(FileKind.EVENTS, "External ID,Account", "1,A-1")


def test_events_are_kept_once_raise_alerts_and_move_no_score(app):
    account = make.account(external_id="A-1")
    make.answer(
        8, invitation=make.invitation(contact=make.contact(account=account, email="kim@acme.example"))
    )
    today = {"today": TODAY, "zone": ZoneInfo("UTC")}
    before = snapshots.refresh(db.session, [account.id], now=NOW, **today)[account.id]
    db.session.commit()
    raise_alerts(NOW)
    lines = (
        "External ID,Account,Contact,Type,At,Value",
        "t-1,A-1,,ticket_past_sla,2026-03-03,1",
        "u-1,A-1,,usage_fallen,2026-03-03 09:30,45%",
        "n-1,A-1,KIM@acme.example,note,2026-03-03T09:30:00+05:00,=SUM(1)",
        "x-1,A-1,nobody@acme.example,note,2026-03-03,",
        "x-2,A-1,,note,2030-01-01,",
        "x-3,A-1,,,2026-03-03,",
    )
    assert counts(brought(FileKind.EVENTS, *lines, is_dry_run=True)) == (3, 0, 0, 3)
    assert db.session.scalar(sa.select(sa.func.count(Signal.id))) == 0
    report = brought(FileKind.EVENTS, *lines)
    assert counts(report) == (3, 0, 0, 3)
    assert [(line, column) for line, column, _why in issues(report)] == [
        (5, "Contact"),
        (6, "At"),
        (7, "Type"),
    ]
    assert counts(brought(FileKind.EVENTS, *lines)) == (0, 0, 3, 3)
    kept = {row.external_id: row for row in db.session.scalars(sa.select(Signal))}
    assert (kept["u-1"].value, kept["u-1"].at.isoformat()) == (45, "2026-03-03T08:30:00+00:00")
    assert (kept["n-1"].value, kept["n-1"].contact_id is not None) == ("=SUM(1)", True)
    assert raise_alerts(NOW + timedelta(minutes=1)) == 1
    assert {"ticket_late", "usage_fell"} <= set(db.session.scalars(sa.select(Alert.rule)))
    after = snapshots.refresh(db.session, [account.id], now=NOW + timedelta(minutes=2), **today)[account.id]
    assert (after.scores, after.colours, after.explanation) == (
        before.scores,
        before.colours,
        before.explanation,
    )


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_page_looks_and_brings_in_and_the_account_says_what_was_told_by_whom(app, sign_in):
    account = make.account(external_id="A-1")
    db.session.commit()
    manager, day = sign_in("manager"), (clock.now() - timedelta(days=3)).date().isoformat()

    def sent(do: str, content: str, kind: str = "adoption"):
        page = manager.get("/imports/facts").text
        file = (io.BytesIO(content.encode()), "usage <b>.csv")
        return manager.post(
            "/imports/facts",
            data={"csrf_token": token(page, missing=""), "kind": kind, "do": do, "file": file},
        )

    content = f"Account,Score,As Of\nA-1,73,{day}\nA-2,<b>,{day}\n"
    looked = sent("look", content).text
    assert "Nothing has been written yet" in looked
    assert "&lt;b&gt;" in looked
    assert db.session.scalar(sa.select(sa.func.count(Adoption.id))) == 0
    assert "was brought in" in sent("run", content).text
    page = manager.get(f"/accounts/{account.id}").text
    assert "Adoption</span> <b>73" in page or re.search(r"Adoption <b>73</b>", page)
    assert "usage &lt;b&gt;.csv" in page
    assert sent("run", "Account\n").status_code == 400
    assert sent("run", content, kind="none").status_code == 400
    assert "lacks a column" in sent("run", content, kind="events").text
