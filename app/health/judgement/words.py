"""What pulses are called on pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.health.judgement.models import Level

LEVELS = {
    Level.GREAT: _l("Great"),
    Level.GOOD: _l("Good"),
    Level.MIXED: _l("Mixed"),
    Level.WORRYING: _l("Worrying"),
    Level.LOSING: _l("We may lose them"),
}
TONES = {
    Level.GREAT: "good",
    Level.GOOD: "good",
    Level.MIXED: "plain",
    Level.WORRYING: "care",
    Level.LOSING: "bad",
}
