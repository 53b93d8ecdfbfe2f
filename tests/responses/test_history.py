"""Past asks from files: answers, silences and bounces on their days; nothing is sent, no task opens, nothing twice."""

from __future__ import annotations

import io
import json
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import journey
from app.cli import justask
from app.contacts.importers.layout import Kind
from app.contacts.importers.report import Report
from app.contacts.importing.files import read_file
from app.contacts.models import Account, Contact
from app.core.audit import SYSTEM
from app.core.outbox_rows import OutboxRow
from app.delivery import cadence, suppressions
from app.delivery.asking.gates import Reason
from app.delivery.models import Invitation, InvitationChange, InvitationState, Wave
from app.extensions import db
from app.followups.models import Task, TaskState
from app.health.models import ScoreDue
from app.reports.statistics.nps import Counts
from app.reports.sums import verifying
from app.responses.history.taking import import_any
from app.responses.models import Response, Revision
from app.sentiment.models import StoredReading
from tests import make
from tests.posting import token

SAMPLES = Path(__file__).parents[1] / "data" / "crm_samples"
SAMPLE = SAMPLES / "11_survey_history_with_silence.csv"
HEAD = "Account,Contact email,Survey,Sent,Delivered,Answered,Score,Value 0-10,Goal 0-4,Comment"
NOW = make.NOW


def bring(*lines: str, now: datetime = NOW, head: str = HEAD) -> Report:
    """What became of the lines of a file, each looked at in a dry run before, which must foretell it."""
    content, reports = "\n".join((head, *lines)).encode(), []
    for is_dry_run in (True, False):
        before = db.session.scalar(sa.select(sa.func.count()).select_from(Invitation))
        reading = read_file(db.session, Kind.HISTORY, io.BytesIO(content), name="past.csv")
        report = Report.of(reading, is_dry_run=is_dry_run)
        more = {
            "suppressed": partial(suppressions.reasons, db.session),
            "told": journey.past_answer_told,
        }
        for touched in import_any(db.session, reading, report, now=now, **more):
            journey.rows_imported(db.session, touched, now=now)
        if is_dry_run:
            assert db.session.scalar(sa.select(sa.func.count()).select_from(Invitation)) == before
        reports.append(report)
    db.session.flush()
    db.session.expire_all()
    told = [
        (one.created, one.updated, one.unchanged, one.skipped, one.rejected, one.issues, one.notes)
        for one in reports
    ]
    assert told[0] == told[1]
    return reports[1]


def counts(report: Report) -> tuple[int, ...]:
    return report.created, report.updated, report.unchanged, report.skipped, report.rejected


def the_ask(email: str = "kim@acme.example") -> Invitation:
    return db.session.scalars(
        sa.select(Invitation).where(Invitation.asked_as == email).order_by(Invitation.id)
    ).first()


def how_many(model, *where) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where))


def test_a_history_with_silence_comes_in_whole_and_once(app):
    db.session.commit()
    run = partial(app.test_cli_runner().invoke, justask, catch_exceptions=False)
    done = run(["history", "import", str(SAMPLE), "--json"])
    report = json.loads(done.stdout)
    db.session.rollback()
    expected = json.loads((SAMPLES / "expected.json").read_text("utf-8"))[SAMPLE.name]
    assert (report["rows"], report["created"], report["rejected"]) == (expected["rows"], 78, 0)
    states = dict(
        db.session.execute(sa.select(Invitation.state, sa.func.count()).group_by(Invitation.state)).all()
    )
    assert states == {
        InvitationState.ANSWERED: expected["answered"],
        InvitationState.SILENT: expected["silent"],
        InvitationState.BOUNCED: expected["bounced"],
    }
    scores = list(db.session.scalars(sa.select(Response.score)))
    tally = Counts(sum(s <= 6 for s in scores), sum(6 < s < 9 for s in scores), sum(s >= 9 for s in scores))
    assert 100 * (tally.promoters - tally.detractors) / tally.n == expected["nps"]
    assert verifying.findings(db.session).differences == []
    assert how_many(Task) == how_many(OutboxRow) == 0
    assert how_many(ScoreDue) == how_many(Account) == 9
    assert list(db.session.scalars(sa.select(Wave.name).order_by(Wave.launched_at))) == [
        f"Pulse Q{quarter}" for quarter in (1, 2, 3)
    ]
    third = db.session.scalar(sa.select(sa.func.max(Response.day)))
    assert third == date(2024, 7, 29)  # Of 29/07/2024, beside days written the other way.
    again = json.loads(run(["history", "import", str(SAMPLE), "--json"]).stdout)
    assert (again["unchanged"], again["created"], again["updated"]) == (78, 0, 0)
    db.session.rollback()
    assert how_many(Invitation) == 78


