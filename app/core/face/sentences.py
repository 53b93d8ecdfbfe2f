"""The sentences of a translation beside English: as they shipped, as somebody corrected them, and who approved them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from babel.messages import Catalog
from babel.messages.pofile import read_po
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.core.face.models import Correction, TranslationReview
from app.core.language.words import FALLBACK, INFORMAL, RESPONDENTS, tag_of

PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
UNSAFE = re.compile(r'[<>"]|&(?=[\w#])')
MAIL, THANKS, WISHES, PAGE, TROUBLE = "mail", "thanks", "wishes", "page", "trouble"
HOMES = (
    ("delivery/letters", MAIL),
    ("templates/email", MAIL),
    ("thanks", THANKS),
    ("preferences", WISHES),
    ("skip", WISHES),
    ("errors", TROUBLE),
    ("again", TROUBLE),
)


@dataclass(frozen=True)
class Sentence:
    """One sentence in one plural form: `shipped` is what came with the product, `words` what is said now."""

    original: str
    form: int
    shipped: str
    words: str
    home: str

    @property
    def key(self) -> str:
        """A short name for addresses."""
        return hashlib.sha256(f"{self.original}\0{self.form}".encode()).hexdigest()[:16]

    @property
    def is_corrected(self) -> bool:
        return self.words != self.shipped


def sentences(session: Session, language: str, *, is_informal: bool) -> list[Sentence]:
    """Everything the fixed words say in one form of address, in the order of the catalogue."""
    tag = tag_of(language, is_informal)
    corrected = {
        (row.original, row.form): row.words
        for row in session.scalars(sa.select(Correction).where(Correction.language == tag))
    }
    return [
        Sentence(original, form, text, corrected.get((original, form), text), home)
        for original, form, text, home in shipped(language, is_informal)
    ]


@cache
def shipped(language: str, is_informal: bool) -> tuple[tuple[str, int, str, str], ...]:
    """Original, plural form, translation and home of each sentence that came with the product."""
    other = texts(read(INFORMAL.file(language))) if is_informal else {}
    found = []
    for message in read(RESPONDENTS.file(language if language != FALLBACK else "de")):
        if message.id:
            home = home_of(path for path, _line in message.locations)
            found += [
                (original, form, other.get((original, form), text), home)
                for (original, form), text in texts([message], is_english=language == FALLBACK).items()
            ]
    return tuple(found)


def read(path) -> Catalog:
    with path.open("rb") as written:
        return read_po(written)


def texts(messages: Iterable, *, is_english: bool = False) -> dict[tuple[str, int], str]:
    """The translations by original and plural form; of English the originals themselves."""
    found = {}
    for message in messages:
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        said = originals if is_english else message.string
        for form, text in enumerate(said if isinstance(said, list | tuple) else (said,)):
            found[originals[0], form] = text or originals[min(form, len(originals) - 1)]
    return {key: text for key, text in found.items() if key[0]}


def home_of(paths: Iterable[str]) -> str:
    """Where a respondent meets a sentence."""
    joined = " ".join(paths)
    return next((home for part, home in HOMES if part in joined), PAGE)


def correct(session: Session, sentence: Sentence, tag: str, words: str, *, by: str, now: datetime) -> None:
    """Say a sentence in other words from now on; its own words, or none, take a correction back. Invalid for wrong ones."""
    words = words.strip()
    if words and (said := wrong(sentence, words)):
        raise Invalid(said, errors={"words": said})
    same = (
        Correction.language == tag,
        Correction.original == sentence.original,
        Correction.form == sentence.form,
    )
    session.execute(sa.delete(Correction).where(*same))
    if words and words != sentence.shipped:
        session.add(
            Correction(
                language=tag,
                original=sentence.original,
                form=sentence.form,
                words=words,
                written_by=by,
                written_at=now,
            )
        )
    session.flush()


def wrong(sentence: Sentence, words: str) -> str | None:
    """Why these words cannot stand for the sentence; None when they can."""
    wanted, given = (sorted(set(PLACEHOLDER.findall(text))) for text in (sentence.shipped, words))
    if wanted != given:
        names = ", ".join(f"%({name})s" for name in wanted) or _("none")
        return _("It must hold exactly these placeholders: %(names)s.", names=names)
    if "%" in PLACEHOLDER.sub("", words).replace("%%", ""):
        return _("A percent sign that is no placeholder is written twice: %%%%.")
    if UNSAFE.search(words):
        return _("No <, > and straight double quotation marks, and & only with a blank behind it.")
    return None


def digest(found: Iterable[Sentence]) -> str:
    """A name for all that is said, which changes with every word of it."""
    said = "\0".join(f"{one.original}\0{one.form}\0{one.words}" for one in found)
    return hashlib.sha256(said.encode()).hexdigest()


def reviews(session: Session) -> Mapping[str, TranslationReview]:
    """Who approved which translation."""
    return {row.language: row for row in session.scalars(sa.select(TranslationReview))}


def approve(
    session: Session, tag: str, found: list[Sentence], *, reviewer: str, by: str, now: datetime
) -> None:
    """A native speaker has read all of it."""
    row = session.get(TranslationReview, tag) or TranslationReview(language=tag)
    row.reviewer, row.approved_by, row.approved_at, row.digest = reviewer, by, now, digest(found)
    session.add(row)
