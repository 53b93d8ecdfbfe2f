"""Going live: refused for each blocker in turn, and it takes away what was for trying out and nothing else."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app.auth.models import Staff
from app.contacts.models import Account, Contact, ContactRole
from app.core import clock
from app.core.audit import SYSTEM, AuditEvent
from app.core.errors import DomainError, Invalid, Refused
from app.core.installation import Installation, installation
from app.core.outbox_rows import OutboxRow, OutboxState
from app.delivery import letters, waves
from app.delivery.mail.mailer import mailbox
from app.delivery.models import Invitation, InvitationState, Wave
from app.delivery.sending import posting
from app.extensions import Base, db
from app.followups.models import Task
from app.health import snapshots
from app.reports import rollups
from app.setup import going_live, removal
from app.surveys.models import Program
from tests import make
from tests.setup.conftest import READY_MARK, demo_rows, rehearsal_rows


def live(app, session, **given):
    values = {"actor": SYSTEM, "now": clock.now(), "confirm": "go live"} | given
    return going_live.go_live(session, app.extensions["settings"], **values)


def codes(app, session, **given) -> list[str]:
    return [
        b.code for b in going_live.blockers(session, app.extensions["settings"], now=clock.now(), **given)
    ]


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


@READY_MARK
def test_demo_data_is_refused_unless_it_is_to_go(app, session, ready):
    demo_rows()
    with pytest.raises(Refused) as refused:
        live(app, session)
    assert "demo company" in refused.value.errors["demo_data"]
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
    answer = run("live", "--remove-demo", given="go live\n")
    assert answer.exit_code == 0, answer.stderr
    assert re.search(r"\b1 demo account,.*\b2 demo contacts,.*\b1 demo wave,", answer.stdout)
    assert "Nobody can administer" not in answer.stdout, "somebody of your own was there before"


def test_the_command_says_how_an_administrator_is_made_when_the_demo_took_all_along(app, session, run):
    make.staff("admin", is_demo=True, password=make.PASSWORD)
    make.staff("csm", password=make.PASSWORD)
    session.commit()
    answer = run("live", "--i-know")
    assert answer.exit_code == 0, answer.stderr
    assert "Removed: 1 demo sign-in." in answer.stdout
    assert "justask staff add you@company.example --role admin" in answer.stdout


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


@READY_MARK
def test_a_rehearsal_quarantines_and_scores_nobody_afterwards(app, session, ready):
    person, now = make.contact(role=ContactRole.CHAMPION), clock.now()
    program = make.program()
    scored = {"account_ids": [person.account_id], "today": now.date(), "zone": installation(session).zone}
    before = snapshots.live(session, **scored)
    rehearsal = waves.launch(session, program, actor=SYSTEM, now=now, launch_key="r", undo_minutes=0)
    assert rehearsal.is_rehearsal
    ask = session.scalars(sa.select(Invitation)).one()
    ask.state, ask.sent_at, ask.closes_at = InvitationState.SENT, now, now + timedelta(days=21)
    make.answer(1, invitation=ask, comment="Bad.", now=now)
    session.flush()
    live(app, session)
    wave = waves.launch(session, program, actor=SYSTEM, now=now, launch_key="l", undo_minutes=0)
    asked = session.scalars(sa.select(Invitation)).one()
    assert (asked.wave_id, asked.state, asked.is_rehearsal) == (wave.id, InvitationState.PLANNED, False)
    assert session.scalars(sa.select(Task)).all() == []
    assert snapshots.live(session, **scored) == before
    assert rollups.days(session, "day", "all", before=date(2100, 1, 1)) == []
