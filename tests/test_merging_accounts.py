"""Merging two accounts: everything of the one belongs to the other, and no sum changes."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import accumulate

import pytest
import sqlalchemy as sa

from app import journey
from app.contacts.models import (
    Account,
    AccountKey,
    Contact,
    ContactKey,
    ContactStatus,
    Goal,
    OptOutElsewhere,
    Wish,
)
from app.contacts.signals import Signal
from app.contacts.syncing import account_of_key, contact_of_key
from app.core.audit import SYSTEM, AuditEvent
from app.core.errors import Refused
from app.delivery.models import Decline, Invitation, Occasion, Skip
from app.extensions import Base
from app.followups.advocacy.models import Favour, FavourKind, FavourState
from app.followups.models import ActivityKind, Task, Touch
from app.followups.promises.models import Promise, Way
from app.health.alerting.models import Alert, Severity
from app.health.judgement.models import Level, Override, Pulse, SetName
from app.health.models import Adoption, ScoreDue
from app.reports.models import RollupDelta
from app.reports.sums.recount import recount
from app.responses.models import Handover, Response
from tests import make
from tests.conftest import NOW
from tests.test_person import run, trends  # noqa: F401 a fixture

KIM = "kim@acme.example"
OWN = (Pulse, Override)


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
    feeling = {"level": Level.GOOD, "at": NOW, "staff_name": "A"}
    make.saved(Pulse(account_id=one.id, **feeling))
    set_by_hand = {"name": SetName.HEALTH, "score": 9, "reason": "R", "from_at": NOW, "staff_name": "A"}
    make.saved(Override(account_id=one.id, until_on=NOW.date() + timedelta(days=9), **set_by_hand))
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
    for model in (Contact, Invitation, Response, Task, Touch, AccountKey, Goal, Adoption, RollupDelta, *OWN):
        column = model.__table__.c.account_id
        assert set(session.scalars(sa.select(column))) == {kept}, model
    counts = [len(session.scalars(sa.select(model)).all()) for model in (Invitation, Response, Contact)]
    assert counts == [3, 2, 2]
    assert (other.tier, other.segment) == (3, {"region": "EMEA", "plan": "pro"})
    assert program.audience == {"accounts": [kept]}
    assert [goal.ended_on is None for goal in other_goals(session)].count(True) == 1
    assert {account_of_key(session, key) for key in ("old-1", "new-1", "sf-1")} == {other}
    event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "account.merge")).one()
    assert (event.subject, event.details) == (f"account:{kept}", {"merged": former})


def other_goals(session):
    return session.scalars(sa.select(Goal)).all()


def test_the_score_is_due_and_whom_both_knew_has_one_vote(session, pair):
    one, other = pair
    assert votes_by_day(session) == [(2, 0), (2, 0)]
    session.execute(sa.delete(ScoreDue))
    kept = other.id
    merge(session, one, other)
    assert session.scalars(sa.select(ScoreDue.account_id)).all() == [kept]
    counted = sums(session)
    recount(session, now=NOW)
    assert sums(session) == counted
    day, window = counted[0], counted[3]
    assert [(d.promoters, d.detractors) for d in day] == [(1, 1)], "both answers of the day are kept"
    assert [(d.promoters, d.detractors) for d in window] == [(1, 0), (-1, 0)], "the later one is the vote"


def sums(session) -> list[list]:
    """The trends without the days on which what was added has been taken away again."""
    return [[d for d in days if d.promoters or d.passives or d.detractors] for days in trends(session)]


def votes_by_day(session) -> list[tuple[int, int]]:
    """How many votes each day of the window series adds, and ends."""
    window = trends(session)[3]
    return [(abs(d.promoters + d.passives + d.detractors), d.passives) for d in window]


@pytest.mark.parametrize("apart", [0, 20, 179, 180, 400])
def test_two_histories_become_one_whose_votes_follow_each_other(session, pair, apart):
    one, other = pair
    for account, score, back in ((one, 9, apart), (other, 0, apart + 30), (one, 7, apart // 2)):
        person = session.scalars(sa.select(Contact).filter_by(account_id=account.id, email_key=KIM)).one()
        at = NOW - timedelta(days=back, hours=1)
        make.answer(score, invitation=make.invitation(contact=person, sent_at=at), now=at)
    trends(session)
    merge(session, one, other)
    counted = sums(session)
    recount(session, now=NOW)
    assert sums(session) == counted
    running = list(accumulate(d.promoters + d.passives + d.detractors for d in counted[3]))
    assert (max(running), running[-1]) == (1, 0), "never more than one vote at a time"


def test_whom_both_knew_is_one_person_with_both_histories(session, pair):
    one, other = pair
    double, stays = (
        session.scalars(sa.select(Contact).filter_by(account_id=a.id, email_key=KIM)).one() for a in pair
    )
    double.external_id, stays.external_id, stays.title = "crm-old", "crm-new", ""
    double.title, double.unsubscribed_at = "Head of finance", NOW
    make.saved(ContactKey(contact_id=double.id, system="hubspot", key="hs-1"))
    make.saved(Wish(contact_id=double.id, at=NOW, told_by="import", is_unsubscribed=True))
    make.saved(OptOutElsewhere(contact_id=double.id, system="hubspot", since_at=NOW))
    make.case_mail(make.task(contact=double))
    make.saved(
        Skip(contact_id=double.id, staff_name="Ana", reason="On leave", until_on=NOW.date(), made_at=NOW)
    )
    make.saved(
        Signal(
            external_id="s-1",
            account_id=double.account_id,
            contact_id=double.id,
            type="usage",
            at=NOW,
            value="low",
        )
    )
    facts = {"rule": "drop", "severity": Severity.MEDIUM, "began_on": NOW.date(), "raised_at": NOW}
    make.saved(Alert(account_id=double.account_id, contact_id=double.id, slot="s", **facts))
    asked = make.wave()
    make.saved(
        Occasion(
            program_id=asked.program_id,
            contact_id=double.id,
            key="signal:1",
            due_on=NOW.date(),
            wave_id=asked.id,
            met_at=NOW,
        )
    )
    make.inbound_mail(make.invitation(contact=double))
    of_double = {"contact_id": double.id, "account_id": double.account_id}
    declined = make.invitation(contact=double)
    make.saved(
        Handover(
            invitation_id=declined.id, said=Decline.LEFT, said_at=NOW, successor_id=double.id, **of_double
        )
    )
    answered = make.response(invitation=make.invitation(contact=double))
    make.saved(
        Promise(
            response_id=answered.id, way=Way.MAIL, asked_at=NOW, due_on=NOW.date(), until_at=NOW, **of_double
        )
    )
    make.telling(answered.invitation)
    make.saved(
        Favour(kind=FavourKind.TALK, state=FavourState.OFFERED, offered_at=NOW, changed_at=NOW, **of_double)
    )
    make.saved(
        Touch(
            account_id=one.id,
            contact_id=double.id,
            kind=ActivityKind.CALL,
            at=NOW,
            is_two_way=True,
            staff_name="A",
        )
    )
    gone, kept = double.id, stays.id
    session.commit()
    merge(session, one, other)
    assert session.get(Contact, gone) is None
    assert [p.email for p in session.scalars(sa.select(Contact).order_by(Contact.id))] == [
        KIM,
        "lee@acme.example",
    ]
    assert {contact_of_key(session, key) for key in ("crm-old", "crm-new", "hs-1")} == {stays}
    assert (stays.title, stays.status, stays.unsubscribed_at) == (
        "Head of finance",
        ContactStatus.UNSUBSCRIBED,
        NOW,
    )
    for table, column in about_people():
        found = set(session.scalars(sa.select(column)))
        assert gone not in found, table
        assert kept in found, f"the test makes no row of {table}"
    event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "contact.merge")).one()
    assert (event.subject, event.details) == (f"contact:{kept}", {"merged": gone})


def about_people() -> list[tuple[str, sa.Column]]:
    """Every column that says which contact a row is about; a new one belongs into its package's `move_person`."""
    return [
        (table.name, column)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name == "contacts"
    ]


