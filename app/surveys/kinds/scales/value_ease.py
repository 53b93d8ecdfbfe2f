"""How easy it is to get what one needs: 1 to 7."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.surveys.kinds.scales.scale import Scale


class ValueEase(Scale):
    key = column = "value_ease"
    values, good, seconds = range(1, 8), range(5, 8), 8
    title = _l("Ease, as a part of value")
    meaning = _l("1 to 7. A fifth of the value answer.")
    is_single = True
