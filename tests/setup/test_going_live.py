"""Going live: refused for each blocker in turn, and it takes away what was for trying out and nothing else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from app import cli
from app.auth.models import Staff
from app.contacts.models import Account, Contact
from app.core import clock, workers
from app.core.audit import SYSTEM, AuditEvent
from app.core.errors import DomainError, Invalid, Refused
from app.core.installation import Installation, installation
from app.core.outbox_rows import Letter, OutboxRow, OutboxState
from app.delivery import letters
from app.delivery.mail.mailer import mailbox
from app.delivery.models import Invitation, Wave
from app.delivery.sending import posting
from app.extensions import Base, db
from app.followups.models import Activity, ActivityKind, Task, Touch
from app.reports import rollups
from app.setup import going_live, removal
from app.surveys.models import Program
from tests import make

READY = {"BASE_URL": "https://ask.example.com", "MAIL_URL": "smtp://127.0.0.1:1"}
READY_MARK = pytest.mark.settings_with(**READY)


@pytest.fixture
def ready(app, session):
    """Everything that going live asks for: `ready()`, the worker's last sign of life given in seconds."""
    now = clock.now()
    row = installation(session)
    row.mail_confirmed_at, row.company = now, "Own Ltd"
    workers.beat(session, "host:1", started_at=now, now=now)
    make.staff(role="admin", password=make.PASSWORD, email="own@company.example")
    session.commit()
    return row


def live(app, session, **given):
    values = {"actor": SYSTEM, "now": clock.now(), "confirm": "go live"} | given
    return going_live.go_live(session, app.extensions["settings"], **values)


def codes(app, session, **given) -> list[str]:
    return [
        b.code for b in going_live.blockers(session, app.extensions["settings"], now=clock.now(), **given)
    ]


def demo_rows():
    """A demo company in small: an account with two people, a program, a wave, an answer, a task, a sign-in."""
    person = make.staff(role="admin", is_demo=True, password=make.PASSWORD)
    account = make.account(is_demo=True, owner=person)
    first, second = (make.contact(account=account, is_demo=True) for _ in range(2))
    program = make.program(is_demo=True, sender=person)
    wave = make.wave(program=program, is_demo=True)
    make.answer(3, invitation=make.invitation(wave=wave, contact=first), comment="Slow.")
    make.invitation(wave=wave, contact=second)
    installation(db.session).default_owner_id = person.id
    return account


def rehearsal_rows():
    """A wave launched in rehearsal to people of one's own, with mails, an answer, a task that was worked on."""
    wave = make.wave(is_rehearsal=True)
    ask = make.invitation(wave=wave)
    make.answer(2, invitation=ask, comment="Bad.")
    task = db.session.scalars(sa.select(Task).where(Task.invitation_id == ask.id)).first() or make.task(
        contact=ask.contact, invitation=ask, is_rehearsal=True
    )
    activity = Activity(
        kind=ActivityKind.CALL,
        at=make.NOW,
        words="Called.",
        staff_name="A",
        created_at=make.NOW,
        task_id=task.id,
    )
    touch = Touch(
        account_id=ask.account_id, kind=ActivityKind.CALL, at=make.NOW, is_two_way=True, staff_name="A"
    )
    make.saved(activity)
    touch.activity_id = activity.id
    make.saved(touch)
    letter = make.saved(
        Letter(digest="d" * 64, headers={}, subject="s", text="t", html="h", created_at=make.NOW)
    )
    make.saved(
        OutboxRow(
            kind="invitation",
            ref=str(ask.id),
            group=posting.group_of(wave.id),
            recipient=ask.contact.email,
            letter_id=letter.id,
            message_id="m@x.example",
            state=OutboxState.HELD,
            reason="rehearsal",
            due_at=make.NOW,
        )
    )
    return ask


def rows_of_everything() -> dict[str, list[str]]:
    """Every row of every table as text, without moments of change."""
    found = {}
    for table in Base.metadata.sorted_tables:
        columns = [
            column
            for column in table.columns
            if column.name not in {"updated_at", "permissions", "mf_recovery_codes"}
        ]
        order = list(table.primary_key.columns)
        found[table.name] = [
            repr(tuple(row)) for row in db.session.execute(sa.select(*columns).order_by(*order))
        ]
    return found


@READY_MARK
def test_with_everything_in_place_nothing_stands_in_the_way(app, session, ready):
    assert codes(app, session) == []
    live(app, session)
    assert installation(session).is_live
    event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "installation.live")).one()
    assert event.details["in_spite_of"] == []


