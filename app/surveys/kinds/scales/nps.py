"""The recommendation: how likely somebody is to recommend us, 0 to 10."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flask_babel import lazy_gettext as _l

from app.surveys.kinds.kind import Given, Summary
from app.surveys.kinds.scales.scale import Scale


class Nps(Scale):
    key, column, values, good, seconds = "nps", "score", range(11), range(9, 11), 8
    title = _l("Recommendation (NPS)")
    meaning = _l("0 to 10. Makes promoters, passives and detractors, and enters scores and trends.")
    is_single = True

    def summary(self, groups: Iterable[tuple[Given, int]]) -> Summary:
        found = super().summary(groups)
        if not found.n:
            return found
        against = sum(found.counts.get(str(value), 0) for value in range(7))
        return replace(found, nps=100 * (found.top - against / found.n))
