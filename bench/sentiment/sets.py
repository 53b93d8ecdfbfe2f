"""Labelled comments for training and trying: tab-separated files `NAME.public.tsv` with text, label (-1, 0, 1) and lang.

The files are not part of this project, but for those we wrote: `challenge_*` and, beside this module, `own`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

TRAINING = (
    "vader_amazon",
    "vader_tweets",
    "vader_movie",
    "vader_nyt",
    "uci_sentences",
    "app_features",
    "stackoverflow",
    "nhs_survey",
    "challenge_b2b",
    "own",
)
"""The sets whose licences let weights made from them be shipped; no other set is ever trained on."""
OWN = "own"
"""Sentences as business customers write them, written for this and by nobody's example."""


@dataclass(frozen=True, slots=True)
class Comment:
    text: str
    label: int
    lang: str
    value: float | None
    extra: str


def named(folder: Path) -> list[str]:
    """The names of the sets in a folder."""
    return sorted(path.name.removesuffix(".public.tsv") for path in folder.glob("*.public.tsv"))


def load(folder: Path, name: str) -> list[Comment]:
    """The labelled comments of a set; FileNotFoundError without it."""
    if name == OWN:
        folder = Path(__file__).parent
    with open(folder / f"{name}.public.tsv", encoding="utf-8", newline="\n") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [comment(row) for row in rows if row.get("label")]


def comment(row: dict[str, str]) -> Comment:
    value = row.get("value")
    return Comment(
        text=row["text"],
        label=int(row["label"]),
        lang=row.get("lang") or "en",
        value=float(value) if value and value != "None" else None,
        extra=row.get("extra") or "",
    )
