"""Charts drawn on the server as plain geometry; `reports/charts.html` makes SVG of it, with the table beside it.

A missing value is a gap, never a nought. `chart(c)` of that template draws whatever these return.
"""

from app.reports.charts.axes import Unit
from app.reports.charts.bands import band_words, stacked_bands
from app.reports.charts.bubbles import bubbles
from app.reports.charts.chart import Bubble, Chart, Composition, Point
from app.reports.charts.flow import flow
from app.reports.charts.levels import levels
from app.reports.charts.steps import steps
from app.reports.charts.trends import bar, line_with_interval, sparkline

__all__ = [
    "Bubble",
    "Chart",
    "Composition",
    "Point",
    "Unit",
    "band_words",
    "bar",
    "bubbles",
    "flow",
    "levels",
    "line_with_interval",
    "sparkline",
    "stacked_bands",
    "steps",
]
