"""After the answer: words by band, asking to be contacted, and the promise that is read and kept in a row."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.contacts.models import ContactRole
from app.core import clock
from app.core.audit import Actor
from app.core.database import transactions
from app.core.installation import installation
from app.followups import activities
from app.followups.models import ActivityKind, Task
from app.followups.promises.models import Promise, PromiseState, Way
from tests import make

WEDNESDAY = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
INES = Actor("staff", None, "Ines Vogel")


@pytest.fixture(autouse=True)
def at_ten_on_a_wednesday(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: WEDNESDAY)


@pytest.fixture
def asked(ask, session, client):
    """`asked(score)` makes an ask of a customer of Ines Vogel's, answered with that score."""

    def of(score: int | None = 3, zone: str | None = None, **given):
        transactions.write(session)
        person = make.contact(
            account=make.account(owner=make.staff(name="Ines Vogel")), role=ContactRole.USER, time_zone=zone
        )
        at = ask(contact=person, **given)
        client.post(at.link, data={"score": str(score)})
        return at

    return of


def promise_of(session, at) -> Promise | None:
    transactions.read(session)
    return session.query(Promise).filter_by(contact_id=at.contact_id).one_or_none()


def test_who_asks_for_a_call_reads_who_calls_and_by_when(asked, session, client):
    at = asked(3)
    assert "May we contact you about it?" in client.get(f"{at.link}/thanks").text
    sent = client.post(f"{at.link}/contact", data={"phone": "+49 40 1234-56", "way": "phone"})
    assert (sent.status_code, sent.headers["Location"]) == (303, f"{at.link}/thanks")
    page = client.get(f"{at.link}/thanks").text
    assert "Ines Vogel calls you by Monday, March 9, 2026." in page  # 24 business hours are three days.
    assert "+49" not in page
    promise = promise_of(session, at)
    assert (promise.way, promise.phone, promise.staff_name) == (Way.PHONE, "+49 40 1234-56", "Ines Vogel")
    assert promise.task.priority == 80
    assert promise.due_on == promise.task.first_touch_due_at.date()


def test_the_worst_of_what_was_answered_chooses_the_words(ask, client):
    for survey, said, is_low in (
        ("csat", {"csat": "1"}, True),
        ("csat", {"csat": "4"}, False),
        ("ces", {"ces": "2"}, True),
        ("onboarding", {"start_ease": "2"}, True),
        ("value", {"value_overall": "3"}, True),
        ("nps_value", {"score": "9", "value_overall": "2"}, True),
        ("nps_value", {"score": "9", "value_overall": "8"}, False),
    ):
        link = ask(survey).link
        assert client.post(link, data=said).status_code == 303
        page = client.get(f"{link}/thanks").text
        assert ("We are sorry that it is not better." in page) is is_low, said
        assert ("<h2>May we contact you about it?</h2>" in page) is is_low, said


def test_who_has_nothing_of_it_yet_and_says_what_is_in_the_way_is_looked_after(ask, session, client):
    at, fine, unsure = ask("onboarding"), ask("onboarding"), ask("onboarding")
    client.post(fine.link, data={"start_ease": "6", "first_value": "some"})
    client.post(unsure.link, data={"start_ease": "6", "first_value": "unsure"})
    assert session.query(Task).count() == 0
    session.rollback()
    said = {"start_ease": "6", "first_value": "not_yet"}
    assert client.post(at.link, data=said).headers["Location"] == f"{at.link}/further"
    assert "We are sorry that it is not better." in client.get(f"{at.link}/thanks").text
    task = session.query(Task).one()
    first = "“Not yet” to “Has Northwind already done something useful for you?”"
    assert (task.kind, task.contact_id) == ("alert", at.contact_id)
    assert task.reason == f"A user gave {first}: find out why, soon."
    session.rollback()
    client.post(f"{at.link}/further", data={"obstacles": ["time", "people"]})
    more = "“Too little time for it, Not everybody is on board yet” to “What is still in the way?”"
    assert [task.reason for task in session.query(Task)] == [
        f"A user gave {first}; {more}: find out why, soon."
    ]
    session.rollback()
    client.post(at.link, data={"start_ease": "6", "first_value": "yes"})
    assert session.query(Task).one().reason.endswith("The answer has been changed since.")


def test_a_second_press_and_a_reload_repeat_nothing(asked, session, client, monkeypatch):
    at = asked(3)
    client.post(f"{at.link}/contact", data={"way": "mail"})
    first = promise_of(session, at).until_at
    monkeypatch.setattr(clock, "now", lambda: WEDNESDAY.replace(day=5))
    client.post(f"{at.link}/contact", data={"way": "mail"})
    client.get(f"{at.link}/thanks")
    promise = promise_of(session, at)
    assert (promise.until_at, promise.task.priority) == (first, 80)
    assert session.query(Task).count() == 1


def test_the_day_is_that_of_the_persons_zone_language_and_working_week(asked, session, client):
    installation(session).holidays = ["2026-03-09"]
    at = asked(3, zone="Pacific/Kiritimati", language="de")
    client.post(f"{at.link}/contact", data={"way": "mail"})
    page = client.get(f"{at.link}/thanks").text
    assert "Ines Vogel schreibt Ihnen bis Mittwoch, 11. März 2026." in page
    promise = promise_of(session, at)
    assert promise.until_at == datetime(2026, 3, 11, 10, tzinfo=UTC)


