"""Reading history again: what would change is told first, a killed run goes on, corrections stay."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from app import cli, jobs
from app.core import audit
from app.core.errors import Refused
from app.sentiment.again import rereading
from app.sentiment.judging import corrections
from app.sentiment.models import Label, Rereading, StoredReading
from tests import make
from tests.posting import token

ACTOR = audit.Actor("staff", None, "Ruth")
GOOD = "Excellent product, I love it."


@pytest.fixture
def old(session, now) -> list[StoredReading]:
    """Five praises that an older engine took for complaints."""
    ids = [make.answer(9, comment=GOOD).response_id for _ in range(5)]
    session.execute(sa.update(StoredReading).values(engine="former", version="1", label=Label.NEGATIVE))
    session.commit()
    found = session.scalars(sa.select(StoredReading).order_by(StoredReading.id)).all()
    assert [row.response_id for row in found] == ids
    return found


def labels(session) -> list[Label]:
    session.expire_all()
    return [row.said for row in session.scalars(sa.select(StoredReading).order_by(StoredReading.id))]


def test_a_trial_tells_what_would_change_and_changes_nothing(session, now, old):
    run = rereading.begin(session, is_trial=True, by="Ruth", now=now)
    with pytest.raises(Refused):
        rereading.begin(session, is_trial=False, by="Ruth", now=now)
    session.commit()
    assert jobs.read_again(now) == 5
    assert (run.done, run.changed, run.moves) == (5, 5, {"negative>positive": 5})
    assert run.finished_at is not None
    assert len(rereading.told(session, run)) == 3
    assert labels(session) == [Label.NEGATIVE] * 5


def test_a_killed_run_goes_on_where_it_was_and_corrections_stay(session, now, old):
    corrections.correct(session, old[4], Label.MIXED, by=ACTOR, now=now)
    run = rereading.begin(session, is_trial=False, by="Ruth", now=now)
    for _done in rereading.step(session, run, now=now, size=2):
        session.commit()
    assert run.done == 2
    assert sum(rereading.step(session, run, now=now, size=2)) == 2
    session.rollback()
    assert jobs.read_again(now) == 3
    assert labels(session) == [Label.POSITIVE] * 4 + [Label.MIXED]
    done = session.scalars(sa.select(Rereading)).one()
    assert (done.done, done.is_running) == (5, False)
    assert rereading.how_many_outdated(session) == 0
    with pytest.raises(Refused):
        rereading.begin(session, is_trial=False, by="Ruth", now=now)


def test_a_run_is_stopped_on_the_page_and_a_new_one_goes_on_with_the_rest(session, now, sign_in, old):
    admin = sign_in("admin")

    def press(client, what: str):
        found = token(client.get("/reports/readings").text)
        return client.post("/reports/readings/again", data={"csrf_token": found, "what": what}).status_code

    assert press(sign_in("manager"), "read") == 403
    assert press(admin, "read") == 303
    run = session.scalars(sa.select(Rereading)).one()
    assert sum(rereading.step(session, run, now=now, size=2)) == 2
    session.commit()
    assert 'value="stop"' in admin.get("/reports/readings").text
    assert press(admin, "stop") == 303
    assert jobs.read_again(now) == 0
    session.expire_all()
    assert (run.is_stopped, run.done, rereading.how_many_outdated(session)) == (True, 2, 3)
    page = admin.get("/reports/readings").text
    assert ("stopped before its end" in page, "Read 3 comments again" in page) == (True, True)
    assert press(admin, "stop") == 303
    assert press(admin, "read") == 303
    assert jobs.read_again(now) == 3
    assert labels(session) == [Label.POSITIVE] * 5


def test_the_page_and_the_commands_say_the_same(app, session, sign_in, old, monkeypatch):
    monkeypatch.setattr(cli.justask, "create_app", lambda: app)
    page = sign_in("admin").get("/reports/readings").text
    assert ("former 1" in page, "Read 5 comments again" in page) == (True, True)

    def run(*words: str) -> str:
        session.commit()
        return CliRunner().invoke(cli.justask, ["readings", *words], catch_exceptions=False).output

    assert "5  negative -> positive" in run("preview")
    assert "5 read, 5 with another label" in run("again")
    assert "older" not in run("list")
    assert "5 of 5 comments got another label" in sign_in("viewer").get("/reports/readings").text