def test_each_line_that_cannot_be_taken_says_why(app):
    make.account(name="Acme")
    day = NOW.date()
    bad = {
        "Acme,,Pulse,2024-01-15,yes,,,,,": "Neither a name",
        "Acme,nobody,Pulse,2024-01-15,yes,,,,,": "nobody can tell who was asked",
        "Acme,a@acme.example,Pulse,,yes,,,,,": "Without the day",
        "Acme,a@acme.example,Pulse,soon,yes,,,,,": "Not a date",
        f"Acme,a@acme.example,Pulse,{day + timedelta(days=2)},yes,,,,,": "still to come",
        "Acme,a@acme.example,Pulse,2024-01-15,yes,2024-01-16,11,,,": "from 0 to 10",
        "Acme,a@acme.example,Pulse,2024-01-15,yes,2024-01-16,,,5,": "from 0 to 4",
        "Acme,a@acme.example,Pulse,2024-01-15,perhaps,,,,,": "Neither yes nor no",
        "Acme,a@acme.example,Pulse,2024-01-15,no,2024-01-16,9,,,": "did not arrive",
        "Acme,a@acme.example,Pulse,2024-01-15,yes,2024-01-14,9,,,": "before it was asked",
        "Acme,a@acme.example,Pulse,2024-01-15,yes,2024-01-16,,,,": "neither a score nor a word",
        "Acme,a@acme.example,Pulse,2024-01-15,yes,no,9,,,": "yet there is an answer",
        ",a@gmail.com,Pulse,2024-01-15,yes,,,,,": "at which account",
    }
    good = 'Acme,kim@acme.example,Pulse,2024-01-15,yes,yes,"7,0",,,"=1+1\nsecond line"'
    report = bring(*bad, good)
    assert counts(report) == (1, 0, 0, 0, len(bad))
    assert report.rows == len(bad) + 1
    refused = sorted((one for one in report.issues if one.is_rejected), key=lambda one: one.line)
    assert [one.line for one in refused] == list(range(2, len(bad) + 2))
    for issue, reason in zip(refused, bad.values(), strict=True):
        assert reason in issue.reason, issue
    assert [one.reason for one in report.issues if one.line == len(bad) + 2] == [
        "The day of the answer is not given; that of the ask was taken."
    ]
    said = db.session.scalars(sa.select(Response)).one()
    assert (said.score, said.comment) == (7, "=1+1\nsecond line")
    assert how_many(Contact) == 1  # Nobody is made of a line that is refused.


def test_answers_stand_on_their_days_and_quarantine_goes_by_the_ask(app):
    person = make.contact(email="kim@acme.example", account=make.account(name="Acme"))
    sent = NOW - timedelta(days=60)
    line = (
        f"Acme,Kim@Acme.example,Pulse,{sent:%Y-%m-%d},yes,{sent + timedelta(days=40):%Y-%m-%d},2,3,1,Too slow"
    )
    assert counts(bring(line)) == (1, 0, 0, 0, 0)
    ask, said = the_ask(), db.session.scalars(sa.select(Response)).one()
    assert (ask.contact_id, ask.is_late, ask.is_rehearsal, ask.state) == (person.id, False, False, "answered")
    assert said.day == (sent + timedelta(days=40)).date()
    assert said.value_points is not None
    assert said.updated_at == ask.updated_at == NOW
    assert db.session.scalars(sa.select(StoredReading)).one().label == "negative"
    steps = db.session.scalars(sa.select(InvitationChange).order_by(InvitationChange.at))
    assert [(step.state, step.at.date()) for step in steps] == [
        (InvitationState.SENT, sent.date()),
        (InvitationState.ANSWERED, said.day),
    ]
    assert how_many(Task) == 0
    assert verifying.findings(db.session).differences == []
    reasons = {
        gate.reason for gate in cadence.why_not(db.session, person, make.program(), now=NOW) if gate.is_shut
    }
    assert Reason.QUARANTINE in reasons


