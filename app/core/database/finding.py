"""Looking for names: what somebody types into a field to search, as SQL."""

from __future__ import annotations

import sqlalchemy as sa


def every_word(words: str, *places: sa.ColumnElement) -> sa.ColumnElement[bool]:
    """Rows in which each of the words stands in one of the places, in any order and case; wildcards are letters."""
    return sa.and_(
        sa.true(),
        *(sa.or_(*(place.icontains(word, autoescape=True) for place in places)) for word in words.split()),
    )
