"""`justask sentiment score`: one line out for each line in, in order."""

from __future__ import annotations

import json

from click.testing import CliRunner

from app.sentiment.cli import sentiment


def test_lines_are_scored_in_their_order():
    given = [
        {"text": "Excellent, we love it."},
        {"text": "Erittäin hyvä", "lang": "fi"},
        {"text": "", "lang": None},
    ]
    done = CliRunner().invoke(sentiment, ["score"], input="\n".join(map(json.dumps, given)))
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert [line["label"] for line in found] == ["positive", "unknown", "unknown"]
    assert found[0].keys() == {"polarity", "label", "confidence", "lang", "evidence"}
    assert found[0]["polarity"] > 0
    assert found[1]["polarity"] == 0


def test_a_line_that_is_no_object_keeps_its_place():
    done = CliRunner().invoke(
        sentiment, ["score"], input='nonsense\n{"text": 3}\n{"text": "Good, I love it"}\n'
    )
    assert [json.loads(line)["label"] for line in done.stdout.splitlines()] == [
        "unknown",
        "unknown",
        "positive",
    ]
    assert done.exit_code == 1


def test_an_explanation_shows_clauses_and_words():
    done = CliRunner().invoke(sentiment, ["explain", "Support is great, but the app keeps crashing."])
    assert done.exit_code == 0
    assert "but the app keeps crashing." in done.stdout
    assert "keeps crashing\n" in done.stdout
    assert "no word list" in CliRunner().invoke(sentiment, ["explain", "Πολύ καλό"]).stdout