@pytest.mark.parametrize(
    "base_url",
    [
        "http://127.0.0.1:8000",
        "https://127.0.0.1",
        "https://localhost",
        "https://[::1]",
        "http://ask.example.com",
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_an_address_that_customers_cannot_open_safely_stands_in_the_way(settings, base_url):
    changed = settings.__class__(**{**settings.__dict__, "BASE_URL": base_url})
    assert going_live.address_blocker(changed).code == "base_url"


@pytest.mark.settings_with(MAIL_URL="smtp://127.0.0.1:1")
def test_an_address_on_this_machine_is_refused_with_its_fix(app, session, ready):
    with pytest.raises(Refused, match="JUSTASK_BASE_URL"):
        live(app, session)
    assert codes(app, session) == ["base_url"]


@READY_MARK
def test_without_a_confirmed_test_mail_it_is_refused(app, session, ready):
    ready.mail_confirmed_at = None
    with pytest.raises(Refused, match="test mail"):
        live(app, session)
    assert codes(app, session) == ["test_mail"]


@pytest.mark.settings_with(BASE_URL="https://ask.example.com")
def test_without_a_mail_server_it_is_refused(app, session, ready):
    assert codes(app, session) == ["test_mail"]


@READY_MARK
def test_a_test_mail_through_another_server_does_not_count(app, session, ready):
    ready.setup = {"mail_server": "old.example:25"}
    assert codes(app, session) == ["test_mail"]


@READY_MARK
def test_with_a_dead_worker_it_is_refused(app, session, ready):
    session.execute(sa.update(workers.WorkerBeat).values(beat_at=clock.now() - timedelta(minutes=5)))
    with pytest.raises(Refused, match="justask worker"):
        live(app, session)
    assert codes(app, session) == ["worker"]


@READY_MARK
def test_demo_data_is_refused_unless_it_is_to_go(app, session, ready):
    demo_rows()
    with pytest.raises(Refused, match="demo company"):
        live(app, session)
    assert codes(app, session) == ["demo_data"]
    assert codes(app, session, remove_demo=True) == []
    live(app, session, remove_demo=True)
    assert not removal.remains(session).has_demo


@READY_MARK
def test_somebody_of_your_own_must_be_left_to_administer(app, session, ready):
    demo_rows()
    session.execute(sa.update(Staff).where(Staff.email == "own@company.example").values(active=False))
    assert codes(app, session, remove_demo=True) == ["administrator"]
    with pytest.raises(Refused, match="staff add"):
        going_live.remove_demo(session, actor=SYSTEM, now=clock.now())


@READY_MARK
@pytest.mark.parametrize("typed", ["", "yes", "go  liv", "GO-LIVE"])
def test_the_phrase_has_to_be_typed(app, session, ready, typed):
    with pytest.raises(Invalid):
        live(app, session, confirm=typed)
    assert not installation(session).is_live


@READY_MARK
def test_the_phrase_may_be_typed_in_capitals_and_with_blanks(app, session, ready):
    live(app, session, confirm="  Go   Live ")


@READY_MARK
def test_going_live_twice_is_refused(app, session, ready):
    live(app, session)
    with pytest.raises(Refused, match="already"):
        live(app, session)


@READY_MARK
def test_what_was_for_trying_out_goes_and_nothing_else(app, session, ready):
    own = make.contact(account=make.account(owner=make.staff()))
    make.program()
    make.goal(account=own.account)
    past = make.invitation(contact=own, wave=make.wave(is_rehearsal=False))
    make.answer(9, invitation=past, comment="Lovely.")
    rollups.fold(session)
    session.commit()
    before = rows_of_everything()
    demo_rows()
    rehearsal_rows()
    extra = make.contact(account=own.account, is_demo=True).id
    session.commit()
    rollups.fold(session)
    session.commit()

    gone = live(app, session, remove_demo=True)
    session.commit()
    assert (gone.rehearsal_waves, gone.demo_accounts, gone.demo_contacts, gone.demo_waves) == (1, 1, 3, 1)
    assert session.get(Contact, extra) is None
    rollups.fold(session)
    session.commit()
    after = rows_of_everything()
    of_rehearsal = {
        "accounts",
        "account_stages",
        "contacts",
        "contact_roles",
        "programs",
        "surveys",
        "survey_versions",
        "questions",
        "score_due",
    }
    for table, rows in before.items():
        if table in {"installation", "audit_events", "fold_cursors"}:
            continue
        assert set(rows) <= set(after[table]), table
        if table not in of_rehearsal:
            assert after[table] == rows, table
    assert not session.scalars(sa.select(Account).where(Account.is_demo)).all()
    assert installation(session).default_owner_id is None
    assert len(after["accounts"]) == len(before["accounts"]) + 1, (
        "the account that was asked in rehearsal is gone"
    )


@READY_MARK
def test_nothing_is_left_pointing_at_nothing(app, session, ready):
    demo_rows()
    rehearsal_rows()
    session.commit()
    live(app, session, remove_demo=True)
    session.commit()
    if session.get_bind().dialect.name == "sqlite":
        assert session.connection().exec_driver_sql("PRAGMA foreign_key_check").all() == []
    for table in (
        "responses",
        "tasks",
        "activities",
        "touches",
        "outbox",
        "delivery_attempts",
        "outbox_letters",
        "rollup_deltas",
        "rollup_cells",
        "readings",
        "invitation_states",
        "visits",
    ):
        assert session.scalar(sa.text(f"SELECT count(*) FROM {table}")) == 0, table


@READY_MARK
def test_a_demo_account_with_people_of_your_own_becomes_yours(app, session, ready):
    account = demo_rows()
    mine = make.contact(account=account)
    session.commit()
    live(app, session, remove_demo=True)
    session.commit()
    assert session.get(Account, account.id).is_demo is False
    assert session.get(Account, account.id).owner_id is None
    assert [contact.id for contact in session.scalars(sa.select(Contact))] == [mine.id]


@READY_MARK
def test_answers_of_your_own_are_counted_as_before(app, session, ready):
    demo_rows()
    kept = make.invitation(wave=make.wave())
    make.answer(10, invitation=kept)
    rollups.fold(session)
    live(app, session, remove_demo=True)
    rollups.fold(session)
    found = rollups.days(session, "day", "all", before=date(2030, 1, 1))
    assert [(d.promoters, d.passives, d.detractors) for d in found] == [(1, 0, 0)]


@READY_MARK
def test_the_demo_can_go_before_going_live_and_leaves_your_rehearsals(app, session, ready):
    demo_rows()
    ask = rehearsal_rows()
    session.commit()
    going_live.remove_demo(session, actor=SYSTEM, now=clock.now())
    session.commit()
    assert session.scalars(sa.select(Invitation.id)).all() == [ask.id]
    assert session.scalar(sa.select(sa.func.count()).select_from(Wave)) == 1
    with pytest.raises(DomainError):
        going_live.remove_demo(session, actor=SYSTEM, now=clock.now())


@READY_MARK
def test_an_unsubscribe_in_rehearsal_is_kept(app, session, ready):
    person = rehearsal_rows().contact
    person.unsubscribe(now=make.NOW)
    session.commit()
    live(app, session)
    assert session.get(Contact, person.id).unsubscribed_at == make.NOW


# The command


@pytest.fixture
def run(app, session, monkeypatch):
    monkeypatch.setattr(cli.justask, "create_app", lambda: app)

    def command(*words):
        session.commit()
        return CliRunner().invoke(cli.justask, list(words), catch_exceptions=False)

    return command


def test_the_command_names_every_blocker_and_changes_nothing(app, session, run):
    demo_rows()
    answer = run("live")
    assert answer.exit_code == 1
    for part in ("JUSTASK_BASE_URL", "test mail", "justask worker", "demo company", "staff add"):
        assert part in answer.stderr
    assert not installation(session).is_live
    assert session.scalars(sa.select(Program).where(Program.is_demo)).all()


def test_the_command_goes_live_in_spite_of_everything_when_told_so(app, session, run):
    demo_rows()
    rehearsal_rows()
    kept = mailbox(app.extensions["settings"])
    kept.keep(b"Subject: x\r\n\r\nrehearsal")
    answer = run("live", "--i-know", "--json")
    assert answer.exit_code == 0, answer.stderr
    assert '"rehearsal_waves": 1' in answer.stdout
    assert installation(session).is_live
    assert not removal.remains(session).has_demo
    assert kept.names() == []
    event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "installation.live")).one()
    assert set(event.details["in_spite_of"]) == {
        "base_url",
        "test_mail",
        "worker",
        "demo_data",
        "administrator",
    }
    assert event.actor_kind == "command"


