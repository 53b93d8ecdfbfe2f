"""Rules of the house for every chart: a table says all of it, and it can be read without any colour."""

from __future__ import annotations

import re
from itertools import combinations, product
from pathlib import Path

import pytest

from app.reports import charts
from app.reports.charts import Bubble, Composition, Point
from tests.reports.test_charts import drawn, months, page  # noqa: F401 a fixture

APP = Path(__file__).resolve().parents[2] / "app"
STATES = [(name, name.capitalize()) for name in ("promoter", "passive", "detractor", "silent")]
MIX = Composition("May", 3, 2, 1, 4)
DRAWN = {
    "line_with_interval": (lambda: charts.line_with_interval(months(10, 30), "NPS"), 2),
    "bar": (lambda: charts.bar(months(0.1, 0.3), "Rate"), 2),
    "levels": (
        lambda: charts.levels(months(1, 3), "Level", unit="", write=str, beyond={1}, level=2, span=(0, 9, 1)),
        2,
    ),
    "stacked_bands": (lambda: charts.stacked_bands([MIX], "Mix"), 1),
    "steps": (lambda: charts.steps(Point("A", 10, n=9), [Point("B", 5, n=9)], Point("C", 15, n=9), "Why"), 3),
    "flow": (
        lambda: charts.flow(STATES, dict.fromkeys(product(dict(STATES), repeat=2), 1), "Movers"),
        len(STATES),
    ),
    "bubbles": (
        lambda: charts.bubbles(
            [Bubble("Acme", 9, 8, 7), Bubble("Silent", 9, None, 7)], "All", across="E", upward="S", size="ARR"
        ),
        2,
    ),
}
WITHOUT = {"band_words", "sparkline"}  # Words; and a word-sized line beside the number it is about.
LEAST_CONTRAST = 1.4


@pytest.mark.parametrize("name", DRAWN)
def test_every_chart_has_its_table(name):
    make, rows = DRAWN[name]
    chart = make()
    shown = drawn(chart)
    assert len(chart.rows) >= rows
    assert "The numbers as a table" in shown
    assert all(len(row) == len(chart.head) for row in chart.rows)
    assert 'role="img"' in shown


def test_no_chart_is_left_out():
    assert {name for name in charts.__all__ if name.islower()} == set(DRAWN) | WITHOUT


def test_no_page_draws_a_chart_by_itself():
    pages = (APP / "templates").rglob("*.html")
    drawing = {
        path.name for path in pages if re.search(r'class="chart__(plot|scale)', path.read_text("utf-8"))
    }
    assert drawing == {"charts.html"}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_bands_differ_in_greys(theme):
    tokens = (APP / "static/css/tokens.css").read_text("utf-8")
    found = {
        name: grey(re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", tokens)[1 + theme])
        for name in ("promoter", "passive", "detractor")
    }
    for one, other in combinations(found, 2):
        low, high = sorted((found[one], found[other]))
        assert (high + 0.05) / (low + 0.05) >= LEAST_CONTRAST, (one, other)


def grey(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_silence_and_colours_of_accounts_have_another_sign_than_colour():
    """Silence is hatched, red has a heavy rim, what is not known a broken one; the flow names its ends."""
    css = (APP / "static/css/charts.css").read_text("utf-8")
    assert "chart__hatched" in drawn(charts.stacked_bands([MIX], "Mix"))
    assert re.search(r"chart__bubble--red \{[^}]*stroke-width", css)
    assert re.search(r"chart__bubble--none \{[^}]*stroke-dasharray", css)
    shown = drawn(DRAWN["flow"][0]())
    assert all(f">{words}" in shown for _name, words in STATES)
