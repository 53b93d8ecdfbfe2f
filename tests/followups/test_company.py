"""How a company follows up: rules of owners, switches, and its own names of causes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.auth.absences.models import Absence
from app.core.installation import installation
from app.extensions import db
from app.followups.company.owners import OwnerRule, first_fitting
from app.followups.models import Cause, Task, TaskKind, TaskState
from tests import make
from tests.conftest import NOW
from tests.posting import post

URL = "/settings/follow-ups"


def opened(score: int, *, owner=None, tier=2, role="user") -> Task:
    """The task that an answer opens."""
    person = make.contact(account=make.account(owner=owner, tier=tier), role=role)
    make.answer(score, invitation=make.invitation(contact=person, sent_at=NOW))
    return db.session.scalars(sa.select(Task).where(Task.contact_id == person.id)).one()


def ruled(session, *rules: OwnerRule) -> None:
    installation(session).followups = {"owners": [rule.stored for rule in rules]}
    session.flush()


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("kind", "tier", "role", "place"),
    [
        ("detractor", 1, "user", 0),
        ("detractor", None, "champion", 1),
        ("promoter", 2, "champion", 1),
        ("promoter", None, "user", 2),
        ("promoter", 3, "user", None),
    ],
)
def test_the_first_rule_that_fits_decides(database_kind, kind, tier, role, place):
    rules = [OwnerRule(["detractor"], [1]), OwnerRule(roles=["champion"]), OwnerRule(tiers=[2])]
    found = first_fitting(rules, kind, tier, role)
    assert found is (None if place is None else rules[place])


def test_of_several_people_the_one_with_the_fewest_open_follow_ups_gets_it(session):
    ana, ben, gone = make.staff(), make.staff(), make.staff(active=False)
    owner = make.staff()
    for _ in range(2):
        make.task(owner=ana)
    make.task(owner=ben)
    closed = make.task(owner=ben, outcome="resolved")
    closed.move(TaskState.CLOSED, now=NOW, by="x")
    everybody = [gone.id, ana.id, ben.id]
    ruled(session, OwnerRule([TaskKind.DETRACTOR], people=everybody))
    assert [opened(2, owner=owner).owner_id for _ in range(3)] == [ben.id, ana.id, ben.id]
    assert opened(9, owner=owner).owner_id == owner.id
    ruled(session, OwnerRule(people=[gone.id]))
    assert opened(2, owner=owner).owner_id == owner.id


def test_whoever_is_away_gets_nothing_while_others_are_here(session):
    ana, ben = make.staff(), make.staff()
    here, gone = NOW.date(), NOW.date() - timedelta(days=1)
    make.task(owner=ben)
    for person, until in ((ana, here), (ben, gone)):
        days = {"from_on": gone, "to_on": until, "made_by": "x", "made_at": NOW}
        make.saved(Absence(staff_id=person.id, cover_id=make.staff().id, **days))
    ruled(session, OwnerRule(people=[ana.id, ben.id]))
    assert opened(2).owner_id == ben.id
    ruled(session, OwnerRule(people=[ana.id]))
    assert opened(2).owner_id == ana.id


def test_an_independent_owner_is_never_the_accounts_own(session):
    ana, ben = make.staff(), make.staff()
    ruled(session, OwnerRule([TaskKind.DETRACTOR], people=[ana.id, ben.id], is_independent=True))
    for _ in range(3):
        make.task(owner=ben)
    assert opened(2, owner=ana).owner_id == ben.id
    assert opened(2, owner=ben).owner_id == ana.id
    assert opened(2, owner=ana, tier=1).reason


def test_a_change_of_rules_loses_no_open_follow_up(session, sign_in):
    boss, ana, ben = sign_in("manager"), make.staff(), make.staff()
    ruled(session, OwnerRule([TaskKind.DETRACTOR], people=[ana.id]))
    before, begun = opened(2), opened(3)
    begun.move(TaskState.CONTACTED, now=NOW, by="x")
    session.commit()
    assert post(boss, f"{URL}/owners", URL, kinds="promoter", people=ben.id).status_code == 303
    assert post(boss, f"{URL}/owners/0/removal", URL).status_code == 303
    session.expire_all()
    kept = [(task.owner_id, task.state, task.closed_at) for task in (before, begun)]
    assert kept == [(ana.id, TaskState.NEW, None), (ana.id, TaskState.CONTACTED, None)]
    assert (opened(9).owner_id, opened(2).owner_id) == (ben.id, None)
    session.commit()
    listed = boss.get(f"/queue?owner={ana.id}").text
    assert [f"/tasks/{task.id}?" in listed for task in (before, begun)] == [True, True]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_managers_set_rules_switches_and_names_which_hold_everywhere(session, sign_in):
    boss, csm = sign_in("manager"), sign_in("csm", name="Ana Lopez")
    assert csm.get(URL).status_code == 403
    ana = csm.person
    more = {"kinds": "detractor", "tiers": ["1", "2"], "people": ana.id, "is_independent": "y"}
    assert post(boss, f"{URL}/owners", URL, kinds="detractor").status_code == 400
    assert post(boss, f"{URL}/owners", URL, **more).status_code == 303
    assert post(boss, f"{URL}/owners", URL, people=ana.id).status_code == 303
    page = boss.get(URL).text
    assert re.search(r"Detractor · tier 1, 2.*?Ana Lopez.*?never the owner.*?Any kind", page, re.DOTALL)
    post(boss, f"{URL}/owners/1/rise", URL)
    post(boss, f"{URL}/owners/1/removal", URL)
    assert post(boss, f"{URL}/owners/7/removal", URL).status_code == 404
    assert post(boss, URL, URL, recovers="y", cause_other="Moon phase <b>").status_code == 303
    session.expire_all()
    kept = installation(session).followups
    assert [rule["kinds"] for rule in kept["owners"]] == [[]]
    assert (kept["recovers"], kept["tells_leaders"]) == (True, False)
    assert kept["causes"] == {Cause.OTHER.value: "Moon phase <b>"}
    task = make.task(owner=ana)
    session.commit()
    form = csm.get(f"/tasks/{task.id}").text
    assert form.count("Moon phase &lt;b&gt;") == 2
    assert "Something else" not in form
    post(boss, URL, URL, cause_other="")
    assert "Something else" in csm.get(f"/tasks/{task.id}").text
