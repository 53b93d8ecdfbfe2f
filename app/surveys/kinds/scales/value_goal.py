"""How far the main goal of the account has come: 0 to 4."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.surveys.kinds.scales.scale import Scale


class ValueGoal(Scale):
    key = column = "value_goal"
    values, good, seconds = range(5), range(2, 5), 12
    title = _l("Progress to the goal")
    meaning = _l("0 to 4, about the goal that the account has set. A third of the value answer, roughly.")
    extras = ("question_without_goal", "labels")
    is_single = True