@READY_MARK
def test_the_command_removes_the_demo_when_asked(app, session, ready, run):
    demo_rows()
    session.commit()
    assert run("live").exit_code == 1
    answer = run("live", "--remove-demo")
    assert answer.exit_code == 0, answer.stderr
    assert "1 demo accounts" in answer.stdout


@pytest.mark.settings_with(LIVE=True, TIME_ZONE="Europe/Berlin")
def test_an_installation_may_begin_live(app, session, run):
    assert run("prepare", "--no-demo").exit_code == 0
    row = session.get_one(Installation, 1)
    assert row.is_live
    assert row.time_zone == "Europe/Berlin"


@pytest.mark.settings_with(LIVE=True)
def test_it_does_not_begin_live_over_a_rehearsal(app, session, run):
    rehearsal_rows()
    assert run("prepare", "--no-demo").exit_code == 0
    assert not installation(session).is_live


def test_without_the_setting_an_installation_begins_in_rehearsal(app, session, run):
    assert run("prepare", "--no-demo").exit_code == 0
    assert not installation(session).is_live


def test_the_command_removes_the_demo_alone(app, session, ready, run):
    demo_rows()
    answer = run("demo", "remove")
    assert answer.exit_code == 0, answer.stderr
    assert not removal.remains(session).has_demo
    assert run("demo", "remove").exit_code == 1


# The mail


@READY_MARK
def test_a_held_mail_of_the_rehearsal_is_never_sent(app, session, ready):
    rehearsal_rows()
    posting.post(
        session,
        app.extensions["settings"],
        letters.trial("Own Ltd", "en", server="x"),
        kind=posting.STAFF,
        recipient="somebody@customer.example",
        now=make.NOW,
    )
    session.execute(sa.update(OutboxRow).values(state=OutboxState.HELD, reason="rehearsal"))
    live(app, session)
    assert session.scalar(sa.select(sa.func.count()).select_from(OutboxRow)) == 0
