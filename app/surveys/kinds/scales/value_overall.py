"""What somebody gets back, set against what it costs: 0 to 10, 5 is break-even."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.surveys.kinds.scales.scale import Scale


class ValueOverall(Scale):
    key = column = "value_overall"
    values, good, seconds = range(11), range(6, 11), 12
    title = _l("Value against cost")
    meaning = _l("0 to 10, 5 is break-even. Half of the value answer.")
    is_single = True
