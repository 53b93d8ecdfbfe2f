"""Whether somebody wants us to get in touch, and how: by mail, or by phone with a number."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from app.core import text
from app.surveys.kinds import refusals
from app.surveys.kinds.kind import MORE, Asked, Given, Kind, Wrong, texts
from app.surveys.kinds.refusals import storable

MAIL, PHONE, NO = "mail", "phone", "no"
LONGEST_NUMBER, FEWEST_DIGITS = 40, 5


class Contact(Kind):
    key, field, seconds = "contact", "contact", 8
    title = _l("May we get in touch?")
    meaning = _l(
        "By mail, by phone, or not at all. Whoever says yes waits for somebody: promise only what is kept."
    )
    extras = ("mail", "phone", "no", "more")
    is_single = True

    def read(self, asked: Asked, posted: Mapping[str, list[str]]) -> Given | None:
        picked = texts(posted, asked.name)
        number = text.line(storable(texts(posted, asked.name + MORE), LONGEST_NUMBER), limit=LONGEST_NUMBER)
        if not picked:
            return None
        if len(picked) > 1 or not set(picked) <= {MAIL, PHONE, NO}:
            raise Wrong(refusals.CHOOSE_ONE)
        if picked[0] == PHONE and sum(sign.isdigit() for sign in number) < FEWEST_DIGITS:
            raise Wrong(refusals.GIVE_NUMBER)
        return Given(self.key, words=number if picked[0] == PHONE else None, picked=tuple(picked))
