"""What was chosen and not sent: kept on the link, an answer after an hour, and never more than what was sent."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app import jobs
from app.core import clock
from app.core.database import transactions
from app.delivery.models import Invitation, InvitationState
from app.extensions import db
from app.followups.models import Task
from app.responses.models import PartialAnswer, Response

HOUR = timedelta(hours=1)


def count(model) -> int:
    transactions.read(db.session)
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def run(later: timedelta) -> int:
    db.session.rollback()
    transactions.write(db.session)
    return jobs.count_partials(clock.now() + later)


def test_a_chosen_score_is_kept_the_last_one_holds_and_it_counts_after_an_hour(client, ask):
    at = ask()
    for given in ({"score": "9"}, {"score": "3", "comment": "Too sl"}, {"score": "4", "comment": "Too slow"}):
        assert client.post(f"{at.link}/partial", data=given | {"attempt": "a"}).status_code == 204
    assert (count(PartialAnswer), count(Response), count(Task)) == (1, 0, 0)
    assert db.session.get(Invitation, at.id).state is InvitationState.SENT
    assert run(HOUR - timedelta(minutes=5)) == 0
    assert run(HOUR + timedelta(minutes=1)) == 1
    assert run(HOUR + timedelta(minutes=2)) == 0
    transactions.read(db.session)
    (answer,) = db.session.scalars(sa.select(Response))
    assert (answer.score, answer.comment, answer.is_partial) == (4, "Too slow", True)
    assert (count(PartialAnswer), count(Task)) == (0, 1)
    client.post(at.link, data={"score": "8", "attempt": "a"})
    db.session.rollback()
    db.session.expire_all()
    transactions.read(db.session)
    (answer,) = db.session.scalars(sa.select(Response))
    assert (answer.score, answer.is_partial, answer.revision) == (8, False, 2)


def test_what_was_sent_is_never_overruled_by_what_was_not(client, ask):
    at, wordy = ask(), ask()
    client.post(f"{at.link}/partial", data={"score": "2", "attempt": "a"})
    client.post(at.link, data={"score": "9", "attempt": "a"})
    client.post(f"{at.link}/partial", data={"score": "1", "attempt": "b"})
    client.post(f"{wordy.link}/partial", data={"comment": "only words", "attempt": "c"})
    client.post(f"{wordy.link}/partial", data={"score": "5"})
    assert run(2 * HOUR) == 0
    transactions.read(db.session)
    assert [one.score for one in db.session.scalars(sa.select(Response))] == [9]
    assert [one.said["comment"] for one in db.session.scalars(sa.select(PartialAnswer))] == ["only words"]
    run(timedelta(days=31))
    assert count(PartialAnswer) == 0


def test_after_a_no_only_what_is_sent_is_an_answer(client, ask):
    declined, off, sent = ask(), ask(), ask()
    low = {"score": "2", "attempt": "a"}
    for at in (declined, off, sent):
        client.post(f"{at.link}/partial", data=low)
    client.post(f"{declined.link}/decline")
    client.post(off.off, data={"confirm": "yes"})
    client.post(f"{sent.link}/decline")
    client.post(sent.link, data={"score": "9", "attempt": "a"})
    assert run(timedelta(minutes=1)) == 0
    transactions.read(db.session)
    assert list(db.session.scalars(sa.select(PartialAnswer.invitation_id))) == [sent.id]
    for at in (declined, off):
        client.post(f"{at.link}/partial", data=low)
    assert run(2 * HOUR) == 0
    transactions.read(db.session)
    assert [one.score for one in db.session.scalars(sa.select(Response))] == [9]
    assert count(PartialAnswer) == 0
