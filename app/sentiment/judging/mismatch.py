"""Comments that do not fit the score given with them: two facts, kept apart, that contradict each other.

The score never enters the reading; that is what makes the contradiction worth looking at.
"""

from __future__ import annotations

import sqlalchemy as sa

from app.sentiment.models import Label, StoredReading
from app.surveys.scales import Band, band

UNFIT = {Band.PROMOTER: Label.NEGATIVE, Band.DETRACTOR: Label.POSITIVE}
ANY = "any"
KINDS = (ANY, *(of.value for of in UNFIT))


def is_mismatch(score: int | None, label: Label | None) -> bool:
    """A 9 or 10 with a negative comment, or a 6 or less with a positive one."""
    return score is not None and label is not None and UNFIT.get(band(score)) == label


def mismatch(of: str = ANY) -> sa.ColumnElement[bool]:
    """The same of readings: of promoters, of detractors, or any. Words to further questions say what those ask for."""
    is_comment, score = StoredReading.question_id.is_(None), StoredReading.score
    kinds = {
        Band.PROMOTER.value: sa.and_(is_comment, score >= 9, StoredReading.said == UNFIT[Band.PROMOTER]),
        Band.DETRACTOR.value: sa.and_(is_comment, score <= 6, StoredReading.said == UNFIT[Band.DETRACTOR]),
    }
    return kinds[of] if of in kinds else sa.or_(*kinds.values())
