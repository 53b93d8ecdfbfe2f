"""Several of a list."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.surveys.kinds.choices.choice import Choice


class Multiple(Choice):
    key, field, seconds = "multiple", "some_of", 10
    title = _l("Several of a list")
    meaning = _l("As many as apply, or at most so many. Reported as the share of people who chose each.")
