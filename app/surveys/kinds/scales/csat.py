"""Satisfaction with something in particular, 1 to 5; its figure is the share of 4 and 5, and 1 and 2 are bad."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.surveys.kinds.scales.scale import Scale


class Csat(Scale):
    key, values, good, seconds = "csat", range(1, 6), range(4, 6), 6
    bad, about = range(1, 3), _l("satisfaction")
    title = _l("Satisfaction (CSAT)")
    meaning = _l("1 to 5, after something in particular. Reported as the share of 4 and 5.")
