"""The timetable of one machine under a clock that leaps."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from app.core.processes import timetable
from app.core.processes.engines import embedded
from tests.conftest import NOW
from tests.engines.working import PATIENCE, working


@pytest.mark.parametrize(
    ("since", "following"),
    [
        ({"seconds": 0}, {"seconds": 2}),
        ({"seconds": 1.9}, {"seconds": 2}),
        ({"seconds": 2}, {"seconds": 4}),
        ({"days": 20_000, "seconds": 1}, {"days": 20_000, "seconds": 2}),
        ({"hours": -1}, {"seconds": 2}),
    ],
)
def test_the_next_time_is_the_first_after_now_however_many_were_missed(since, following):
    assert embedded.Every(2).get_next_fire_time(NOW, NOW + timedelta(**since)) == NOW + timedelta(**following)


@pytest.mark.parametrize(("database_kind", "engine"), [("sqlite", "embedded")])
def test_a_pass_that_is_left_out_is_named_in_the_log(installed, table):
    """The one before has not ended when the next is due."""
    was_left_out = threading.Event()

    @timetable.every(seconds=1)
    def slow(now):
        was_left_out.wait(PATIENCE)
        return 1

    class Log(logging.Handler):
        def emit(self, record):
            if "skipped" in record.getMessage():
                said.append(record.getMessage())
                was_left_out.set()

    said, log = [], Log()
    logging.getLogger("apscheduler").addHandler(log)
    try:
        with working(installed):
            assert was_left_out.wait(PATIENCE)
    finally:
        logging.getLogger("apscheduler").removeHandler(log)
    assert any("slow (trigger: every 1 s" in words for words in said)


@pytest.mark.parametrize(("database_kind", "engine"), [("sqlite", "embedded")])
def test_after_a_step_back_every_job_goes_on_at_once(installed, table, monkeypatch):
    """The worker began with a clock that was a day ahead; then it is set right."""
    ahead, looks, has_run = [timedelta(days=1)], [], threading.Event()

    def now():
        looks.append(1)
        if len(looks) == 2:
            ahead[0] = timedelta()
        return datetime.now(UTC) + ahead[0]

    @timetable.every(seconds=1)
    def steady(now):
        has_run.set()
        return 1

    monkeypatch.setattr(embedded, "clock", SimpleNamespace(now=now))
    with working(installed):
        assert has_run.wait(PATIENCE)
