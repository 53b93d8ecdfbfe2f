"""Effort: how easy something was, 1 to 7; its figures are the mean and the share of 5 to 7, and 1 and 2 are bad."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.surveys.kinds.scales.scale import Scale


class Ces(Scale):
    key, values, good, seconds = "ces", range(1, 8), range(5, 8), 6
    bad, about = range(1, 3), _l("ease")
    title = _l("Effort (CES)")
    meaning = _l("1 very difficult to 7 very easy. Reported as mean and share of 5 to 7.")
