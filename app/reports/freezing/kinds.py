"""Which reports can be frozen, and where their filters come from and lead to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.reports.freezing.counting import of_answers, of_comparisons, of_coverage, of_others, of_value
from app.reports.freezing.counting.counted import Counted, Standpoint

__all__ = ["KINDS", "Counted", "Kind", "Standpoint"]
Count = Callable[[Session, Mapping[str, str], Standpoint], Counted]


@dataclass(frozen=True)
class Kind:
    """A report: the endpoint of its page, and the function that counts all of it again from its filters."""

    name: str
    endpoint: str
    count: Count

    @property
    def words(self) -> str:
        return {
            "overview": _("Trend"),
            "why": _("Why the NPS changed"),
            "hot_spots": _("Hot spots"),
            "movers": _("Movers"),
            "loops": _("Promises and follow-ups"),
            "themes": _("Themes"),
            "value": _("Value"),
            "coverage": _("Coverage"),
            "compare": _("Compare"),
            "control": _("Has it left its level?"),
        }[self.name]


KINDS = {
    kind.name: kind
    for kind in (
        Kind("overview", "reports.overview", of_answers.overview_of),
        Kind("why", "reports.why", of_answers.why_of),
        Kind("hot_spots", "reports.hot_spots", of_answers.hot_spots_of),
        Kind("movers", "reports.movers", of_others.movers_of),
        Kind("loops", "reports.loops", of_others.loops_of),
        Kind("themes", "reports.themes", of_others.themes_of),
        Kind("value", "reports.value", of_value.value_of),
        Kind("coverage", "reports.coverage", of_coverage.coverage_of),
        Kind("compare", "reports.comparison", of_comparisons.compare_of),
        Kind("control", "reports.control", of_comparisons.control_of),
    )
}
