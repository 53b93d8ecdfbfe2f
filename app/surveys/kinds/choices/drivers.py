"""What drove the score: at most two of a list, so that people name what weighs most and not everything."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.surveys.kinds.choices.choice import Choice


class Drivers(Choice):
    key, field, seconds, most = "drivers", "some_of", 10, 2
    title = _l("What drove the score")
    meaning = _l("After the score: at most two of a list. Says where to look first.")
