"""How the people behind rows stood in other days: what a comparison of two periods asks of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.reports.periods import Period
from app.reports.trend import last_vote_of
from app.responses.models import Response
from app.surveys.scales import BAND_SCORES, Band


class Stood(StrEnum):
    """Whether somebody voted in those days, and in which band their last vote then was."""

    ANSWERED = "answered"
    UNHEARD = "unheard"
    PROMOTER = Band.PROMOTER.value
    PASSIVE = Band.PASSIVE.value
    DETRACTOR = Band.DETRACTOR.value


@dataclass(frozen=True)
class HeldAgainst:
    """Only answers of people who stood so in the days of `period`."""

    period: Period
    stood: Stood

    @property
    def condition(self) -> sa.ColumnElement[bool]:
        """On the person of a response."""
        vote = aliased(Response)
        last = sa.exists().where(
            vote.contact_id == Response.contact_id, vote.id == last_vote_of(vote.contact_id, self.period)
        )
        if self.stood is Stood.UNHEARD:
            return ~last
        if self.stood is Stood.ANSWERED:
            return last
        return last.where(vote.score.between(*BAND_SCORES[Band(self.stood)]))
