"""The pages of comments: what is marked, what a colleague's word changes, and how often the engine is wrong."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import journey
from app.core import audit
from app.core.errors import Refused
from app.delivery.models import Invitation
from app.followups.models import Task, TaskKind
from app.followups.unfit import judging
from app.reports.comments import mistakes
from app.responses import asks
from app.responses.models import Response
from app.responses.recording import Said
from app.sentiment.judging import corrections
from app.sentiment.judging.marking import marked
from app.sentiment.models import Correction, Intent, Label, StoredReading
from app.sentiment.reading import Reading
from tests import make
from tests.conftest import NOW
from tests.posting import token

DAYS = f"from={NOW.date()}&to={NOW.date()}"
ACTOR = audit.Actor("staff", None, "Ruth")


@pytest.fixture
def csm(sign_in):
    return sign_in("csm")


def reading(session, response_id: int) -> StoredReading:
    session.expire_all()
    return session.scalars(sa.select(StoredReading).filter_by(response_id=response_id)).one()


def say(client, session, response_id: int, label: str, **more):
    return press(client, f"/reports/comments/{reading(session, response_id).id}/label", label=label, **more)


def press(client, url: str, **fields):
    found = token(client.get("/reports/comments").text)
    return client.post(url, data={"csrf_token": found} | fields)


def test_evidence_is_marked_and_nothing_else_is_changed():
    text = "<b>GREAT</b> support, not  great; greatest"
    pieces = marked(text, [{"words": "great", "polarity": 0.8}, {"words": "not great", "polarity": -0.4}])
    assert "".join(piece.text for piece in pieces) == text
    assert [(p.text, p.tone) for p in pieces if p.polarity] == [("GREAT", "good"), ("not  great", "bad")]
    assert [p.text for p in marked("", [])] == [""]
    assert [p.text for p in marked("対応が遅い", [{"words": "遅い", "polarity": -0.5}])] == ["対応が", "遅い"]


def test_comments_are_listed_with_marks_and_narrowed_by_how_they_sound(csm, session):
    make.answer(9, comment="<script>Terrible</script> support, the worst.")
    make.answer(3, comment="Excellent product, I love it.")
    make.answer(9, comment="Excellent product, I love it.")
    make.answer(2, comment="Awful", invitation=make.invitation(wave=make.wave(is_rehearsal=True)))
    page = csm.get(f"/reports/comments?{DAYS}").text
    assert "<b>3 comments</b>" in page
    assert "<script>Terrible" not in page
    assert 'class="drove drove--bad"' in page
    assert "2 do not fit their score" in page
    unfit = csm.get(f"/reports/comments?{DAYS}&mismatch=promoter").text
    assert ("<b>1 comment</b>" in unfit, "Terrible" in unfit) == (True, True)
    assert "<b>2 comments</b>" in csm.get(f"/reports/comments?{DAYS}&label=positive").text
    assert "Nothing matches these filters" in csm.get(f"/reports/comments?{DAYS}&lang=fr").text
    rows = list(csv.DictReader(io.StringIO(csm.get(f"/reports/comments.csv?{DAYS}").text)))
    assert sorted((row["score"], row["label"], row["mismatch"]) for row in rows) == [
        ("3", "positive", "1"),
        ("9", "negative", "1"),
        ("9", "positive", "0"),
    ]


def test_a_correction_wins_everywhere_and_can_be_taken_back(csm, session):
    id = make.answer(9, comment="Excellent product, I love it.").response_id
    session.commit()
    assert say(csm, session, id, "negative", why="irony").status_code == 303
    page = csm.get(f"/reports/comments?{DAYS}&label=negative").text
    assert ("Corrected by" in page, "irony" in page, "Does not fit the score" in page) == (True, True, True)
    assert (
        "The comment sounds negative" in csm.get(f"/contacts/{session.get_one(Response, id).contact_id}").text
    )
    row = session.scalars(sa.select(Correction)).one()
    assert (row.heard, row.was, row.label, row.by) == (
        Label.POSITIVE,
        Label.POSITIVE,
        Label.NEGATIVE,
        csm.person.display_name,
    )
    say(csm, session, id, "mixed")
    press(csm, f"/reports/comments/{reading(session, id).id}/undo")
    assert reading(session, id).said is Label.NEGATIVE
    press(csm, f"/reports/comments/{reading(session, id).id}/undo")
    assert reading(session, id).said is Label.POSITIVE
    assert press(csm, f"/reports/comments/{reading(session, id).id}/undo").status_code in {400, 409}
    assert say(csm, session, id, "splendid").status_code == 400
    assert len(session.scalars(sa.select(Correction)).all()) == 2


def test_a_correction_stays_with_its_words_and_goes_with_them(session, now):
    first = make.answer(9, comment="Excellent product, I love it.")
    ask = first.ask.id
    corrections.correct(session, reading(session, first.response_id), Label.NEGATIVE, by=ACTOR, now=now)
    again = session.get_one(Invitation, ask)
    make.answer(8, comment="Excellent product, I love it.", invitation=again)
    assert reading(session, first.response_id).said is Label.NEGATIVE
    make.answer(8, comment="Excellent, truly.", invitation=again)
    assert reading(session, first.response_id).said is Label.POSITIVE
    assert session.scalars(sa.select(Correction.reading_id)).all() == [None]
    with pytest.raises(Refused):
        corrections.undo(session, reading(session, first.response_id), by=ACTOR, now=now)


def test_who_is_forgotten_takes_the_reasons_along(session, now):
    answer = make.answer(9, comment="Excellent product, I love it.")
    corrections.correct(
        session, reading(session, answer.response_id), Label.MIXED, why="says Kim", by=ACTOR, now=now
    )
    person = session.get_one(Response, answer.response_id).contact
    assert journey.person_told(session, person)["reading_corrections"][0]["why"] == "says Kim"
    journey.person_erased(session, person, now=now, actor=ACTOR)
    assert session.scalars(sa.select(Correction.why)).all() == [""]
    assert list(mistakes.training(session)) == []


def test_the_lot_tells_how_often_the_engine_is_wrong(csm, sign_in, session):
    ids = [make.answer(9, comment="Excellent product, I love it.").response_id for _ in range(4)]
    session.commit()
    assert "Nobody has judged a reading yet" in csm.get("/reports/readings").text
    assert csm.get("/reports/readings/training.csv").status_code == 403
    for _ in ids[:3]:
        drawn = mistakes.next_drawn(session, since=NOW.date())
        session.commit()
        drawn = drawn.response
        say(csm, session, drawn.id, "negative" if drawn.id == ids[0] else "positive", drawn="1")
    left = [id for id in ids if reading(session, id).corrected is None]
    say(csm, session, left[0], "mixed")
    found = mistakes.mistakes(session)
    wrong = int(ids[0] not in left)
    assert (found.total.drawn, found.total.wrong, found.total.found) == (3, wrong, 1)
    assert found.labels[Label.POSITIVE].drawn == 3
    page = csm.get("/reports/readings").text
    assert "Wrong, of those drawn" in page
    manager = sign_in("manager")
    workbook = manager.get("/reports/readings/training.xlsx")
    assert workbook.data.startswith(b"PK")
    lines = manager.get("/reports/readings/training.jsonl").text.splitlines()
    assert sorted(json.loads(line)["drawn"] for line in lines) == [False, True, True, True]
    assert csm.get("/reports/comments/check").status_code == 200


def alerts(session) -> list[str]:
    query = sa.select(Task).where(Task.kind == TaskKind.ALERT).order_by(Task.id)
    session.expire_all()
    return [task.reason for task in session.scalars(query)]


def test_a_comment_that_contradicts_its_score_opens_an_alert_of_its_own(session, now):
    bad, good = "Terrible support, the worst.", "Excellent product, I love it."
    make.answer(9, comment=good)
    make.answer(8, comment=bad)
    assert alerts(session) == []
    promoter = make.answer(9, comment=bad)
    make.answer(2, comment=good)
    told = alerts(session)
    assert ["sounds negative" in told[0], "sounds positive" in told[1]] == [True, True]
    ask = session.get_one(Invitation, promoter.ask.id)
    make.answer(9, comment=good, invitation=ask)
    assert "has been changed since" in alerts(session)[0]
    make.answer(10, comment=bad, invitation=make.invitation(wave=make.wave(is_rehearsal=True)))
    assert session.scalars(sa.select(Task.is_rehearsal).where(Task.kind == TaskKind.ALERT)).all()[-1] is True


def test_a_correction_opens_the_alert_and_taking_it_back_takes_it_away(session, now):
    id = make.answer(9, comment="Excellent product, I love it.").response_id
    old = make.answer(9, comment="Excellent product, I love it.", now=now - timedelta(days=60)).response_id
    for one in (id, old):
        judging.correct(session, reading(session, one), Label.NEGATIVE, by=ACTOR, now=now)
    assert len(alerts(session)) == 1
    judging.correct(session, reading(session, id), Label.MIXED, by=ACTOR, now=now)
    assert alerts(session) == []
    judging.undo(session, reading(session, id), by=ACTOR, now=now)
    assert len(alerts(session)) == 1
    judging.undo(session, reading(session, id), by=ACTOR, now=now)
    assert alerts(session) == []


def test_a_reading_that_is_hardly_sure_sends_nobody_anywhere(session, now):
    unsure = Reading(-0.2, Label.NEGATIVE, "en", confidence=0.45)
    ask = make.invitation()
    session.flush()
    connection = session.connection()
    given = journey.answer_received(
        connection,
        asks.by_id(connection, ask.id),
        Said(score=9, comment="Hm, well."),
        {None: (unsure, Intent.LIKE)},
        now=now,
    )
    assert alerts(session) == []
    assert reading(session, given.response_id).said is Label.NEGATIVE
