"""A large audience is written down part by part: nobody twice or forgotten, whoever stops it when."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import journey
from app.contacts.models import Account, Contact
from app.core.audit import Actor
from app.core.database.writing import estimates
from app.core.installation import installation
from app.delivery import waves
from app.delivery.models import Invitation, Wave, WaveState
from app.delivery.timing import parts
from tests import make
from tests.make import NOW

ANA = Actor("staff", None, "Ana")
DAY = timedelta(days=1)
KILLED_IN_THE_SECOND_PART = """
import os, signal, sys
from datetime import datetime
import config
from app import create_app
from app.core.database import transactions
from app.delivery.timing import parts
from app.extensions import db
folder, url, secret, now = sys.argv[1:]
parts.PEOPLE, parts.PEOPLE_LATER = 4, {"sqlite": 4, "postgresql": 4}
with create_app(config.load({}, INSTANCE=folder, DATABASE_URL=url, SECRET_KEY=secret)).app_context():
    transactions.write(db.session)
    written = parts.plan_rest(db.session, now=datetime.fromisoformat(now))
    next(written)
    db.session.commit()
    next(written)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def program(session):
    """Twelve people of five accounts: two share a mailbox with somebody of another account, one account has too many."""
    installation(session).live_at = NOW - 30 * DAY
    customers = [make.account(name=f"Customer {number}") for number in range(5)]
    for number, customer in enumerate(customers):
        for place in range(4 if number == 1 else 2):
            make.contact(account=customer, email=f"p{number}.{place}@customer.example")
    make.contact(account=customers[4], email="shared@customer.example")
    make.contact(account=customers[0], email="shared@customer.example")
    make.contact(account=customers[2], email="p3.0@customer.example")
    return make.program(name="Relationship", quarantine={"account_per_day": 2})


def launched(session, program, key="k") -> Wave:
    wave = waves.launch(session, program, actor=ANA, now=NOW, launch_key=key, undo_minutes=0, first_people=3)
    session.commit()
    return wave


def written(session, wave) -> dict[int, tuple]:
    session.expire_all()
    rows = session.scalars(sa.select(Invitation).filter_by(wave_id=wave.id)).all()
    assert len({row.contact_id for row in rows}) == len({row.nonce for row in rows}) == len(rows)
    return {row.contact_id: (row.state.value, row.suppressed_reason, row.free_at, row.due_at) for row in rows}


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_ledger_that_postgresql_takes_for_empty_is_looked_at_before_the_next_part(session, program, monkeypatch):
    """It looked while the first part was written, and would go through all asks for each account of the next."""
    monkeypatch.setattr(parts, "PEOPLE", 4)
    monkeypatch.setattr(estimates, "LEAST_PAGES", 1)
    wave = waves.launch(session, program, actor=ANA, now=NOW, launch_key="k", undo_minutes=0)
    session.flush()
    with session.get_bind().connect().execution_options(isolation_level="AUTOCOMMIT") as other:
        other.execute(sa.text("ANALYZE invitations"))
    session.commit()
    believed = sa.text("SELECT reltuples FROM pg_class WHERE relname = 'invitations'")
    assert session.scalar(believed) == 0
    asked = len(written(session, wave))
    next(parts.plan_rest(session, now=NOW))
    assert session.scalar(believed) == asked
    assert estimates.refresh(session, *parts.READ) == []


def go_on(session) -> int:
    done = 0
    for _people in parts.plan_rest(session, now=NOW):
        session.commit()
        done += 1
    return done


@pytest.fixture
def at_once(session, program):
    """What comes of the same launch in one go, which is undone again."""
    wave = launched(session, program)
    found = written(session, wave)
    waves.undo(session, wave, actor=ANA, now=NOW)
    session.commit()
    return found


@pytest.fixture
def of_four(monkeypatch):
    monkeypatch.setattr(parts, "PEOPLE", 4)
    monkeypatch.setattr(parts, "PEOPLE_LATER", {"sqlite": 4, "postgresql": 4})


def test_a_wave_in_parts_comes_out_like_one_in_one_go(session, program, at_once, of_four):
    assert {reason for _state, reason, *_ in at_once.values()} == {None, "duplicate_address", "account_day"}
    wave = launched(session, program)
    assert 0 < len(written(session, wave)) < len(at_once)
    assert list(waves.start_due(session, now=NOW + DAY)) == []
    assert go_on(session) >= 2
    assert written(session, wave) == at_once
    assert wave.judged_to is None
    assert wave.first_people == 3
    assert [found.id for found in waves.start_due(session, now=NOW + DAY)] == [wave.id]


def test_whoever_is_killed_between_two_parts_has_lost_nothing(session, settings, program, at_once, of_four):
    wave = launched(session, program)
    first = len(written(session, wave))
    session.rollback()
    facts = [str(settings.instance), settings.DATABASE_URL, settings.SECRET_KEY, NOW.isoformat()]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_IN_THE_SECOND_PART, *facts], env=os.environ | {"PYTHONPATH": "."}
    )
    assert killed.returncode == -signal.SIGKILL
    assert first < len(written(session, wave)) < len(at_once)
    go_on(session)
    assert written(session, wave) == at_once


