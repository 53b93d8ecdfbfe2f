"""What one person may ask of us: to see everything that is held, and to be forgotten without a number changing."""

from __future__ import annotations

import json
import threading
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from app import cli, journey
from app.api.protocol.idempotency import KeptAnswer
from app.auth.models import ApiKey, Scope
from app.contacts.importing import uploads
from app.contacts.models import Contact, ContactKey, ContactRole, ContactStatus, OptOutElsewhere, Wish
from app.contacts.signals import Signal
from app.core import audit, clock
from app.core.audit import SYSTEM, AuditEvent
from app.core.database import transactions
from app.core.errors import Refused
from app.core.outbox_rows import DeliveryAttempt, OutboxRow, OutboxState
from app.delivery import waves
from app.delivery.mail.mailer import mailbox
from app.delivery.models import Decline, Invitation, InvitationState, Occasion, Purpose, Skip, Visit
from app.delivery.sending import posting
from app.extensions import Base, db
from app.followups import activities, touches
from app.followups.advocacy.models import Favour, FavourKind, FavourState
from app.followups.escalating.models import ClockName, LateNotice
from app.followups.models import ActivityKind, Task, TaskMail, TaskState
from app.followups.playbooks import library, running
from app.followups.promises.models import Promise, Way
from app.followups.settling.models import Settlement, Verdict
from app.health.alerting.models import Alert, Severity
from app.reports import rollups
from app.reports.sums.recount import recount
from app.responses import handovers
from app.responses.models import PartialAnswer, Response
from app.sentiment.judging import corrections
from app.sentiment.models import Label, Mention, StoredReading, Theme
from app.sentiment.themes import dictionary
from tests import make
from tests.conftest import NOW

EMAIL = "Kim.Lee@Customer.example"
SECRETS = (
    "kim.lee@customer.example",
    "kimberly",
    "zimmerfrau",
    "crm-4711",
    "abysmal",
    "shouted",
    "cfo of cfos",
)


