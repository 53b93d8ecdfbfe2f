"""Commands about how comments sound (a door)."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from app.sentiment.models import Label
from app.sentiment.reading import read


@click.group()
def sentiment() -> None:
    """Read how comments sound."""


@sentiment.command()
def score() -> None:
    """Read JSON lines {"text", "lang"?} from stdin and write one JSON line for each, in the same order."""
    bad = 0
    for line in sys.stdin.buffer:
        if not line.strip():
            continue
        found = scored(line)
        bad += "error" in found
        click.echo(json.dumps(found))
        sys.stdout.flush()
    if bad:
        click.echo(f"{bad} lines were not JSON objects with a text.", err=True)
        sys.exit(1)


def scored(line: bytes) -> dict[str, Any]:
    """What is written for one line; a line that cannot be read is unknown and says so."""
    try:
        given = json.loads(line)
        text, lang = given["text"], given.get("lang")
        if not isinstance(text, str) or not isinstance(lang, str | None):
            raise TypeError
    except (ValueError, TypeError, KeyError, AttributeError):
        unknown = {"polarity": 0.0, "label": Label.UNKNOWN.value, "lang": None, "evidence": []}
        return unknown | {"error": "not a JSON object with a text"}
    heard = read(text, lang=lang)
    return {
        "polarity": heard.polarity or 0.0,
        "label": heard.label.value,
        "lang": heard.language,
        "evidence": list(heard.evidence),
    }
