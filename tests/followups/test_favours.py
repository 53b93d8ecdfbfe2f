"""One favour at a time, one that fits, never what was refused; what the thank-you page asks and what becomes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app import jobs
from app.contacts.models import ContactRole
from app.core import clock
from app.core.database import transactions
from app.followups.advocacy.choosing import REST, Past, fitting
from app.followups.advocacy.models import Favour, FavourKind, FavourOffer, FavourState
from app.followups.models import Activity, Outcome, Task, TaskKind, TaskState
from app.followups.promises.models import Promise
from app.followups.triggers import Person
from tests import make
from tests.make import NOW
from tests.posting import token

ALL = tuple(FavourKind)
K, S = FavourKind, FavourState
BUYER = Person(ContactRole.DECISION_MAKER, 1)


def past(kind: FavourKind, state: FavourState, days: int) -> Past:
    return Past(kind, state, NOW - timedelta(days=days))


@pytest.mark.parametrize(
    ("role", "tier", "kind"),
    [
        (ContactRole.DECISION_MAKER, 1, K.REFERENCE),
        (ContactRole.DECISION_MAKER, 3, K.REFERRAL),
        (ContactRole.CHAMPION, None, K.CASE_STUDY),
        (ContactRole.POWER_USER, 2, K.BETA),
        (ContactRole.USER, 3, K.REVIEW),
    ],
)
def test_the_favour_fits_the_role_and_the_size_of_the_customer(role, tier, kind):
    assert fitting(ALL, [], Person(role, tier), now=NOW) is kind


def test_nothing_is_asked_while_something_rests_or_is_outstanding():
    assert fitting(ALL, [past(K.REVIEW, S.OFFERED, 179)], BUYER, now=NOW) is None
    assert fitting(ALL, [past(K.REVIEW, S.ACCEPTED, 400)], BUYER, now=NOW) is None
    assert fitting(ALL, [past(K.REVIEW, S.FULFILLED, 181)], BUYER, now=NOW) is K.REFERENCE


def test_what_was_refused_is_never_asked_again_and_what_was_asked_comes_last():
    refused, asked = past(K.REFERENCE, S.DECLINED, 900), past(K.CASE_STUDY, S.OFFERED, 200)
    assert fitting((K.REFERENCE, K.CASE_STUDY, K.TALK), [refused, asked], BUYER, now=NOW) is K.TALK
    assert fitting((K.REFERENCE, K.CASE_STUDY), [refused, asked], BUYER, now=NOW) is K.CASE_STUDY
    assert fitting((K.REFERENCE,), [refused], BUYER, now=NOW) is None
    assert fitting((), [], BUYER, now=NOW) is None


pasts = some.builds(
    Past,
    some.sampled_from(ALL),
    some.sampled_from(S),
    some.integers(0, 900).map(lambda d: NOW - timedelta(d)),
)


@given(
    some.sets(some.sampled_from(ALL)),
    some.lists(pasts, max_size=5),
    some.sampled_from(ContactRole),
    some.sampled_from([None, 1, 2, 3]),
)
def test_a_favour_is_always_offered_free_and_not_refused(offered, before, role, tier):
    kind = fitting(offered, before, Person(role, tier), now=NOW)
    if kind is not None:
        assert kind in offered
        assert all(NOW - one.offered_at >= REST and one.state is not S.ACCEPTED for one in before)
        assert all(one.kind is not kind for one in before if one.state is S.DECLINED)


def answered(ask, client, score=10, **given):
    at = ask(
        contact=make.contact(
            role=ContactRole.DECISION_MAKER, account=make.account(tier=1, owner=make.staff(name="Ines Vogel"))
        ),
        **given,
    )
    client.post(at.link, data={"score": str(score)})
    return at


def press(client, url: str, page: str, **fields):
    found = token(client.get(page).text)
    return client.post(url, data={"csrf_token": found} | fields)


def favour_of(session, at) -> Favour | None:
    transactions.read(session)
    return session.query(Favour).filter_by(contact_id=at.contact_id).one_or_none()


def test_a_promoter_is_asked_once_and_a_yes_reaches_the_owner(ask, session, client):
    at = answered(ask, client)
    page = client.get(f"{at.link}/thanks").text
    assert "Would you talk to somebody who is thinking about Northwind?" in page
    assert favour_of(session, at) is None  # Looking changes nothing.
    for _again in range(2):
        sent = client.post(f"{at.link}/favour", data={"kind": "reference", "say": "yes"})
        assert (sent.status_code, sent.headers["Location"]) == (303, f"{at.link}/thanks")
    favour = favour_of(session, at)
    assert [change.state for change in favour.changes] == [S.OFFERED, S.ACCEPTED]
    assert session.query(Activity).one().words == "Said yes on the thank-you page: Be a reference."
    assert session.query(Promise).one().task is session.query(Task).one()
    page = client.get(f"{at.link}/thanks").text
    assert "Thank you for helping us." in page
    assert "Ines Vogel writes to you by" in page
    assert 'value="yes">Yes, gladly' not in page


def test_a_no_is_taken_and_nothing_else_is_asked(ask, session, client):
    at = answered(ask, client)
    client.post(f"{at.link}/favour", data={"kind": "review", "say": "yes"})  # Not what the page asks.
    assert favour_of(session, at) is None
    client.post(f"{at.link}/favour", data={"kind": "reference", "say": "no"})
    assert favour_of(session, at).state is S.DECLINED
    assert "One thing you could do" not in client.get(f"{at.link}/thanks").text
    assert session.query(Promise).count() == 0


def test_what_was_shown_is_written_down_so_that_the_next_page_asks_nothing(ask, session, client):
    at, other = answered(ask, client), answered(ask, client, score=8)
    transactions.write(session)
    assert jobs.note_favours(clock.now()) == 1
    assert jobs.note_favours(clock.now()) == 0
    assert favour_of(session, at).state is S.OFFERED
    assert favour_of(session, other) is None
    transactions.write(session)
    again = ask(contact=make.contact(account=at.row.contact.account))
    session.get_one(type(again.row), again.id).contact_id = at.contact_id
    session.commit()
    client.post(again.link, data={"score": "10"})
    assert "One thing you could do" not in client.get(f"{again.link}/thanks").text
    assert "One thing you could do" in client.get(f"{at.link}/thanks").text
    transactions.write(session)
    assert jobs.note_favours(clock.now()) == 0


def test_own_words_and_a_link_lead_who_agrees(ask, session, client, sign_in):
    manager = sign_in("manager")
    given = {
        "review-is_offered": "y",
        "review-link": "https://reviews.example/us",
        "review-words": "Review {product}?",
    }
    url = "/advocacy/offers?language=en"
    wrong = press(manager, url, url, **given | {"review-link": "javascript:alert(1)"})
    assert wrong.status_code == 400
    assert "Review {product}?" in wrong.text
    assert press(manager, url, url, **given).status_code == 303
    assert sorted(o.kind for o in session.query(FavourOffer).filter_by(is_offered=True)) == ["review"]
    at = answered(ask, client)
    assert "Review Northwind?" in client.get(f"{at.link}/thanks").text
    client.post(f"{at.link}/favour", data={"kind": "review", "say": "yes"})
    assert 'href="https://reviews.example/us"' in client.get(f"{at.link}/thanks").text
    assert session.query(Promise).count() == 0
    csm = sign_in("csm")
    page = csm.get("/advocacy?state=accepted").text
    assert page.count("data-key-item") == 1
    number = favour_of(session, at).id
    assert press(csm, f"/advocacy/{number}/fulfilled", "/advocacy").status_code == 303
    assert press(csm, f"/advocacy/{number}/declined", "/tasks/1").status_code == 409
    assert ",review,fulfilled," in csm.get("/advocacy.csv?state=fulfilled&kind=review").text
    assert csm.get("/advocacy.csv?state=declined").text.count("\n") == 1
    assert "Write a review" in csm.get(f"/contacts/{at.contact_id}").text
    assert "Write a review" in csm.get(f"/accounts/{at.row.contact.account_id}").text


def test_who_has_left_or_waits_for_us_is_asked_for_nothing(ask, session, client):
    at, other = answered(ask, client), ask()
    client.post(f"{other.link}/decline", data={"why": "left"})
    client.post(other.link, data={"score": "9"})
    client.post(f"{at.link}/contact", data={"way": "mail"})
    for one in (at, other):
        assert "One thing you could do" not in client.get(f"{one.link}/thanks").text
    transactions.write(session)
    assert jobs.note_favours(clock.now()) == 0
    session.commit()
    client.post(f"{at.link}/contact", data={"withdraw": "yes"})
    assert "One thing you could do" in client.get(f"{at.link}/thanks").text


def test_a_promoter_who_sees_little_value_is_asked_for_nothing(ask, session, client):
    at = answered(ask, client, survey="nps_value")
    assert "One thing you could do" in client.get(f"{at.link}/thanks").text
    client.post(at.link, data={"score": "9", "value_goal": "1"})
    for is_closed in (False, True):
        assert "One thing you could do" not in client.get(f"{at.link}/thanks").text
        transactions.write(session)
        assert jobs.note_favours(clock.now()) == 0
        if not is_closed:
            for task in session.query(Task).filter_by(kind=TaskKind.VALUE):
                task.outcome = Outcome.RESOLVED
                task.move(TaskState.CLOSED, now=clock.now(), by="Ines")
        session.commit()
