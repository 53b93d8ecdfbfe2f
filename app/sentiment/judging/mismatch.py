"""Comments that do not fit the score given with them: two facts, kept apart, that contradict each other.

The score never enters the reading; that is what makes the contradiction worth looking at.
"""

from __future__ import annotations

import sqlalchemy as sa

from app.responses.models import Response
from app.sentiment.models import Label, StoredReading
from app.surveys.scales import Band, band

UNFIT = {Band.PROMOTER: Label.NEGATIVE, Band.DETRACTOR: Label.POSITIVE}
ANY = "any"
KINDS = (ANY, *(of.value for of in UNFIT))


def is_mismatch(score: int | None, label: Label | None) -> bool:
    """A 9 or 10 with a negative comment, or a 6 or less with a positive one."""
    return score is not None and label is not None and UNFIT.get(band(score)) == label


def mismatch(of: str = ANY) -> sa.ColumnElement[bool]:
    """The same of rows of responses joined with their readings: of promoters, of detractors, or any."""
    kinds = {
        Band.PROMOTER.value: sa.and_(Response.score >= 9, StoredReading.said == UNFIT[Band.PROMOTER]),
        Band.DETRACTOR.value: sa.and_(Response.score <= 6, StoredReading.said == UNFIT[Band.DETRACTOR]),
    }
    return kinds[of] if of in kinds else sa.or_(*kinds.values())
