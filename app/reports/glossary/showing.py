"""How a value is written, by the unit of its metric; the same on every page that takes its figures by key."""

from __future__ import annotations

from flask_babel import gettext as _

from app.core.language.wording import number, percent, signed_tenth, whole
from app.reports.glossary.metrics import metric

NOTHING = "–"
FEWEST_SHOWN = 0.001


def shown(key: str, value: float | int | str | None) -> str:
    """A dash for None, which is not nought."""
    if value is None or value == "":
        return NOTHING
    unit = metric(key).unit
    if unit == "words":
        return {"hot": _("Hot spot"), "watch": _("Watch")}.get(value, str(value))
    if unit == "flag":
        return _("yes") if value else _("no")
    if unit == "points":
        return signed_tenth(value)
    if unit == "share":
        return percent(value)
    if unit == "chance":
        return _("under 0.001") if value < FEWEST_SHOWN else f"{value:.3f}"
    if unit == "scale" and value != int(value):
        return f"{round(value, 1) or 0.0:.1f}".replace("-", "−")
    return number(whole(value))


def difference(key: str, then: float | None, now: float | None) -> str:
    """Now less then, with its sign; empty where either is no number."""
    if not (isinstance(then, int | float) and isinstance(now, int | float)):
        return ""
    if metric(key).unit in {"flag", "chance"}:
        return ""
    if metric(key).unit == "share":
        return _("%(points)s percentage points", points=signed_tenth(100 * (now - then)))
    if metric(key).unit == "points":
        return signed_tenth(now - then)
    return f"{'+' if now > then else '−'}{number(abs(now - then))}"
