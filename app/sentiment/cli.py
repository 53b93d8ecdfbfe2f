"""Commands about how comments sound (a door)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import click

from app.sentiment import better
from app.sentiment import reading as default
from app.sentiment.better import Engine
from app.sentiment.models import Label
from app.sentiment.reading import Reading, Reason

WHY = {
    Reason.EMPTY: "there is nothing to read",
    Reason.NO_WORDS: "there are no words in it that we know",
    Reason.LANGUAGE: "there is no word list for its language",
}


@click.group()
def sentiment() -> None:
    """Read how comments sound."""


ENGINE = click.option(
    "--engine",
    "wanted",
    type=click.Choice([default.ENGINE, better.ENGINE]),
    help=f"Who reads; {better.ENGINE} where the extra {better.EXTRA} is installed, else {default.ENGINE}.",
)


def engine(wanted: str | None) -> Engine:
    """The engine of that name, else the best there is."""
    if wanted is None:
        return better.present()
    if wanted == default.ENGINE:
        return better.DEFAULT
    if better.present() is better.DEFAULT:
        raise click.ClickException(
            f"{wanted} is not installed; the README says how to install {better.EXTRA}."
        )
    return better.present()


@sentiment.command()
@ENGINE
@click.option("--evidence", is_flag=True, help=f"Also where {better.ENGINE} reads: several times the work.")
def score(wanted: str | None, evidence: bool) -> None:
    """Read JSON lines {"text", "lang"?, "intent"?} from stdin and write one JSON line for each, in the same order."""
    bad, by = 0, engine(wanted)
    read = by.read if evidence or by is better.DEFAULT else partial(by.read, with_evidence=False)
    for line in sys.stdin.buffer:
        if not line.strip():
            continue
        found = scored(line, read)
        bad += "error" in found
        click.echo(json.dumps(found))
        sys.stdout.flush()
    if bad:
        click.echo(f"{bad} lines were not JSON objects with a text.", err=True)
        sys.exit(1)


def scored(line: bytes, read: Callable[..., Reading]) -> dict[str, Any]:
    """What is written for one line; a line that cannot be read is unknown and says so."""
    try:
        given = json.loads(line)
        text, lang = given["text"], given.get("lang")
        if not isinstance(text, str) or not isinstance(lang, str | None):
            raise TypeError
    except (ValueError, TypeError, KeyError, AttributeError):
        unknown = {"polarity": 0.0, "label": Label.UNKNOWN.value, "lang": None, "evidence": []}
        return unknown | {"error": "not a JSON object with a text"}
    return told(read(text, lang=lang, intent=given.get("intent")))


def told(heard: Reading) -> dict[str, Any]:
    """A reading as JSON says it; the polarity of an unknown one is 0."""
    found = {
        "polarity": heard.polarity or 0.0,
        "label": heard.label.value,
        "confidence": heard.confidence,
        "lang": heard.language,
        "evidence": list(heard.evidence),
    }
    return found | {"reason": heard.reason.value} if heard.reason else found


@sentiment.command()
@click.argument("text")
@click.option("--lang", help="The language it was asked for in, such as de.")
@click.option("--intent", type=click.Choice(["why", "improve", "like"]), help="What was asked for.")
@ENGINE
@click.option("--json", "as_json", is_flag=True, help="Write JSON, clauses included.")
def explain(text: str, lang: str | None, intent: str | None, wanted: str | None, as_json: bool) -> None:
    """Say how TEXT sounds, clause by clause, and which words say so."""
    by = engine(wanted)
    heard = by.read(text, lang=lang, intent=intent)
    if as_json:
        parts = [asdict(clause) for clause in heard.clauses]
        click.echo(json.dumps(told(heard) | {"clauses": parts}, ensure_ascii=False))
        return
    click.echo(headline(heard, by))
    for clause in heard.clauses:
        click.echo(f"{clause.polarity:+.2f}  {clause.text.strip()}")
        for word in clause.evidence:
            click.echo(f"       {word['polarity']:+.2f}  {word['words']}")


def headline(heard: Reading, by: Engine) -> str:
    if heard.reason is not None:
        return f"unknown: {WHY[heard.reason]}"
    sure = f"{heard.confidence:.0%} sure"
    return f"{heard.label.value}, polarity {heard.polarity:+.2f}, {sure}, read as {heard.language} ({by.name} {by.version})"
