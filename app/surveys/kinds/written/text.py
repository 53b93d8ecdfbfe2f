"""A further open question; its answers are read for how they sound, by what the question asks for (`intent`)."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from app.surveys.kinds.kind import LONGEST_WORDS, Asked, Given, Kind, texts
from app.surveys.kinds.refusals import storable


class Text(Kind):
    key, field, seconds = "text", "text", 20
    title = _l("Words")
    meaning = _l("A further open question. Each one costs answers; the comment is usually enough.")

    def read(self, asked: Asked, posted: Mapping[str, list[str]]) -> Given | None:
        words = storable(texts(posted, asked.name), LONGEST_WORDS)
        return Given(self.key, words=words) if words else None