def test_a_later_file_adds_what_was_not_known_and_takes_nothing_back(app):
    make.contact(email="kim@acme.example", account=make.account(name="Acme"))
    sent = NOW - timedelta(days=5)
    start = f"Acme,kim@acme.example,Pulse,{sent:%Y-%m-%d}"
    assert counts(bring(f"{start},yes,,,,,")) == (1, 0, 0, 0, 0)
    assert the_ask().state is InvitationState.SENT  # Still open, as it was elsewhere.
    assert counts(bring(f"{start},yes,{NOW:%Y-%m-%d},6,,,")) == (0, 1, 0, 0, 0)
    assert counts(bring(f"{start},yes,{NOW:%Y-%m-%d},9,,,Now it works")) == (0, 1, 0, 0, 0)
    said = db.session.scalars(sa.select(Response)).one()
    assert (said.score, how_many(Revision), how_many(Task)) == (9, 1, 0)
    late = bring(f"{start},yes,,,,,")
    assert counts(late) == (0, 0, 1, 0, 0)
    assert "known already" in late.issues[0].reason
    assert the_ask().state is InvitationState.ANSWERED
    assert verifying.findings(db.session).differences == []


def test_a_silence_that_was_called_about_ends_with_the_answer_and_a_bounce_is_none(app):
    account = make.account(name="Acme")
    for name in ("kim", "lee"):
        make.contact(email=f"{name}@acme.example", account=account)
    bring(*(f"Acme,{name}@acme.example,Pulse,2024-01-15,yes,,,,," for name in ("kim", "lee")))
    kim, lee = the_ask(), the_ask("lee@acme.example")
    assert kim.state is InvitationState.SILENT
    assert kim.silent_at == kim.sent_at + timedelta(days=21)
    task = make.task(kind="silent", contact=kim.contact, invitation=kim)
    again = bring(
        "Acme,kim@acme.example,Pulse,2024-01-15,yes,2024-03-30,8,,,",
        "Acme,lee@acme.example,Pulse,2024-01-15,no,,,,,",
    )
    assert counts(again) == (0, 2, 0, 0, 0)
    assert (kim.state, lee.state, lee.silent_at) == (InvitationState.ANSWERED, InvitationState.BOUNCED, None)
    assert task.state is TaskState.CLOSED


def test_the_same_ask_twice_counts_once_and_two_of_a_month_are_two(app):
    make.contact(email="kim@acme.example", account=make.account(name="Acme"))
    start = "Acme,kim@acme.example,Pulse"
    report = bring(
        f"{start},2024-01-05,yes,2024-01-06,9,,,",
        f"{start},2024-01-05,yes,2024-01-06,9,,,",
        f"{start},2024-01-05,yes,2024-01-06,3,,,",
        f"{start},2024-01-25,yes,,,,,",
    )
    assert counts(report) == (2, 0, 1, 1, 0)
    assert how_many(Wave) == how_many(Invitation) == 2
    journey.person_erased(db.session, the_ask().contact, now=NOW, actor=SYSTEM)
    gone = bring(f"{start},2024-02-25,yes,,,,,")
    assert counts(gone) == (0, 0, 0, 1, 0)
    assert "erased" in gone.issues[0].reason


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_page_looks_first_and_then_takes_past_asks_in(sign_in, session):
    client = sign_in("manager")
    page = client.get("/imports/?kind=history").text
    assert 'value="history" checked' in page
    fields = {"csrf_token": token(page), "kind": "history", "preset": "auto"}
    sent = client.post("/imports/", data=fields | {"file": (io.BytesIO(SAMPLE.read_bytes()), SAMPLE.name)})
    page = client.get(sent.location).text
    assert "Import 78 rows" in page
    assert "goal, 0 to 4" in page
    assert "New accounts" in page
    assert how_many(Invitation) == 0
    session.rollback()
    done = client.post(f"{sent.location}/result", data={"csrf_token": token(page)})
    assert "Imported: 78 new, 0 changed." in client.get(done.location).text
    session.rollback()
    assert (how_many(Invitation), how_many(Task)) == (78, 0)
    wave = session.scalar(sa.select(sa.func.min(Wave.id)))
    page = client.get(f"/waves/{wave}").text
    assert "Pulse Q" in page
    assert "a file of past asks" in page
