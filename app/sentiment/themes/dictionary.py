"""The dictionary of themes as it stands: what came with JustAsk, what colleagues made of it, its edition.

Every change makes a new edition; the worker then finds the mentions of all comments anew, the newest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.sentiment.models import Department, StoredReading, Theme, ThemeEdition
from app.sentiment.themes.matching import LONGEST_PHRASE, UNSPACED, Dictionary, Entry

SHIPPED = {
    "performance": ("Performance", Department.PRODUCT),
    "reliability": ("Reliability", Department.PRODUCT),
    "ease_of_use": ("Ease of use", Department.PRODUCT),
    "price": ("Price and value", Department.SALES),
    "support": ("Support", Department.SUPPORT),
    "features": ("Features", Department.PRODUCT),
    "integrations": ("Integrations", Department.PRODUCT),
    "onboarding": ("Onboarding", Department.ACCOUNTS),
    "reporting": ("Reporting", Department.PRODUCT),
    "collaboration": ("Collaboration", Department.PRODUCT),
    "mobile": ("Mobile", Department.PRODUCT),
    "security": ("Security", Department.PRODUCT),
}
FOLDER = Path(__file__).parent / "shipped"
EVERYWHERE = ""
MOST_PHRASES = 300
SHORTEST_STEM = 3


@cache
def shipped() -> dict[str, dict[str, dict[str, list[str]]]]:
    """The phrases that come with JustAsk: by theme, "phrases" or "exclusions", and language."""
    found: dict = {key: {"phrases": {}, "exclusions": {}} for key in SHIPPED}
    for file in sorted(FOLDER.glob("*.txt")):
        key = ""
        for line in file.read_text("utf-8").splitlines():
            if line.startswith("["):
                key = line.strip("[]")
            elif line.strip():
                kind = "exclusions" if line.startswith("!") else "phrases"
                words = [phrase.strip() for phrase in line.removeprefix("!").split(";")]
                found[key][kind].setdefault(file.stem, []).extend(words)
    return found


def ensure(session: Session, *, now: datetime) -> None:
    """Add the themes that come with JustAsk, once; what somebody has removed stays removed."""
    row = the_edition(session)
    if row.is_seeded:
        return
    for key, (name, department) in SHIPPED.items():
        stamps = {"created_at": now, "updated_at": now}
        session.add(Theme(key=key, name=name, department=department, **shipped()[key], **stamps))
    row.is_seeded = True
    session.flush()


def the_edition(session: Session) -> ThemeEdition:
    """The one row about the dictionary."""
    row = session.get(ThemeEdition, 1)
    if row is None:
        row = ThemeEdition(id=1, number=1)
        session.add(row)
        session.flush()
    return row


def number(session: Session) -> int:
    """The present edition; for looks, which make no row."""
    return session.scalar(sa.select(ThemeEdition.number)) or 0


def themes(session: Session, *, with_retired: bool = False) -> list[Theme]:
    query = sa.select(Theme).order_by(Theme.name, Theme.id)
    return list(session.scalars(query if with_retired else query.where(Theme.is_active)))


def changed(session: Session) -> int:
    """A new edition; how many comments will be looked through again."""
    the_edition(session).number += 1
    session.flush()
    return session.scalar(sa.select(sa.func.count()).select_from(StoredReading)) or 0


def checked(lines: Mapping[str, str]) -> dict[str, list[str]]:
    """Phrases by language, of texts with a phrase on each line. Invalid names the first one that cannot be."""
    found = {}
    for language, text in lines.items():
        phrases = list(dict.fromkeys(" ".join(line.split()) for line in text.splitlines() if line.strip()))
        if len(phrases) > MOST_PHRASES:
            raise Invalid(_("At most %(n)s phrases for a language.", n=MOST_PHRASES))
        for phrase in phrases:
            problem = problem_of(phrase)
            if problem:
                raise Invalid(_("“%(phrase)s”: %(problem)s", phrase=phrase[:LONGEST_PHRASE], problem=problem))
        if phrases:
            found[language] = phrases
    return found


def problem_of(phrase: str) -> str:
    """Why a phrase cannot be one; "" when it can."""
    if len(phrase) > LONGEST_PHRASE:
        return _("a phrase has at most %(n)s characters.", n=LONGEST_PHRASE)
    for word in phrase.split():
        stem = word.rstrip("*")
        if "*" in stem or word.count("*") > 1:
            return _("a star stands at the end of a word.")
        if word.endswith("*") and len(stem) < SHORTEST_STEM and not UNSPACED.match(stem):
            return _("before a star stand at least %(n)s letters.", n=SHORTEST_STEM)
    plain = phrase.replace("*", "")
    if not any(sign.isalnum() for sign in plain) or (len(plain) < 2 and not UNSPACED.match(plain)):
        return _("write at least two letters.")
    return ""


class Matcher:
    """The active themes, compiled for the languages that are asked for."""

    def __init__(self, themes: Iterable[Theme]):
        self.themes = list(themes)
        self.compiled: dict[frozenset[str], Dictionary] = {}

    def of(self, *languages: str | None) -> Dictionary:
        """The phrases of these languages and of every language."""
        plain = {(code or "").replace("_", "-").partition("-")[0].lower() for code in languages}
        wanted = frozenset(plain | {EVERYWHERE})
        if wanted not in self.compiled:
            self.compiled[wanted] = Dictionary(self.entries(wanted))
        return self.compiled[wanted]

    def entries(self, languages: frozenset[str]) -> Iterable[Entry]:
        for theme in self.themes:
            for kind in (theme.phrases, theme.exclusions):
                for language in sorted(languages & kind.keys()):
                    yield from (
                        Entry(theme.id, phrase, kind is theme.exclusions) for phrase in kind[language]
                    )