def test_a_person_without_an_id_takes_that_of_the_double(session, pair):
    double, stays = (
        session.scalars(sa.select(Contact).filter_by(account_id=a.id, email_key=KIM)).one() for a in pair
    )
    double.external_id = "crm-old"
    session.commit()
    merge(session, *pair)
    assert stays.external_id == "crm-old"


def test_who_was_asked_twice_in_one_wave_keeps_both_asks(session, pair):
    double, stays = (
        session.scalars(sa.select(Contact).filter_by(account_id=a.id, email_key=KIM)).one() for a in pair
    )
    wave = make.wave()
    theirs = make.invitation(wave=wave, contact=double)
    theirs.asked_as, nonce, gone = "kim@former.example", theirs.nonce, double.id
    mine = make.invitation(wave=wave, contact=stays)
    make.answer(4, invitation=theirs, now=NOW + timedelta(hours=1))
    session.commit()
    merge(session, *pair)
    assert (mine.contact_id, theirs.contact_id, theirs.nonce == nonce) == (stays.id, gone, False)
    assert session.get_one(Contact, gone).status is ContactStatus.LEFT
    assert set(session.scalars(sa.select(Response.contact_id))) == {stays.id}
    counted = sums(session)
    recount(session, now=NOW)
    assert sums(session) == counted


@pytest.mark.parametrize("preset", ["generic", "salesforce"])
def test_a_file_that_still_calls_a_person_by_the_old_id_finds_them(session, pair, run, tmp_path, preset):  # noqa: F811
    double, stays = (
        session.scalars(sa.select(Contact).filter_by(account_id=a.id, email_key=KIM)).one() for a in pair
    )
    double.external_id, stays.external_id = "0035g00000AbCdE", "crm-new"
    session.commit()
    merge(session, *pair)
    path = tmp_path / "people.csv"
    head = {
        "generic": "External ID,Email,Last Name,Account Name",
        "salesforce": "Contact ID,Email,Last Name,Account Name",
    }
    path.write_text(f"{head[preset]}\n0035g00000AbCdE,kim@elsewhere.example,Now,Acme\n")
    report = json.loads(run("contacts", "import", str(path), "--preset", preset, "--json").stdout)
    assert (report["created"], report["updated"]) == (0, 1), report
    session.expire_all()
    assert (stays.email, stays.last_name) == ("kim@elsewhere.example", "Now")


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
