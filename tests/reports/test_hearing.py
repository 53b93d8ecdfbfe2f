"""One contradiction all the way: an answer from the mail, flag, filter, alert, correction, training data, and back."""

from __future__ import annotations

import csv
import io
import json

import sqlalchemy as sa

from app import jobs
from app.core import clock
from app.core.tokens import Signer
from app.followups.models import Task, TaskKind
from app.sentiment.models import Correction, Label, Mention, StoredReading
from app.sentiment.themes import dictionary
from tests import make
from tests.databases import SECRET_KEY
from tests.posting import token

BAD = "Terrible support, the worst."


def press(client, path: str, **fields):
    found = token(client.get("/reports/comments").text)
    assert client.post(path, data={"csrf_token": found} | fields).status_code == 303


def test_a_mismatch_is_flag_filter_and_alert_and_a_correction_wins_everywhere(client, session, sign_in):
    now = clock.now()
    dictionary.ensure(session, now=now)
    ask = make.invitation(sent_at=now)
    session.commit()
    token = Signer([SECRET_KEY]).token(ask.nonce)
    sent = client.post(f"/a/{token}", data={"score": "9", "comment": BAD, "attempt": "one"})
    assert sent.status_code == 303
    jobs.find_themes(now)
    manager = sign_in("manager")
    task = sa.select(Task).where(Task.kind == TaskKind.ALERT)

    def shown() -> dict:
        """The label and whether the contradiction is told, in every place that tells it."""
        session.rollback()
        rows = list(csv.DictReader(io.StringIO(manager.get("/reports/comments.csv").text)))
        filtered = manager.get("/reports/comments?mismatch=promoter").text
        themes = session.scalars(sa.select(Mention.label)).all()
        return {
            "file": [(row["label"], row["mismatch"]) for row in rows],
            "filter": "<b>1 comment</b>" in filtered,
            "flag": "Does not fit the score" in manager.get("/reports/comments").text.partition("<ol")[2],
            "person": "sounds negative" in manager.get(f"/contacts/{ask.contact_id}").text,
            "alert": len(session.scalars(task).all()),
            "themes": themes,
        }

    unfit = {
        "file": [("negative", "1")],
        "filter": True,
        "flag": True,
        "person": True,
        "alert": 1,
        "themes": [Label.NEGATIVE],
    }
    assert shown() == unfit
    assert "alert" in manager.get(f"/tasks/{session.scalars(task).one().id}").text.lower()
    id = session.scalars(sa.select(StoredReading.id)).one()
    press(manager, f"/reports/comments/{id}/label", label="positive", why="irony")
    jobs.find_themes(now)
    assert shown() == {
        "file": [("positive", "0")],
        "filter": False,
        "flag": False,
        "person": False,
        "alert": 0,
        "themes": [Label.POSITIVE],
    }
    (line,) = manager.get("/reports/readings/training.jsonl").text.splitlines()
    learned = json.loads(line)
    assert (learned["text"], learned["label"], learned["heard"]) == (BAD, "positive", "negative")
    press(manager, f"/reports/comments/{id}/undo")
    jobs.find_themes(now)
    assert shown() == unfit
    assert manager.get("/reports/readings/training.jsonl").text == ""
    row = session.scalars(sa.select(Correction)).one()
    assert (row.why, row.undone_by, row.at <= row.undone_at) == ("irony", manager.person.display_name, True)


ODD = (
    "<p>Really <b>happy</b></p>",
    "😀🎉",
    "Great, aber die Berichte sind schlecht.",
    "الدعم ممتاز",
    "a\x00b",
    "!" * 900,
)
ODD = (
    *ODD,
    "Nagyon elégedett vagyok a rendszerrel és a csapattal.",
    "x" * 2000,
    "(" * 1500,
    "\u202eterrible",
)


def test_no_text_breaks_the_answer_or_the_pages_and_what_is_unknown_says_why(client, session, sign_in):
    now = clock.now()
    dictionary.ensure(session, now=now)
    program = make.program(survey=make.survey("nps", "comment", "text"))
    asks = [make.invitation(wave=make.wave(program=program), sent_at=now) for _text in ODD]
    links = ["/a/" + Signer([SECRET_KEY]).token(ask.nonce) for ask in asks]
    session.commit()
    for link, text in zip(links, ODD, strict=True):
        sent = client.post(link, data={"score": "5", "comment": text, "text": text, "attempt": "one"})
        assert sent.status_code in {303, 400}, text
        if sent.status_code == 400:
            assert client.post(link, data={"score": "5", "comment": text[:9], "text": "x"}).status_code in {
                303,
                400,
            }
    assert jobs.find_themes(now) >= 2 * (len(ODD) - 2)
    page = sign_in("viewer").get("/reports/comments").text
    assert "There is no word list for this language: Hungarian." in page
    assert "No word in it says how it is meant." in page
    assert sign_in("viewer").get("/reports/themes").status_code == 200
