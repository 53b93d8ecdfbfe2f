"""How the people behind rows stood in other days: what a comparison of two periods asks of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.reports.periods import Period
from app.reports.trend import counted
from app.responses.models import Response
from app.surveys.scales import Band

BAND_SCORES = {Band.DETRACTOR: (0, 6), Band.PASSIVE: (7, 8), Band.PROMOTER: (9, 10)}


class Stood(StrEnum):
    """Whether somebody voted in those days, and in which band their last vote then was."""

    ANSWERED = "answered"
    UNHEARD = "unheard"
    PROMOTER = Band.PROMOTER.value
    PASSIVE = Band.PASSIVE.value
    DETRACTOR = Band.DETRACTOR.value

    @property
    def band(self) -> Band | None:
        return Band(self.value) if self.value in set(Band) else None


@dataclass(frozen=True)
class HeldAgainst:
    """Only answers of people who stood so in the days of `period`."""

    period: Period
    stood: Stood

    @property
    def condition(self) -> sa.ColumnElement[bool]:
        """On the person of a response."""
        vote = aliased(Response)
        of_then = [vote.contact_id == Response.contact_id, *votes_of(vote, self.period)]
        if self.stood is Stood.UNHEARD:
            return ~sa.exists().where(*of_then)
        if self.stood.band:
            of_then += [vote.score.between(*BAND_SCORES[self.stood.band]), is_last_of(vote, self.period)]
        return sa.exists().where(*of_then)


def votes_of(vote: type[Response], period: Period) -> list[sa.ColumnElement[bool]]:
    return [counted(vote), vote.day >= period.start, vote.day < period.end]


def is_last_of(vote: type[Response], period: Period) -> sa.ColumnElement[bool]:
    """No later vote of the same person in the period."""
    later = aliased(Response)
    newer = sa.tuple_(later.submitted_at, later.id) > sa.tuple_(vote.submitted_at, vote.id)
    return ~sa.exists().where(later.contact_id == vote.contact_id, newer, *votes_of(later, period))
