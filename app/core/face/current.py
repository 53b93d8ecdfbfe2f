"""The face as a process knows it: read from the database once, and again when its version is another one.

Whoever reads the installation's row sees its `face_version`, so knowing whether anything changed costs no statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask import current_app, has_app_context
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.core.face.colours import Palette, palette
from app.core.face.models import Correction, Logo

EXTENSION = "face"
INFORMAL = "-x-informal"
Words = Mapping[tuple[str, int], str]


@dataclass(frozen=True)
class Mark:
    """The logo as pages name it."""

    name: str
    width: int
    height: int

    @property
    def path(self) -> str:
        return f"/brand/{self.name}"


@dataclass(frozen=True)
class Face:
    """What is the same for all respondents, whatever they are asked."""

    version: int = -1
    informal: frozenset[str] = frozenset()
    corrections: Mapping[str, Words] = field(default_factory=dict)
    accent: str | None = None
    logo: Mark | None = None
    made: dict = field(default_factory=dict, compare=False)  # Catalogues with the corrections in them.

    def tag(self, language: str) -> str:
        """The language with its form of address: `de`, or `de-x-informal` where people are on first-name terms."""
        return language + INFORMAL if language in self.informal else language

    @property
    def palette(self) -> Palette:
        return palette(self.accent)

    @property
    def sheet(self) -> str | None:
        """The address of the style sheet with the colour, where one was chosen."""
        return f"/brand/{self.accent.removeprefix('#')}.css" if self.accent else None


PLAIN = Face()


def current() -> Face:
    """The face as it was last read; the plain one outside an application and before the first reading."""
    return current_app.extensions.get(EXTENSION, PLAIN) if has_app_context() else PLAIN


def bring_up_to_date(
    source: Session | Connection, version: int, informal: list[str], accent: str | None, logo: str | None
) -> Face:
    """Read the rest unless this version is known; the arguments are what the installation's row says."""
    known = current()
    if known.version == version or not has_app_context():
        return known
    if isinstance(source, Session):
        source = source.connection()  # What the session holds unsaved is not this function's to write.
    corrections: dict[str, dict[tuple[str, int], str]] = {}
    for row in source.execute(CORRECTIONS):
        corrections.setdefault(row.language, {})[row.original, row.form] = row.words
    found = source.execute(LOGO, {"name": logo}).one_or_none() if logo else None
    face = Face(version, frozenset(informal), corrections, accent, Mark(*found) if found else None)
    current_app.extensions[EXTENSION] = face
    return face


CORRECTIONS = sa.select(Correction.language, Correction.original, Correction.form, Correction.words)
LOGO = sa.select(Logo.name, Logo.width, Logo.height).where(Logo.name == sa.bindparam("name"))
