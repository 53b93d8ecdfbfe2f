"""Charts: what stands where, what is left out, and what is said to those who do not see them."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st

from app.core.language import wording
from app.core.web.shell import kept
from app.reports.charts import (
    Bubble,
    Composition,
    Point,
    Unit,
    bar,
    bubbles,
    line_with_interval,
    sparkline,
    stacked_bands,
)
from app.reports.charts.axes import axis, label_kind, x

APP = Path(__file__).resolve().parents[2] / "app"
CALL = '{% from "reports/charts.html" import chart, spark %}'


@pytest.fixture(autouse=True)
def page():
    """A page in English to write numbers on."""
    app = Flask(__name__, template_folder=str(APP / "templates"), static_folder=str(APP / "static"))
    Babel(app)
    wording.install(app)
    kept.install(app)
    with app.test_request_context():
        yield


def drawn(chart) -> str:
    return render_template_string(CALL + "{{ chart(c, 'id') }}", c=chart)


def marks(chart, css: str) -> list:
    return [s for s in chart.shapes if css in s.css.split()]


def months(*values: float | None, n: int = 50) -> list[Point]:
    return [
        Point(f"M{i}", v, None if v is None else v - 5, None if v is None else v + 5, n)
        for i, v in enumerate(values)
    ]


def test_a_missing_value_is_a_gap_and_never_nought():
    chart = line_with_interval(months(10, 20, None, 30, 40), "NPS")
    assert len(marks(chart, "chart__line")) == 2
    assert len(marks(chart, "chart__band")) == 2
    assert len(marks(chart, "chart__dot")) == 4
    assert chart.rows[2][1] == "–"


def test_a_value_between_two_gaps_keeps_its_interval_as_a_whisker():
    chart = line_with_interval(months(10, 20, None, 30, None), "NPS")
    assert len(marks(chart, "chart__whisker")) == 1
    assert len(marks(chart, "chart__band")) == 1


def test_one_point_stands_in_the_middle_with_its_interval():
    chart = line_with_interval(months(33), "NPS")
    (dot,) = marks(chart, "chart__dot")
    assert dot.at["cx"] == "50.0%"
    assert len(marks(chart, "chart__whisker")) == 1
    assert marks(chart, "chart__line") == []


@pytest.mark.parametrize("points", [[], [Point("M0", None, n=3)]])
def test_without_any_value_the_chart_says_so_and_draws_nothing(points):
    chart = line_with_interval(points, "NPS", empty="Nobody answered yet.")
    assert chart.is_empty
    assert "Nobody answered yet." in drawn(chart)
    assert 'role="img"' not in drawn(chart)


def test_few_answers_and_open_asks_are_hollow_and_said():
    points = [Point("A", 10, n=9), Point("B", 10, n=10), Point("C", 10, n=99, is_provisional=True)]
    chart = line_with_interval(points, "NPS")
    assert ["chart__dot--hollow" in s.css for s in marks(chart, "chart__dot")] == [True, False, True]
    assert [row[-1] for row in chart.rows] == ["few answers", "", "provisional"]
    assert ("hollow", "fewer than 10 answers, or asks still open") in chart.legend


def test_the_newest_value_is_written_at_its_dot():
    (last,) = marks(line_with_interval(months(-12.5, 42.5), "NPS"), "chart__last")
    assert last.words == "+43"


def test_the_chart_is_told_in_a_sentence():
    told = line_with_interval(months(10, 30, 20), "NPS").description
    assert told == (
        "NPS: M0: +10, +5 to +15, n = 50 to M2: +20, +15 to +25, n = 50. Lowest +10 (M0), highest +30 (M1)."
    )


def test_the_picture_has_a_name_a_sentence_and_a_table():
    page = drawn(line_with_interval(months(10, 30), "NPS of all accounts"))
    assert 'role="img" aria-labelledby="chart-id-title chart-id-words"' in page
    assert '<title id="chart-id-title">NPS of all accounts</title>' in page
    assert page.count("<tr>") == 3


def test_the_table_leaves_out_columns_that_say_nothing():
    assert line_with_interval([Point("May", 10)], "NPS").head == ["Period", "NPS"]
    assert bar([Point("May", 0.1, n=3)], "Rate").head == ["Period", "Percent", "n", "Note"]


def test_numbers_of_the_table_lead_to_the_list_behind_them():
    page = drawn(line_with_interval([Point("May", 10, n=40, url="/responses?month=5")], "NPS"))
    assert '<a href="/responses?month=5">May</a>' in page


@pytest.mark.parametrize(
    "chart",
    [
        lambda evil: line_with_interval([Point(evil, 1, n=20, note=evil)], evil, note=evil),
        lambda evil: bubbles([Bubble(evil, 1, 1, 1, note=evil)], evil, across=evil, upward=evil, size=evil),
        lambda evil: stacked_bands([Composition(evil, 1)], evil),
    ],
)
def test_text_of_people_stays_text_in_marks_table_and_data(chart):
    evil = "'\"><script>alert(1)</script>"
    page = drawn(chart(evil))
    assert "<script>" not in page
    data = page.partition("data-chart='")[2].partition("'")[0]
    assert json.loads(data)["points"][0]["label"] == evil


def test_no_mark_carries_a_colour():
    page = drawn(stacked_bands([Composition("May", 1, 2, 3, 4)], "Mix"))
    fills = set(re.findall(r'\b(?:fill|stroke|style|color)="([^"]*)"', page))
    assert fills == {"url(#chart-id-hatch)"}


def test_columns_fill_the_height_from_promoters_up_to_the_silent():
    chart = stacked_bands([Composition("May", 1, 1, 1, 1)], "Mix")
    fills = [s for s in chart.shapes if s.css.startswith("chart__fill")]
    assert [s.css.rpartition("--")[2] for s in fills] == ["promoter", "passive", "detractor", "silent"]
    tops = [s.at["y"] for s in fills]
    assert tops == sorted(tops, reverse=True)
    assert tops[-1] == 14


def test_a_period_without_anybody_is_an_empty_column():
    chart = stacked_bands([Composition("May", 1, 1, 1, 1), Composition("June")], "Mix")
    assert len([s for s in chart.shapes if s.css.startswith("chart__fill")]) == 4
    assert chart.rows[1] == ["June", "0", "0", "0", "0", "0"]


def test_shares_are_shown_beside_the_counts():
    assert stacked_bands([Composition("May", 1, 0, 2, 5)], "Mix").rows[0][1:] == [
        "1 (13%)",
        "0 (0%)",
        "2 (25%)",
        "5 (63%)",
        "8",
    ]
    assert stacked_bands([Composition("May", 1, 0, 2, 5)], "Mix", as_share=False).rows[0][1] == "1"


def test_a_target_is_drawn_and_named():
    chart = bar([Point("May", 0.25, n=80)], "Response rate", target=0.4)
    assert len(marks(chart, "chart__target")) == 1
    assert ("target", "target 40%") in chart.legend


def test_a_bar_starts_at_nought():
    (one,) = marks(bar([Point("May", 0.5, n=80)], "Response rate"), "chart__bar")
    assert one.at["y"] + one.at["height"] == 220 - 42


def test_accounts_without_sentiment_stand_in_a_lane_below_and_not_at_nought():
    chart = bubbles(
        [Bubble("Known", 50, 0, 10), Bubble("Silent", 50, None, 10)],
        "Accounts",
        across="E",
        upward="S",
        size="ARR",
    )
    known, silent = (s.at["cy"] for s in marks(chart, "chart__bubble"))
    assert silent > known
    assert chart.rows[1][2] == "–"


def test_bubble_area_goes_with_money():
    chart = bubbles(
        [Bubble("A", 1, 1, 400), Bubble("B", 9, 9, 100)], "Accounts", across="E", upward="S", size="ARR"
    )
    large, small = (s.at["r"] for s in marks(chart, "chart__bubble"))
    assert large / small == 2


def test_accounts_without_money_are_still_drawn():
    chart = bubbles([Bubble("A", 1, 1, 0)], "Accounts", across="E", upward="S", size="ARR")
    assert marks(chart, "chart__bubble")[0].at["r"] > 0


def test_names_of_accounts_are_cut_and_lie_on_no_other_name():
    long = "Vereinigte Donaudampfschifffahrtsgesellschaft für Beteiligungen"
    chart = bubbles(
        [
            Bubble(long, 50, 50, 9),
            Bubble("Near", 52, 51, 8),
            Bubble("Silent", 50, None, 7),
            Bubble("D", 9, 9, 1),
        ],
        "Accounts",
        across="E",
        upward="S",
        size="ARR",
    )
    names = marks(chart, "chart__name")
    assert [one.words for one in names] == ["Vereinigte Donaudampfsc…", "Silent"]
    assert chart.rows[0][0] == long
    lane = marks(chart, "chart__lane")[0].at
    assert lane["y"] < names[1].at["y"] < lane["y"] + lane["height"]


def test_a_sparkline_is_told_by_its_label_and_skips_gaps():
    page = render_template_string(CALL + "{{ spark(c) }}", c=sparkline([60, 61, None, 50], "From 60 to 50"))
    assert 'aria-label="From 60 to 50"' in page
    assert page.count("<path") == 1


@given(st.lists(st.one_of(st.none(), st.floats(-100, 100, allow_subnormal=False)), max_size=40))
def test_the_nps_axis_holds_every_value_on_round_steps(values):
    up = axis(values, 14, 218, floor=-100, ceiling=100, least=60)
    assert -100 <= up.low <= 0 <= up.high <= 100
    assert all(up.low <= v <= up.high for v in values if v is not None)
    assert up.ticks()[0] == up.low
    assert up.ticks()[-1] == pytest.approx(up.high)
    assert 2 <= len(up.ticks()) <= 10
    assert all(14 <= up.y(v) <= 218 for v in values if v is not None)


def test_a_period_with_open_asks_shows_them_and_says_that_it_is_provisional():
    chart = stacked_bands([Composition("May", 1, 1, 1, 1), Composition("June", 3, 0, 1, 0, open=12)], "Mix")
    assert len(marks(chart, "chart__fill--open")) == 1
    assert chart.legend[-1] == ("open", "May still answer")
    assert chart.head[-3:] == ["May still answer", "n", "Note"]
    assert chart.rows[1][1:] == ["3 (19%)", "0 (0%)", "1 (6%)", "0 (0%)", "12 (75%)", "16", "provisional"]
    assert chart.rows[0][-1] == ""
    assert "provisional" in chart.description
    assert chart.data["points"][1]["lines"] == [
        "Promoters: 3 (19%)",
        "Passives: 0 (0%)",
        "Detractors: 1 (6%)",
        "Did not answer: 0 (0%)",
        "May still answer: 12 (75%)",
        "provisional",
    ]
    assert "provisional" not in stacked_bands([Composition("May", 1)], "Mix").description


def test_each_count_of_the_table_leads_to_its_rows():
    chart = stacked_bands([Composition("May", 1, 2, url="/all", urls={"passive": "/passives"})], "Mix")
    page = drawn(chart)
    assert '<a href="/passives">2 (67%)</a>' in page
    assert '<a href="/all">May</a>' in page


def test_the_picture_without_script_says_what_the_script_shows():
    chart = stacked_bands([Composition("June", 3, 0, 1, 5, open=12)], "Mix")
    drawn_words = " ".join(shape.words for shape in chart.shapes)
    for line in chart.data["points"][0]["lines"]:
        if not line.endswith(": 0 (0%)"):
            assert line.partition(": ")[2] in drawn_words
    points = months(10, None, 30)
    line = line_with_interval(points, "NPS")
    assert [p["words"] for p in line.data["points"] if p["value"] is not None] == [
        shape.words for shape in marks(line, "chart__dot")
    ]


@pytest.mark.parametrize("count", [1, 36])
def test_one_period_and_three_years_can_be_drawn(count):
    chart = line_with_interval(months(*range(-count, count, 2)[:count]), "NPS")
    assert len(marks(chart, "chart__dot")) == count
    assert len(chart.rows) == count
    assert len(marks(chart, "chart__last")) == 1
    bands = stacked_bands([Composition(f"M{i}", 1, 2, 3, i) for i in range(count)], "Mix")
    widths = [float(s.at["width"].rstrip("%")) for s in bands.shapes if s.tag == "rect"]
    assert max(widths) <= 10
    assert min(widths) > 1


@given(st.integers(1, 400))
def test_labels_are_few_enough_and_the_newest_has_one(count):
    kinds = [label_kind(i, count) for i in range(count)]
    assert kinds[-1] == "always"
    assert kinds.count("always") <= 5
    assert len([k for k in kinds if k]) <= 13
    places = [i for i, kind in enumerate(kinds) if kind]
    assert len({b - a for a, b in pairwise(places)}) <= 1
    assert 0 < x(0, count) <= x(count - 1, count) < 100


@pytest.mark.parametrize(
    ("unit", "value", "words"),
    [
        (Unit.POINTS, -12.5, "−13"),
        (Unit.SHARE, 0.405, "41%"),
        (Unit.SCORE, 61.5, "62"),
        (Unit.COUNT, None, "–"),
    ],
)
def test_a_unit_writes_its_numbers(unit, value, words):
    assert unit.write(value) == words