def test_a_pause_holds_it_up_and_a_cancel_or_an_undo_ends_it(session, program, at_once, of_four):
    wave = launched(session, program)
    waves.pause(session, wave, actor=ANA, now=NOW)
    assert go_on(session) == 0
    waves.resume(session, wave, actor=ANA, now=NOW + DAY)
    assert wave.state is WaveState.WAITING
    assert go_on(session) >= 2
    assert written(session, wave).keys() == at_once.keys()
    waves.undo(session, wave, actor=ANA, now=NOW)
    cancelled = launched(session, program, "second")
    waves.cancel(session, cancelled, actor=ANA, now=NOW)
    undone = launched(session, program, "third")
    waves.undo(session, undone, actor=ANA, now=NOW)
    assert go_on(session) == 0
    assert {row[0] for row in written(session, cancelled).values()} <= {"cancelled", "suppressed"}


def test_somebody_who_changes_to_another_account_meanwhile_is_not_asked_twice(session, program, of_four):
    wave = launched(session, program)
    last, moved = make.account(name="Last"), session.scalars(sa.select(Invitation)).first().contact
    moved.account = last
    go_on(session)
    assert list(written(session, wave)).count(moved.id) == 1


def test_whoever_comes_to_an_account_already_judged_is_in_the_wave_and_counts_there(
    session, program, of_four
):
    """By a merge, and alone; two people of an account are asked on a day."""
    wave = launched(session, program)
    first, *_, fourth, last = session.scalars(sa.select(Account).order_by(Account.id)).all()
    assert first.id <= wave.judged_to < fourth.id
    alone = session.scalars(sa.select(Contact).filter_by(account_id=fourth.id)).first()
    alone.account = first
    journey.accounts_merged(session, last, first, now=NOW, actor=ANA)
    session.commit()
    theirs = session.scalars(sa.select(Contact.id).filter_by(account_id=first.id)).all()
    come = set(theirs) - written(session, wave).keys()
    assert len(come) == 3
    go_on(session)
    found = written(session, wave)
    assert found.keys() == set(session.scalars(sa.select(Contact.id)))
    assert {found[number][:2] for number in come} == {("suppressed", "account_day")}
    assert sum(found[number][0] == "planned" for number in theirs) == 2


def test_two_waves_at_once_ask_nobody_twice(session, program, at_once, of_four):
    one, other = launched(session, program), launched(session, program, "other")
    go_on(session)
    asked = [{n for n, row in written(session, wave).items() if row[0] == "planned"} for wave in (one, other)]
    assert not asked[0] & asked[1]
    assert sum(map(len, asked)) == sum(row[0] == "planned" for row in at_once.values())


def test_page_and_api_say_how_far_it_is(session, program, at_once, of_four, sign_in):
    wave, manager = launched(session, program), sign_in("manager")
    page = manager.get(f"/waves/{wave.id}").text
    assert "Looking at who is to be asked" in page
    assert "Accounts looked at" in page
    waves.pause(session, wave, actor=ANA, now=NOW)
    assert "nothing was sent" in manager.get(f"/waves/{wave.id}").text
    waves.resume(session, wave, actor=ANA, now=NOW)
    go_on(session)
    assert "looked at" not in manager.get(f"/waves/{wave.id}").text


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_sqlite_reads_nothing_for_a_part_that_other_parts_have_written(session, program, of_four):
    """By state or wave it would read all of that anew for each part, and slow down with the square of the people."""
    steps = []
    launched(session, program)

    @sa.event.listens_for(session.connection().engine, "before_cursor_execute", retval=True)
    def explain(connection, cursor, statement, parameters, context, executemany):
        if "INSERT INTO invitations" in statement:
            steps.extend(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))
        return statement, parameters

    go_on(session)
    of_asks = [step for step in steps if " invitations " in step]
    assert of_asks
    named = ("contact_id=?", "asked_as=?", "account_id=?")
    assert [step for step in of_asks if not any(name in step for name in named)] == []


@pytest.mark.parametrize("database_kind", ["postgresql"])
@pytest.mark.parametrize("part", [1_000, 10_000])
def test_postgresql_counts_the_accounts_of_a_part_once_and_not_for_each_person(
    session, program, monkeypatch, part
):
    """What it once chose for the first wave of an installation took an hour for 20,000 people.

    In the end whoever came to an account already judged is looked for: by the person, not in all asks of the wave.
    """
    monkeypatch.setattr(parts, "PEOPLE", part)
    account_id = session.scalar(sa.select(sa.func.min(Account.id)))
    person = {
        "account_id": account_id,
        "first_name": "Kim",
        "last_name": "",
        "role": "user",
        "status": "active",
    }
    addresses = [f"{number}@customer.example" for number in range(2_000)]
    session.execute(sa.insert(Contact), [person | {"email": one, "email_key": one} for one in addresses])
    session.execute(sa.text("ANALYZE"))
    plans = []

    @sa.event.listens_for(session.connection().engine, "before_cursor_execute", retval=True)
    def explain(connection, cursor, statement, parameters, context, executemany):
        if " invitations" in statement and " contacts " in statement:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            plans.append(cursor.fetchone()[0][0]["Plan"])
        return statement, parameters

    launched(session, program)
    assert plans
    assert not [step for plan in plans for step in run_for_each_row(plan)]
    go_on(session)
    assert "'Anti'" not in str(plans)


def run_for_each_row(step: dict) -> list[str]:
    """The sums and orders that a plan would make anew for each row of something else, and the accounts it would go through."""
    below = step.get("Plans", [])
    found = [name for one in below for name in run_for_each_row(one)]
    if step["Node Type"] == "Nested Loop":
        inner = [one for one in below if one.get("Parent Relationship") == "Inner"]
        found += [one["Node Type"] for one in inner if one["Node Type"] in ("Aggregate", "Group", "Unique")]
        found += [one["CTE Name"] for one in inner if one.get("CTE Name") == "loads"]
    return found