@pytest.fixture
def kim(session, settings):
    """Somebody of whom every table holds something."""
    person = make.contact(
        email=EMAIL,
        first_name="Kimberly",
        last_name="Zimmerfrau",
        title="CFO of CFOs",
        role=ContactRole.CHAMPION,
        external_id="crm-4711",
        time_zone="Europe/Lisbon",
    )
    make.saved(ContactKey(contact_id=person.id, system="hubspot", key="crm-4711"))
    make.saved(Wish(contact_id=person.id, at=NOW, told_by="respondent", is_unsubscribed=False, rest_days=182))
    make.saved(OptOutElsewhere(contact_id=person.id, system="hubspot", since_at=NOW))
    program = make.program()
    old = make.invitation(contact=person, wave=make.wave(program=program), sent_at=NOW - timedelta(days=90))
    make.answer(2, invitation=old, comment="Abysmal support.", now=NOW - timedelta(days=89))
    make.answer(3, invitation=old, comment="Abysmal, still.", now=NOW - timedelta(days=88))
    task = session.scalars(sa.select(Task).where(Task.contact_id == person.id)).first()
    activities.log(
        session, task, ActivityKind.CALL, "Kimberly shouted.", at=NOW, is_two_way=True, by=SYSTEM, now=NOW
    )
    make.case_mail(task, words="Dear Kimberly, sorry.")
    activities.snooze(task, NOW + timedelta(days=1), by=SYSTEM, now=NOW, why="Kimberly shouts.")
    make.saved(
        Promise(
            response_id=task.response_id,
            task_id=task.id,
            contact_id=person.id,
            account_id=person.account_id,
            way=Way.PHONE,
            phone="+1 555 0100",
            asked_at=NOW,
            due_on=NOW.date(),
            until_at=NOW,
        )
    )
    found = {"rule": "detractor", "severity": Severity.HIGH, "began_on": NOW.date(), "raised_at": NOW}
    make.saved(Alert(account_id=person.account_id, contact_id=person.id, slot="kim", **found))
    clock_of = {"clock": ClockName.FIRST_TOUCH, "due_at": NOW, "level": 100, "at": NOW}
    make.saved(LateNotice(task_id=task.id, **clock_of))
    said = {"said": Verdict.NOT_YET, "said_at": NOW, "words": "Kimberly still waits."}
    make.saved(Settlement(task_id=task.id, invitation_id=old.id, asked_at=NOW, asked_by="Person", **said))
    plan = make.saved(library.sketches()[0].made())
    running.tick(session, task, plan, plan.steps[0].id, by=SYSTEM, now=NOW)
    favour = Favour(
        kind=FavourKind.REVIEW,
        contact_id=person.id,
        account_id=person.account_id,
        state=FavourState.OFFERED,
        offered_at=NOW,
        changed_at=NOW,
    )
    make.telling(old, told_at=None, reason=f"550 <{EMAIL}> is on holiday")
    make.saved(favour).move(FavourState.DECLINED, now=NOW, by="the person asked")
    touches.log(
        session, person.account, ActivityKind.MEETING, "Shouted too.", at=NOW, is_two_way=True, by=SYSTEM,
        now=NOW, contact=person,
    )  # fmt: skip
    wave = waves.invite(session, program, person, actor=SYSTEM, now=NOW, purpose=Purpose.RECOVERY)
    next(waves.start_due(session, now=NOW))
    session.commit()
    for _ in posting.queue_due(session, settings, now=NOW):
        session.commit()
    row = session.scalars(sa.select(OutboxRow)).one()
    row.reason = f"550 <{EMAIL}> is on holiday"
    row.tries = 1
    make.saved(
        DeliveryAttempt(
            outbox_id=row.id, number=1, started_at=NOW, outcome=OutboxState.RETRY, reply=row.reason
        )
    )
    make.saved(
        Signal(
            external_id="s-1",
            account_id=person.account_id,
            contact_id=person.id,
            type="usage",
            at=NOW,
            value="low",
        )
    )
    asked = old.wave
    make.saved(
        Occasion(
            program_id=asked.program_id,
            contact_id=person.id,
            key="signal:1",
            due_on=NOW.date(),
            wave_id=asked.id,
            met_at=NOW,
        )
    )
    make.saved(
        Skip(contact_id=person.id, staff_name="Ana", reason="On leave", until_on=NOW.date(), made_at=NOW)
    )
    make.saved(Visit(invitation_id=old.id, at=NOW, page="answer"))
    handovers.say(
        session, old, Decline.LEFT, name="Kimberly's friend", email="friend@crm-4711.example", now=NOW
    )
    make.saved(
        PartialAnswer(
            invitation_id=old.id, said={"comment": "Kimberly hesitates"}, is_enough=False, attempt="a", at=NOW
        )
    )
    reading = session.scalars(sa.select(StoredReading)).one()
    corrections.correct(session, reading, Label.MIXED, why="Kimberly told me", by=SYSTEM, now=NOW)
    dictionary.ensure(session, now=NOW)
    theme = session.scalars(sa.select(Theme)).first()
    facts = {
        name: getattr(reading, name) for name in ("response_id", "account_id", "day", "score", "is_counted")
    }
    make.saved(Mention(theme_id=theme.id, reading_id=reading.id, polarity=-1, label=Label.NEGATIVE, **facts))
    friend = make.contact()
    other = make.invitation(contact=friend, wave=old.wave, state=InvitationState.CANCELLED)
    handovers.say(session, other, Decline.NOT_ME, name="Kimberly Zimmerfrau", email=EMAIL, now=NOW)
    task.mails.append(TaskMail(mail=make.inbound_mail(old, words="Kimberly shouted again."), at=NOW))
    details = {"email": EMAIL, "external_id": "– → crm-4711", "name": "Kimberly Zimmerfrau"}
    audit.note(session, SYSTEM, "contact.change", subject=f"contact:{person.id}", now=NOW, **details)
    audit.note(session, SYSTEM, "import.odd", subject="import:1", now=NOW, line=EMAIL)
    issues = [{"line": 2, "column": "Title", "value": f"{EMAIL} crm-4711", "reason": "Kimberly Zimmerfrau"}]
    make.saved(
        uploads.ImportFile(
            kind="contacts", name="people.csv", report={"rows": 1, "issues": issues}, created_at=NOW,
            content=f"Email,Name\n{EMAIL},Kimberly Zimmerfrau".encode(),
            columns=[{"header": "Email", "samples": [EMAIL], "field": "email"}],
        )
    )  # fmt: skip
    assert wave.name.endswith("Kimberly Zimmerfrau")
    session.commit()
    return person


