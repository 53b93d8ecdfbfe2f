"""Colleagues ask promoters for favours with what speaks against it said first; references; neglect; who else is there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.contacts.models import ContactRole
from app.core import clock
from app.core.audit import SYSTEM
from app.core.errors import Refused
from app.core.installation import installation
from app.followups import touches
from app.followups.advocacy import asking, neglect, references
from app.followups.advocacy.models import Favour, FavourKind, FavourState
from app.followups.advocacy.references import ReferenceFilter
from app.followups.around import neighbours
from app.followups.models import ActivityKind, Task, TaskKind, TaskState
from tests import make
from tests.conftest import NOW
from tests.followups.test_settling import at_once
from tests.posting import post, token

DAY = timedelta(days=1)
TODAY = NOW.date()


def promoter(**given) -> Task:
    return make.task(kind=TaskKind.PROMOTER, **given)


def favour(contact, state=FavourState.OFFERED, kind=FavourKind.REFERENCE, *, at=NOW, **given) -> Favour:
    dates = {"offered_at": at, "changed_at": at}
    return make.saved(
        Favour(kind=kind, contact=contact, account=contact.account, state=state, **dates, **given)
    )


def found(session, task, value=None):
    return asking.moment(session, task.contact, value=value, today=TODAY, now=NOW)


def test_what_speaks_against_asking_is_said_first(session):
    calm = promoter(account=make.account(renewal_on=TODAY + 61 * DAY))
    assert found(session, calm, 40).warnings == []
    hot = promoter(account=make.account(renewal_on=TODAY + 60 * DAY))
    make.task(contact=make.contact(account=hot.account))
    make.task(kind=TaskKind.SILENT, contact=make.contact(account=hot.account))
    make.task(contact=make.contact(account=hot.account), is_rehearsal=True)
    words = found(session, hot, 39.6).warnings
    assert [re.sub(r"\W.*", "", one) for one in words] == ["1", "The", "They"]
    given = {"is_sure": False, "by": SYSTEM, "now": NOW}
    with pytest.raises(Refused, match="speaks against"):
        asking.ask(session, hot.contact, FavourKind.REVIEW, found(session, hot), **given)
    asked = asking.ask(
        session, hot.contact, FavourKind.REVIEW, found(session, hot), **given | {"is_sure": True}
    )
    assert (asked.state, [one.by for one in asked.changes]) == (FavourState.OFFERED, [SYSTEM.name])


@pytest.mark.parametrize(
    ("state", "days", "is_free"),
    [("offered", 179, False), ("declined", 179, False), ("fulfilled", 180, True), ("accepted", 400, False)],
)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_nobody_is_asked_within_180_days_or_while_a_yes_is_open(session, state, days, is_free, database_kind):
    task = promoter()
    favour(task.contact, FavourState(state), at=NOW - days * DAY)
    assert (found(session, task).closed is None) is is_free


def test_asking_on_the_page_of_a_promoter_and_twice_at_once_asks_once(session, sign_in):
    people = [sign_in("csm"), sign_in("csm")]
    task = promoter(contact=make.contact(account=make.account(renewal_on=clock.now().date() + 9 * DAY)))
    other = make.task()
    session.commit()
    url = f"/tasks/{task.id}"
    page = people[0].get(url).text
    assert "The contract renews on" in page
    assert "Ask for a favour" not in people[0].get(f"/tasks/{other.id}").text
    post(people[0], f"{url}/favours", url, kind="upsell")
    assert post(people[0], f"{url}/favours", url, kind="gift").status_code == 404
    assert session.scalars(sa.select(Favour)).all() == []
    tokens = [token(one.get(url).text) for one in people]
    session.rollback()
    presses = [
        lambda one=one, own=own: one.post(
            f"{url}/favours", data={"csrf_token": own, "kind": "upsell", "sure": "y"}
        )
        for one, own in zip(people, tokens, strict=True)
    ]
    assert [answer.status_code for answer in at_once(*presses)] == [303, 303]
    assert [one.kind for one in session.scalars(sa.select(Favour))] == [FavourKind.UPSELL]
    assert "Free again on" in people[0].get(url).text
    assert "Look at what more" in people[0].get("/advocacy").text
    assert "Look at what more" not in sign_in("manager").get("/advocacy/offers").text


def test_references_are_found_by_industry_tier_and_language(session, sign_in):
    csm = sign_in("csm")
    retail = make.account(segment={"industry": "Retail"}, tier=1, name="Shop <b>")
    plain = make.account(tier=None, segment={"industry": 'A "b" & c'})
    yes = favour(make.contact(account=retail, language="de"), FavourState.ACCEPTED)
    done = favour(make.contact(account=plain), FavourState.FULFILLED, FavourKind.TALK, last_used_on=TODAY)
    favour(make.contact(account=retail), FavourState.DECLINED)
    favour(make.contact(account=retail), FavourState.ACCEPTED, FavourKind.BETA)
    gone = favour(make.contact(account=retail), FavourState.ACCEPTED)
    gone.contact.status, gone.contact.left_on = "left", TODAY
    session.commit()

    def listed(**chosen):
        return list(session.scalars(references.references(ReferenceFilter(**chosen))))

    assert listed() == [yes, done]
    assert listed(industry="Retail") == listed(tier=1) == listed(language="de") == [yes]
    assert listed(industry='A "b" & c', tier=2) == [done]
    assert references.known(session, references.industry) == ['A "b" & c', "Retail"]
    url = "/advocacy/references"
    assert csm.get(url).text.count("data-key-item") == 2
    assert "Nothing matches" in csm.get(f"{url}?industry=Nothing&tier=x&language=%00").text
    post(csm, f"{url}/{yes.id}/quotable?industry=Retail", url)
    post(csm, f"{url}/{yes.id}/used", url)
    assert post(csm, f"{url}/{yes.id}/sold", url).status_code == 404
    session.expire_all()
    assert (yes.may_quote, yes.last_used_on) == (True, clock.now().date())
    assert csm.get(f"{url}?quote=y").text.count("data-key-item") == 1
    assert "Shop &lt;b&gt;" in csm.get(url).text


def answered(score: int, *, days: int, **given):
    ask = make.invitation(contact=make.contact(**given), sent_at=NOW - (days + 1) * DAY)
    return make.response(score, invitation=ask, submitted_at=NOW - days * DAY)


def test_a_promoter_whom_nobody_touched_for_180_days_is_an_alert_once(session):
    installation(session).live_at = NOW - 400 * DAY
    lonely = answered(9, days=181)
    answered(9, days=179)
    answered(8, days=300)
    touched, open_still = answered(10, days=300), answered(10, days=300)
    given = {"at": NOW - 100 * DAY, "is_two_way": True, "by": SYSTEM, "now": NOW}
    touches.log(session, touched.account, ActivityKind.CALL, "Hi", contact=touched.contact, **given)
    make.task(contact=open_still.contact)
    changed = answered(10, days=300)
    again = make.invitation(contact=changed.contact, sent_at=NOW - 50 * DAY)
    make.response(3, invitation=again, submitted_at=NOW - 40 * DAY)
    session.flush()

    def pass_at(now) -> list[int]:
        before = set(session.scalars(sa.select(Task.id)))
        for _ in neglect.alert(session, now=now):
            session.commit()
        return [t.response_id for t in session.scalars(sa.select(Task).where(Task.id.not_in(before)))]

    assert pass_at(NOW) == [lonely.id]
    task = session.scalars(sa.select(Task).where(Task.response_id == lonely.id)).one()
    assert (task.kind, "180 days" in task.reason) == (TaskKind.ALERT, True)
    task.outcome = "resolved"
    task.move(TaskState.CLOSED, now=NOW, by="x")
    assert pass_at(NOW + DAY) == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_beside_a_silence_stands_who_else_is_there(session, sign_in):
    account = make.account()
    task = make.task(kind=TaskKind.SILENT, contact=make.contact(account=account))
    user = make.contact(account=account)
    make.response(9, invitation=make.invitation(contact=user, sent_at=NOW - DAY))
    champion = make.contact(account=account, role=ContactRole.CHAMPION)
    left = make.contact(account=account)
    left.status, left.left_on = "left", TODAY
    quiet = make.contact(account=account)
    make.contact()
    session.commit()
    there = neighbours.of_task(session, task)
    assert [one.contact for one in there] == [champion, user, quiet]
    assert ([one.score for one in there], there[0].is_champion) == ([None, 9, None], True)
    assert neighbours.of_task(session, make.task(contact=make.contact(account=account))) == []
    page = sign_in("csm").get(f"/tasks/{task.id}").text
    assert "Ask them first" in page
    assert "last gave 9 of 10" in page
    alone = make.task(kind=TaskKind.SILENT)
    session.commit()
    assert "nobody else at this account" in sign_in("csm").get(f"/tasks/{alone.id}").text
