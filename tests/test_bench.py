"""The arithmetic of the benchmarks: a figure is only as good as what computes it."""

from __future__ import annotations

import pytest

from bench import client, figures, servers
from bench.figures import Figure, Side


def test_a_ratio_is_the_median_of_rounds_that_ran_side_by_side():
    rounds = [
        (Side(50, 200), Side(100, 100)),
        (Side(90, 300), Side(100, 100)),
        (Side(10, 400), Side(40, 100)),
    ]
    figure = figures.ratio("page / hello", 0.4, rounds)
    assert (figure.value, figure.low, figure.high) == (0.5, 0.25, 0.9)
    assert "CPU 300 us to 100 us each, 0.33" in figure.note


@pytest.mark.parametrize(
    ("value", "goal", "at_most", "missed"),
    [(0.5, 0.5, False, False), (0.4, 0.5, False, True), (200, 200, True, False), (201, 200, True, True)],
)
def test_a_goal_is_the_least_or_the_most(value, goal, at_most, missed):
    assert Figure("what", value, goal, at_most=at_most).is_missed is missed


def test_a_figure_without_a_goal_misses_none():
    assert not Figure("what", 0.0).is_missed


def test_percentiles_are_values_that_occurred():
    values = list(range(100, 0, -1))
    assert [client.percentile(values, share) for share in (0.5, 0.99, 1)] == [50, 99, 100]
    assert client.percentile([7], 0.99) == 7


def test_the_length_of_an_answer_is_read_whatever_its_letters():
    assert client.length(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nx: y") == 12
    assert client.length(b"HTTP/1.1 204 No Content\r\ncontent-type: text/html") == 0


def test_an_answer_of_another_status_is_no_success():
    load = client.Load(1.0, {303: 5, 400: 1}, [0.1] * 6)
    with pytest.raises(AssertionError, match="400"):
        load.require(303)


def test_cpu_is_read_past_any_name_of_a_process():
    fields = ["S", *["0"] * 10, "7", "5", "0"]
    assert servers.ticks(f"12 (a (b) c) {' '.join(fields)}") == 12