@pytest.mark.parametrize("phone", ["", "call me", "12", "+" + "1" * 39, "<script>", "0\x00"])
def test_a_number_that_cannot_be_called_is_refused_with_what_was_typed(asked, session, client, phone):
    at = asked(8)
    sent = client.post(f"{at.link}/contact", data={"phone": phone, "way": "phone"})
    assert sent.status_code == 400
    assert "Please give a number that we can call" in sent.text
    assert "<script>" not in sent.text
    assert promise_of(session, at) is None


def test_it_may_be_taken_back_and_asked_for_again(asked, session, client):
    at = asked(8)
    client.post(f"{at.link}/contact", data={"phone": "040 123456", "way": "phone"})
    client.post(f"{at.link}/contact", data={"withdraw": "yes"})
    promise = promise_of(session, at)
    assert (promise.state(WEDNESDAY), promise.phone, promise.task.priority) == (
        PromiseState.WITHDRAWN,
        "",
        30,
    )
    assert "I would like to talk to somebody" in client.get(f"{at.link}/thanks").text
    client.post(f"{at.link}/contact", data={"way": "mail"})
    assert promise_of(session, at).state(WEDNESDAY) is PromiseState.OPEN
    assert "Ines Vogel writes to you by Wednesday, March 11, 2026." in client.get(f"{at.link}/thanks").text


def test_the_way_or_the_number_of_a_promise_is_changed_without_taking_it_back(
    asked, session, client, monkeypatch
):
    at = asked(3)
    client.post(f"{at.link}/contact", data={"phone": "040 123456", "way": "phone"})
    page = client.get(f"{at.link}/thanks").text
    assert "Please reach me another way" in page
    assert "123456" not in page
    due = promise_of(session, at).until_at
    monkeypatch.setattr(clock, "now", lambda: WEDNESDAY.replace(hour=15))
    refused = client.post(f"{at.link}/contact", data={"phone": "12", "way": "phone"})
    assert (refused.status_code, promise_of(session, at).phone) == (400, "040 123456")
    for data, way, phone in (
        ({"phone": "+49 40 99", "way": "phone"}, Way.PHONE, "+49 40 99"),
        ({"phone": "", "way": "mail"}, Way.MAIL, ""),
    ):
        client.post(f"{at.link}/contact", data=data)
        promise = promise_of(session, at)
        assert (promise.way, promise.phone, promise.until_at, promise.task.priority) == (way, phone, due, 80)
        session.rollback()
    assert "Ines Vogel writes to you by Monday, March 9, 2026." in client.get(f"{at.link}/thanks").text


def test_every_page_behind_the_link_can_be_read_in_another_language(ask, client):
    at = ask(language="de")
    client.post(at.link, data={"score": "9"})
    for path, heading in (
        (f"{at.link}/thanks", "Thank you. Your answer is saved."),
        (at.off, "How may we ask you?"),
        (f"{at.off}?other=1", "Should somebody else answer?"),
    ):
        link, _mark, rest = path.replace("/thanks", "|/thanks").replace("?", "|?").partition("|")
        there = f"{link}~en{rest}"
        page = client.get(f"{link}~fr{rest}")
        assert f'href="{there}"' in page.text, path
        assert heading in client.get(there).text
    refused = client.post(f"{at.link}~fr/contact", data={"way": "phone", "phone": "12"})
    assert (refused.status_code, refused.headers["Content-Language"]) == (400, "fr")


def test_without_an_answer_there_is_nothing_to_ask_for(ask, session, client):
    at = ask()
    sent = client.post(f"{at.link}/contact", data={"way": "mail"})
    assert sent.headers["Location"] == at.link
    assert promise_of(session, at) is None
    client.post(at.link, data={"score": "2"})
    client.get(f"{at.link}/contact")
    assert promise_of(session, at) is None


def test_a_changed_answer_keeps_the_promise_and_how_urgent_it_is(ask, session, client):
    at = ask()
    client.post(at.link, data={"score": "3"})
    client.post(f"{at.link}/contact", data={"way": "mail"})
    client.post(at.link, data={"score": "8"})
    promise = promise_of(session, at)
    assert (promise.task.kind, promise.task.priority) == ("passive", 50)


def test_a_touch_by_the_day_keeps_the_promise_and_none_breaks_it(asked, session, client):
    kept, broken, late = asked(3), asked(3), asked(3)
    for at in (kept, broken, late):
        client.post(f"{at.link}/contact", data={"way": "mail"})
    transactions.write(session)
    monday, tuesday = WEDNESDAY.replace(day=9), WEDNESDAY.replace(day=10)
    for at, when in ((kept, monday), (late, tuesday)):
        task = session.query(Task).filter_by(contact_id=at.contact_id).one()
        activities.log(
            session, task, ActivityKind.CALL, "Spoke.", at=when, is_two_way=True, by=INES, now=when
        )
    session.commit()
    states = [promise_of(session, at).state(tuesday) for at in (kept, broken, late)]
    assert states == [PromiseState.KEPT, PromiseState.BROKEN, PromiseState.BROKEN]
    counted = session.query(Promise.state(tuesday)).order_by(Promise.id).all()
    assert [row[0] for row in counted] == ["kept", "broken", "broken"]
