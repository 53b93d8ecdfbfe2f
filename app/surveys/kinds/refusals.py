"""What a respondent reads at a field that holds no answer."""

from __future__ import annotations

from flask_babel import format_decimal, gettext
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from app.core import text
from app.surveys.kinds.kind import Kind, Wrong

CHOOSE_NUMBER = _("Please choose a number.")
CHOOSE = _("Please choose an answer.")
CHOOSE_ONE = _("Please choose one of the answers.")
CHOOSE_OF_LIST = _("Please choose from the list.")
GIVE_NUMBER = _("Please give a number that we can call, with the code of the country.")
WRITE = _("Please write something here.")


def missing(kind: Kind) -> LazyString:
    """What is said where an answer is needed and none was given."""
    return CHOOSE_NUMBER if kind.values else CHOOSE if kind.is_chosen else WRITE


def choose_one(scale: range) -> LazyString:
    return _("Please choose one number from %(low)s to %(high)s.", low=scale[0], high=scale[-1])


def choose_at_most(most: int) -> LazyString:
    return _("Please choose %(most)s at most.", most=most)


def too_long(limit: int) -> LazyString:
    return LazyString(shorten, limit)


def shorten(limit: int) -> str:
    return gettext("Please shorten this to %(limit)s characters at most.", limit=format_decimal(limit))


def storable(written: list[str], limit: int) -> str:
    """Words in storable form; several fields of one name are joined, so that nothing is lost. Wrong when too long."""
    try:
        return text.clean("\n".join(written), limit=limit)
    except text.UnreadableText:
        raise Wrong(too_long(limit)) from None
