"""A comparison in words: what its sides are called, and whether they differ by more than chance."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext as _

from app.core.language import wording
from app.reports.comparing.sides import Comparison, Side


def side_words(side: Side, name: Callable[[str, str], str]) -> str:
    if side.dim is not None:
        return name(side.dim, side.key)
    return _(
        "%(first)s to %(last)s", first=wording.day(side.period.start), last=wording.day(side.period.last)
    )


def verdict(found: Comparison) -> str:
    """Whether the two differ by more than chance, in words."""
    if found.change is None:
        return _("Nothing can be compared: it takes five answers on either side.")
    change = found.change
    said = {
        "points": wording.signed_tenth(found.points),
        "low": wording.signed_tenth(change.difference.low),
        "high": wording.signed_tenth(change.difference.high),
        "least": wording.tenth(change.visible_from),
    }
    if change.is_change:
        return _(
            "The difference is more than chance: %(points)s points, likely between %(low)s and %(high)s (95 %%).",
            **said,
        )
    return _(
        "No clear difference: %(points)s points, within chance (95 %%: %(low)s to %(high)s). With so many answers a difference shows from about %(least)s points on.",
        **said,
    )
