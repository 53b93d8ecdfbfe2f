"""A POST sent again with its Idempotency-Key does nothing again and gets the first answer."""

import json
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import journey
from app.api.protocol import idempotency
from app.api.protocol.idempotency import KeptAnswer
from app.core import clock
from app.core.audit import SYSTEM
from app.followups.models import Activity
from tests import make

NOTE = {"kind": "note", "text": "Asked the support team."}


@pytest.fixture
def path(session) -> str:
    return f"/tasks/{make.task().id}/activities"


def send(api, path, key="k-1", body=NOTE):
    return api.post(path, body, headers={"Idempotency-Key": key})


def count(session) -> int:
    return session.scalar(sa.select(sa.func.count(Activity.id)))


def test_the_same_request_is_done_once_and_answered_alike(session, api, path):
    first, second = send(api, path), send(api, path)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert count(session) == 1


def test_without_the_header_each_request_counts(session, api, path):
    api.post(path, NOTE)
    api.post(path, NOTE)
    assert count(session) == 2


def test_the_same_key_with_another_body_is_refused(session, api, path):
    send(api, path)
    response = send(api, path, body=NOTE | {"text": "Something else."})
    assert response.status_code == 422
    assert "Idempotency-Key" in response.json["errors"]
    assert count(session) == 1


def test_the_same_key_for_another_address_is_refused(session, api, path):
    send(api, path)
    other = f"/tasks/{make.task().id}/activities"
    assert send(api, other).status_code == 422


def test_keys_of_two_programs_do_not_meet(session, program, path):
    assert send(program("write"), path).status_code == 201
    assert "Idempotency-Replayed" not in send(program("write"), path).headers
    assert count(session) == 2


def test_a_refused_request_may_be_sent_again_corrected_or_not(session, api, path):
    assert send(api, path, body={"kind": "note"}).status_code == 422
    assert send(api, path).status_code == 201


def test_what_is_refused_by_a_rule_keeps_nothing(session, api):
    task = make.task()
    closing = {"cause": "other", "outcome": "resolved", "comment": "Done."}
    api.post(f"/tasks/{task.id}/resolution", closing)
    path = f"/tasks/{task.id}/activities"
    assert send(api, path).status_code == 409
    api.patch(f"/tasks/{task.id}", {"state": "reopened"})
    assert send(api, path).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "ümlaut"])
def test_a_key_that_cannot_be_one_is_malformed(api, path, key):
    assert send(api, path, key=key.encode().decode("latin-1")).status_code == 400


def test_answers_are_kept_for_a_day(session, api, path):
    send(api, path)
    now = clock.now()
    assert idempotency.forget_old(session, now=now) == 0
    assert idempotency.forget_old(session, now=now + timedelta(hours=25)) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(KeptAnswer)) == 0


def test_twins_at_the_same_moment_are_one(app, session, program, path):
    api = program("write")
    answers = []

    def twin():
        with app.app_context():
            client = app.test_client()
            headers = {"Authorization": f"Bearer {api.secret}", "Idempotency-Key": "twins"}
            answers.append(client.post(f"/api/v1{path}", json=NOTE, headers=headers).get_data())

    threads = [threading.Thread(target=twin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert len(set(answers)) == 1
    assert count(session) == 1


@pytest.mark.parametrize(
    ("words", "is_theirs"),
    [
        ("She asked for Paul.", True),
        ("Sie fragt nach Łukasz.", True),
        ("Call Ms Zimmerfrau", True),
        ("Later", False),
    ],
)
def test_an_erased_persons_words_are_forgotten_and_nothing_is_done_twice(session, api, words, is_theirs):
    person = make.contact(last_name="Zimmerfrau", email="kim@customer.example")
    task = make.task(contact=person if is_theirs else make.contact())
    other = make.task()
    session.commit()
    sent = {"kind": "note", "text": words}
    about_another = f"/tasks/{other.id}/activities"
    assert send(api, f"/tasks/{task.id}/activities", body=sent).status_code == 201
    assert send(api, about_another, key="k-2").status_code == 201
    assert words in json.loads(session.scalar(sa.select(KeptAnswer.body).filter_by(key="k-1")))["text"]
    told = idempotency.words_of(journey.person_told(session, person))
    journey.person_erased(session, person, now=clock.now(), actor=SYSTEM)
    assert idempotency.forget_about(session, told, [person.id]) == int(is_theirs)
    session.commit()
    again = send(api, f"/tasks/{task.id}/activities", body=sent)
    assert again.status_code == (410 if is_theirs else 201)
    assert ("no longer kept" in again.text) == is_theirs
    assert send(api, about_another, key="k-2").headers["Idempotency-Replayed"] == "true"
    assert count(session) == 2


def test_answers_that_name_an_erased_person_are_forgotten_too(session, api):
    task = make.task(kind="silent")
    session.commit()
    closing = {"outcome": "resolved", "comment": "Done.", "customer_told": True}
    assert send(api, f"/tasks/{task.id}/resolution", body=closing).status_code == 200
    assert idempotency.forget_about(session, [], [task.contact_id + 1]) == 0
    assert idempotency.forget_about(session, [], [task.contact_id]) == 1
