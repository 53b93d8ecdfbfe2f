"""Surveys' words in the informal form of address, where an installation chose it for a language.

`informal/<language>.json` says the words of ours that address somebody, at the same places as `<language>.json`. They
are looked up by the formal words, so what staff wrote themselves stays as they wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from app.core.face import current as faces

WORDS = Path(__file__).parent
INFORMAL = WORDS / "informal"


def spoken(words: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    """The words in the form of address that the installation chose for their language."""
    base = language.partition("-")[0]
    return said_by(words, informal(base)) if base in faces.current().informal else words


def said_by(words: Mapping[str, Any], said: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: said_by(value, said) if isinstance(value, Mapping) else said.get(value, value)
        for name, value in words.items()
    }


def languages() -> list[str]:
    """The languages that have an informal form of address."""
    return sorted(path.stem for path in INFORMAL.glob("*.json"))


@cache
def informal(language: str) -> dict[str, str]:
    """What takes the place of each formal text of ours; empty for a language with one form of address."""
    if language not in languages():
        return {}
    formal, other = (
        json.loads((folder / f"{language}.json").read_text("utf-8")) for folder in (WORDS, INFORMAL)
    )
    return dict(pairs(formal, other))


def pairs(formal: Mapping[str, Any], other: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Formal and informal texts that stand at the same place."""
    found = []
    for name, value in other.items():
        found += pairs(formal[name], value) if isinstance(value, Mapping) else [(formal[name], value)]
    return found