@pytest.fixture
def run(app, session, monkeypatch):
    monkeypatch.setattr(cli.justask, "create_app", lambda: app)

    def command(*words, given: str | None = None):
        session.commit()
        answer = CliRunner().invoke(cli.justask, list(words), input=given, catch_exceptions=False)
        session.expire_all()
        return answer

    return command


def erase(session, person):
    journey.person_erased(session, person, now=NOW, actor=SYSTEM)
    session.commit()


def everything(session) -> str:
    """All that the database holds, as text in lower case."""
    found = []
    for table in Base.metadata.sorted_tables:
        found += [f"{table.name}: {tuple(row)!r}".lower() for row in session.execute(sa.select(table))]
    return "\n".join(found)


def trends(session) -> list:
    rollups.fold(session)
    day = {"before": date(2100, 1, 1)}
    return [
        rollups.days(session, s, dim, **day) for s in ("day", "window") for dim in ("all", "role", "tier")
    ]


def test_nothing_of_the_person_is_left_in_any_table(session, kim):
    before = everything(session)
    assert [secret for secret in SECRETS if secret not in before] == []
    erase(session, kim)
    after = everything(session)
    assert [(secret, line) for secret in SECRETS for line in after.splitlines() if secret in line] == []


def test_what_the_person_scored_is_counted_as_before(session, kim):
    counted = trends(session)
    erase(session, kim)
    assert trends(session) == counted
    recount(session, now=NOW)
    assert trends(session) == counted
    answer = session.scalars(sa.select(Response)).one()
    assert (answer.score, answer.comment, answer.contact_id) == (3, "", kim.id)
    assert sum(day.detractors for day in counted[0]) == 1


def test_the_person_stays_as_a_row_without_identity_whose_open_matters_are_closed(session, kim):
    erase(session, kim)
    assert (kim.status, kim.erased_at, kim.name, kim.role) == (
        ContactStatus.ERASED,
        NOW,
        "An erased person",
        ContactRole.CHAMPION,
    )
    assert {task.state for task in session.scalars(sa.select(Task))} == {TaskState.CLOSED}
    assert {ask.state for ask in session.scalars(sa.select(Invitation))} == {
        InvitationState.ANSWERED,
        InvitationState.CANCELLED,
    }
    assert session.scalars(sa.select(OutboxRow.state)).all() == [OutboxState.CANCELLED]


def test_the_erasure_is_audited_without_the_address(session, kim):
    erase(session, kim)
    event = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert (event.action, event.subject, event.details) == ("contact.erase", f"contact:{kim.id}", {})


def test_the_old_link_leads_nowhere_and_records_nothing(session, kim, client, settings):
    ask = make.invitation(contact=kim, sent_at=clock.now())
    url = f"/a/{make.token(settings, ask)}"
    assert client.get(url).status_code == 200
    erase(session, kim)
    assert client.get(url).status_code == 404
    assert client.post(url, data={"score": "10"}).status_code in (400, 404)
    assert session.scalars(sa.select(Response.score)).all() == [3]


def test_nobody_brings_the_person_back(session, kim, run, tmp_path, sign_in):
    account = kim.account
    erase(session, kim)
    path = tmp_path / "people.csv"
    path.write_text(f"Email,Last Name,Account Name\n{EMAIL.upper()},Zimmerfrau,{account.name}\n")
    report = json.loads(run("contacts", "import", str(path), "--json").stdout)
    assert (report["created"], report["skipped"]) == (0, 1)
    assert "erased" in report["issues"][0]["reason"]
    assert session.scalars(sa.select(Contact.email).where(Contact.account_id == account.id)).all() == [None]
    with pytest.raises(Refused, match="erased"):
        waves.invite(session, make.program(), kim, actor=SYSTEM, now=NOW + timedelta(days=900))


