"""Which reports can be frozen, and where their filters come from and lead to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.reports.freezing import of_answers, of_others
from app.reports.freezing.counted import Counted, Standpoint

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
    )
}
