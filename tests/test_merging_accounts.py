"""Merging two accounts: everything of the one belongs to the other, and no sum changes."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app import journey
from app.contacts.models import Account, AccountKey, Contact, ContactStatus, Goal
from app.contacts.syncing import account_of_key
from app.core.audit import SYSTEM, AuditEvent
from app.core.errors import Refused
from app.delivery.models import Invitation
from app.followups.models import ActivityKind, Task, Touch
from app.health.models import Adoption, ScoreDue
from app.reports.models import RollupDelta
from app.reports.recount import recount
from app.responses.models import Response
from tests import make
from tests.conftest import NOW
from tests.test_person import run, trends  # noqa: F401 a fixture


@pytest.fixture
def pair(session):
    """Two accounts of one customer, who have a person, a goal and a domain in common."""
    one = make.account(name="Acme GmbH", external_id="old-1", tier=1, segment={"region": "EMEA"})
    other = make.account(name="Acme", external_id="new-1", tier=3, segment={"plan": "pro"})
    for account in (one, other):
        person = make.contact(account=account, email="kim@acme.example")
        make.answer(2 if account is one else 10, invitation=make.invitation(contact=person), comment="Hm.")
        make.goal(account=account)
        make.saved(Adoption(account_id=account.id, score=50, as_of=date(2026, 1, 1), created_at=NOW))
    make.invitation(contact=make.contact(account=one, email="lee@acme.example"))
    make.saved(AccountKey(account_id=one.id, system="salesforce", key="sf-1"))
    touch = {"kind": ActivityKind.CALL, "at": NOW, "is_two_way": True, "staff_name": "A"}
    make.saved(Touch(account_id=one.id, **touch))
    session.commit()
    return one, other


def merge(session, one, other):
    journey.accounts_merged(session, one, other, now=NOW + timedelta(days=1), actor=SYSTEM)
    session.commit()


def test_everything_of_the_one_belongs_to_the_other(session, pair):
    one, other = pair
    program = make.program(audience={"accounts": [one.id, other.id]})
    former, kept = one.id, other.id
    merge(session, one, other)
    assert session.get(Account, former) is None
    for model in (Contact, Invitation, Response, Task, Touch, AccountKey, Goal, Adoption, RollupDelta):
        column = model.__table__.c.account_id
        assert set(session.scalars(sa.select(column))) == {kept}, model
    counts = [len(session.scalars(sa.select(model)).all()) for model in (Invitation, Response, Contact)]
    assert counts == [3, 2, 3]
    assert (other.tier, other.segment) == (3, {"region": "EMEA", "plan": "pro"})
    assert program.audience == {"accounts": [kept]}
    assert [goal.ended_on is None for goal in other_goals(session)].count(True) == 1
    assert {account_of_key(session, key) for key in ("old-1", "new-1", "sf-1")} == {other}
    event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "account.merge")).one()
    assert (event.subject, event.details) == (f"account:{kept}", {"merged": former})


def other_goals(session):
    return session.scalars(sa.select(Goal)).all()


def test_sums_stay_and_the_score_is_due(session, pair):
    one, other = pair
    counted = trends(session)
    session.execute(sa.delete(ScoreDue))
    kept = other.id
    merge(session, one, other)
    assert trends(session) == counted
    recount(session, now=NOW)
    assert trends(session) == counted
    assert session.scalars(sa.select(ScoreDue.account_id)).all() == [kept]


def test_whom_both_knew_is_asked_once_and_keeps_both_histories(session, pair):
    merge(session, *pair)
    people = session.scalars(sa.select(Contact).order_by(Contact.id)).all()
    assert [(p.email, p.status) for p in people] == [
        (None, ContactStatus.LEFT),
        ("kim@acme.example", ContactStatus.ACTIVE),
        ("lee@acme.example", ContactStatus.ACTIVE),
    ]
    assert {answer.contact_id for answer in session.scalars(sa.select(Response))} == {
        p.id for p in people[:2]
    }


def test_an_account_does_not_merge_with_itself_nor_with_the_demo(session, pair):
    one, other = pair
    with pytest.raises(Refused, match="one account already"):
        journey.accounts_merged(session, one, one, now=NOW, actor=SYSTEM)
    with pytest.raises(Refused, match="demo"):
        journey.accounts_merged(session, make.account(is_demo=True), other, now=NOW, actor=SYSTEM)


def test_a_file_that_still_calls_it_by_its_old_id_finds_the_other(session, pair, run, tmp_path):  # noqa: F811
    kept = pair[1].id
    answer = run("accounts", "merge", "old-1", "Acme", "--yes", "--json")
    assert answer.exit_code == 0, answer.stderr
    assert json.loads(answer.stdout)["into"] == kept
    path = tmp_path / "people.csv"
    path.write_text("Email,Account External ID,Account Name\nnew@acme.example,old-1,Acme GmbH\n")
    report = json.loads(run("contacts", "import", str(path), "--preset", "generic", "--json").stdout)
    assert (report["created"], report["accounts_created"]) == (1, 0)
    found = session.scalars(sa.select(Contact).where(Contact.email_key == "new@acme.example")).one()
    assert found.account_id == kept


def test_the_command_asks_first_and_knows_who_is_not_there(session, pair, run):  # noqa: F811
    assert run("accounts", "merge", "old-1", "new-1", given="n\n").exit_code == 1
    assert len(session.scalars(sa.select(Account)).all()) == 2
    missing = run("accounts", "merge", "nobody", "new-1")
    assert (missing.exit_code, missing.stderr) == (1, "There is no account nobody.\n")
