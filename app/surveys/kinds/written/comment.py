"""The one open question: asked in words that fit the score, read for how it sounds, kept with the response."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.surveys.kinds.written.text import Text


class Comment(Text):
    key = column = "comment"
    field, seconds = "comment", 15
    title = _l("Comment")
    meaning = _l("The reason in their own words, asked to fit the score. Read for how it sounds.")
    extras = ("any", "low", "middle", "high")
    is_single = True