def test_everything_that_is_held_is_told(session, kim, run, app):
    mailbox(app.extensions["settings"]).keep(f"To: Kim <{EMAIL}>\r\nSubject: x\r\n\r\nkept words".encode())
    answer = run("person", "export", EMAIL.lower())
    assert answer.exit_code == 0, answer.stderr
    told = json.loads(answer.stdout)
    (person,) = told["people"]
    assert person["contact"]["last_name"] == "Zimmerfrau"
    assert [row["comment"] for row in person["responses"]] == ["Abysmal, still."]
    assert "kept words" in told["kept_mails"][0]
    empty = [name for name, rows in person.items() if not rows and name not in {"reminders", "suppressions"}]
    assert empty == []
    assert "nonce" not in answer.stdout


def test_the_command_forgets_all_that_read_the_mailbox(session, kim, run, app):
    other = make.contact(email="kim.lee@customer.example")
    box = mailbox(app.extensions["settings"])
    box.keep(f"To: Kim <{EMAIL}>\r\nSubject: x\r\n\r\ny".encode())
    box.keep(b"To: another@customer.example\r\nSubject: x\r\n\r\ny")
    answer = run("person", "erase", EMAIL, "--yes", "--json")
    assert answer.exit_code == 0, answer.stderr
    assert json.loads(answer.stdout) == {"contacts": [kim.id, other.id], "mails_in_mailbox": 1}
    assert len(box.names()) == 1
    again = run("person", "erase", EMAIL)
    assert (again.exit_code, again.stderr) == (1, f"Nobody here has the address {EMAIL}.\n")
    assert run("person", "export", "nobody").exit_code == 1


@pytest.mark.parametrize(("typed", "code"), [("kim\n", 1), (f" {EMAIL.lower()}\n", 0)])
def test_at_a_terminal_the_address_is_typed(session, kim, run, monkeypatch, typed, code):
    monkeypatch.setattr("app.contacts.cli.is_terminal", lambda: True)
    assert run("person", "erase", EMAIL, given=typed).exit_code == code
    assert (db.session.get(Contact, kim.id).status is ContactStatus.ERASED) == (code == 0)


def test_letters_beyond_ascii_are_forgotten_like_all_others(session, run):
    make.contact(email="jürgen.\u0142@customer.example")
    audit.note(
        session, SYSTEM, "import.odd", subject="import:1", now=NOW, line="Jürgen.\u0142@customer.example"
    )
    key = make.saved(ApiKey(name="crm", prefix="p", digest="d", scope=Scope.WRITE, created_at=NOW))
    for number, body in enumerate(
        ['{"email": "J\\u00fcrgen.\\u0142@customer.example"}', '{"email": "a@b.example"}']
    ):
        make.saved(KeptAnswer(api_key_id=key.id, key=str(number), fingerprint="", body=body, created_at=NOW))
    assert run("person", "erase", "jürgen.\u0142@customer.example", "--yes").exit_code == 0
    assert session.scalars(sa.select(AuditEvent.details).filter_by(action="import.odd")).all() == [{}]
    kept = session.execute(sa.select(KeptAnswer.key, KeptAnswer.body).order_by(KeptAnswer.key)).all()
    assert kept == [("0", ""), ("1", '{"email": "a@b.example"}')]


WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_an_answer_that_is_being_written_down_is_waited_for_and_forgotten_too(app, session, kim):
    sent = make.invitation(contact=kim, sent_at=NOW)
    session.commit()

    def forget():
        with app.app_context():
            transactions.write(db.session)
            erase(db.session, db.session.get_one(Contact, kim_id))

    kim_id, forgetting = kim.id, threading.Thread(target=forget)
    make.answer(1, invitation=sent, comment="Abysmal to the end.", now=NOW)
    forgetting.start()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watching:
        while forgetting.is_alive() and not watching.scalar(WAITING):
            forgetting.join(0.01)
    session.commit()
    forgetting.join()
    assert session.get_one(Contact, kim_id).status is ContactStatus.ERASED
    assert set(session.scalars(sa.select(Response.comment))) == {""}
