"""One of a list."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.surveys.kinds.choices.choice import Choice


class Single(Choice):
    key, field, seconds, most = "single", "one_of", 8, 1
    title = _l("One of a list")
    meaning = _l("Exactly one choice. Reported as shares.")
