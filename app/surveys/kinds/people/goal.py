"""Whether the goal that the account has set is still its main one; other words become the goal from then on."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from app.core import text
from app.surveys.kinds import refusals
from app.surveys.kinds.kind import MORE, Asked, Given, Kind, Wrong, texts
from app.surveys.kinds.refusals import storable

STILL, NO_LONGER = "yes", "no"
LONGEST_GOAL = 500


class Goal(Kind):
    key, field, seconds = "goal", "goal", 15
    title = _l("The main goal")
    meaning = _l(
        "Whether the goal on the account is still the main one. Other words become the new goal, dated."
    )
    extras = ("question_without_goal", "yes", "no", "more")
    is_single = True

    def read(self, asked: Asked, posted: Mapping[str, list[str]]) -> Given | None:
        picked = texts(posted, asked.name)
        words = text.line(storable(texts(posted, asked.name + MORE), LONGEST_GOAL), limit=LONGEST_GOAL)
        if len(picked) > 1 or not set(picked) <= {STILL, NO_LONGER}:
            raise Wrong(refusals.CHOOSE_ONE)
        if not picked and not words:
            return None
        # Whoever writes another goal has said that the present one is not it.
        return Given(self.key, words=words or None, picked=(NO_LONGER if words else picked[0],))
