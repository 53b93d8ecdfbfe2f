"""What labels, checks and mismatches of comments are called on pages; one glossary for lists, filters and reports."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.reports.comments.rows import COMMENT, CORRECTED, FURTHER, RIGHT, UNCHECKED
from app.sentiment.engine.others.lists import languages
from app.sentiment.judging.mismatch import ANY
from app.sentiment.models import Label, StoredReading
from app.surveys.scales import Band
from app.surveys.wording import language_name

LABELS = {
    Label.NEGATIVE: _l("Negative"),
    Label.MIXED: _l("Mixed"),
    Label.NEUTRAL: _l("Neutral"),
    Label.POSITIVE: _l("Positive"),
    Label.UNKNOWN: _l("Cannot tell"),
}
TONES = {
    Label.NEGATIVE: "bad",
    Label.MIXED: "care",
    Label.NEUTRAL: "plain",
    Label.POSITIVE: "good",
    Label.UNKNOWN: "faint",
}
ICONS = {
    Label.NEGATIVE: "mood-sad",
    Label.MIXED: "mood-neutral",
    Label.NEUTRAL: "mood-neutral",
    Label.POSITIVE: "mood-smile",
    Label.UNKNOWN: "circle-dashed",
}
CHECKS = {
    UNCHECKED: _l("Not judged by a colleague"),
    CORRECTED: _l("Corrected"),
    RIGHT: _l("Found right"),
}
QUESTIONS = {
    COMMENT: _l("The comment"),
    FURTHER: _l("Other questions"),
}
MISMATCHES = {
    ANY: _l("Any that does not fit"),
    Band.PROMOTER.value: _l("Promoter, negative comment"),
    Band.DETRACTOR.value: _l("Detractor, positive comment"),
}


def language(code: str) -> str:
    """The name of a comment's language."""
    return language_name(code) if code else _("Not known")


def reason(reading: StoredReading) -> str:
    """Why the engine cannot tell how a text sounds."""
    code = (reading.language or "").replace("_", "-").partition("-")[0]
    if code and code != "en" and code not in languages():
        return _("There is no word list for this language: %(language)s.", language=language(code))
    return _("No word in it says how it is meant.")


def options(names: dict) -> list[tuple[str, object]]:
    """The options of a filter, all of them first."""
    return [("", _("All")), *((str(getattr(key, "value", key)), words) for key, words in names.items())]
