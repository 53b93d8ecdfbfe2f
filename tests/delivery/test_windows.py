"""Windows: the right moment on every clock, in the nights in which clocks change, on holidays, and after a long silence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.delivery.sending import windows
from app.delivery.sending.windows import Window
from app.surveys.rules import Rules

MORNINGS = windows.first_sends(Rules())
ALL_DAYS = frozenset(range(7))
EARLY = Window(ALL_DAYS, 2, 3)  # The hour over which most clocks leap in spring.
ONCE = Window(ALL_DAYS, 1, 2)  # The hour that comes twice in autumn where clocks change at two.


def utc(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)


def local(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%a %d %H:%M")


@pytest.mark.parametrize(
    ("zone", "opens"),
    [
        ("UTC", "Tue 24 08:00"),
        ("Europe/Berlin", "Tue 24 08:00"),
        ("Pacific/Auckland", "Tue 24 08:00"),
        ("Pacific/Tongatapu", "Tue 24 08:00"),  # +13
        ("Pacific/Pago_Pago", "Tue 24 08:00"),  # -11
        ("Asia/Kolkata", "Tue 24 08:00"),  # Half an hour beside the others.
        ("Asia/Kathmandu", "Tue 24 08:00"),  # A quarter.
        ("Pacific/Kiritimati", "Tue 24 08:00"),  # +14
    ],
)
def test_a_first_mail_waits_for_tuesday_morning_on_the_clock_of_the_person(zone, opens):
    sunday = utc(2026, 11, 22, 12)
    assert local(MORNINGS.next(sunday, ZoneInfo(zone)), zone) == opens


def test_an_open_window_sends_at_once_and_one_that_has_shut_waits_for_the_next_day():
    assert MORNINGS.next(utc(2026, 11, 24, 10, 59, 59), UTC_ZONE) == utc(2026, 11, 24, 10, 59, 59)
    assert MORNINGS.next(utc(2026, 11, 24, 11), UTC_ZONE) == utc(2026, 11, 25, 8)
    assert MORNINGS.next(utc(2026, 11, 26, 11), UTC_ZONE) == utc(2026, 12, 1, 8)
    assert MORNINGS.next(utc(2026, 12, 31, 12), UTC_ZONE) == utc(2027, 1, 5, 8)


UTC_ZONE = ZoneInfo("UTC")


def test_the_night_in_which_clocks_go_forward_shifts_the_morning_by_an_hour():
    berlin = ZoneInfo("Europe/Berlin")
    daily = Window(ALL_DAYS, 8, 11)
    before, after = (daily.next(utc(2026, 3, day, 0), berlin) for day in (28, 29))
    assert (before, after) == (utc(2026, 3, 28, 7), utc(2026, 3, 29, 6))


def test_an_hour_that_the_clock_leaps_over_waits_for_the_next_day():
    new_york = ZoneInfo("America/New_York")
    assert EARLY.next(utc(2026, 3, 8, 5), new_york) == utc(2026, 3, 9, 6)
    wider = Window(ALL_DAYS, 2, 5)
    assert local(wider.next(utc(2026, 3, 8, 5), new_york), "America/New_York") == "Sun 08 03:00"
    lord_howe = ZoneInfo("Australia/Lord_Howe")  # Leaps by half an hour.
    assert local(EARLY.next(utc(2026, 10, 3, 14), lord_howe), "Australia/Lord_Howe") == "Sun 04 02:30"


def test_an_hour_that_comes_twice_opens_with_its_first_coming():
    new_york = ZoneInfo("America/New_York")
    assert ONCE.next(utc(2026, 11, 1, 4), new_york) == utc(2026, 11, 1, 5)
    assert ONCE.next(utc(2026, 11, 1, 6, 30), new_york) == utc(2026, 11, 1, 6, 30)
    assert ONCE.next(utc(2026, 11, 1, 7), new_york) == utc(2026, 11, 2, 6)


def test_a_midnight_that_does_not_exist_and_a_day_that_was_left_out():
    santiago, midnight = ZoneInfo("America/Santiago"), Window(ALL_DAYS, 0, 2)
    assert local(midnight.next(utc(2026, 9, 6, 2), santiago), "America/Santiago") == "Sun 06 01:00"
    apia, fridays = ZoneInfo("Pacific/Apia"), Window(frozenset({4}), 8, 11)
    assert local(fridays.next(utc(2011, 12, 29, 20), apia), "Pacific/Apia") == "Fri 06 08:00"


def test_no_window_opens_on_a_holiday_and_all_days_being_holidays_stops_nothing():
    closed = windows.first_sends(Rules(), {date(2026, 11, 24), date(2026, 11, 25)})
    assert closed.next(utc(2026, 11, 22), UTC_ZONE) == utc(2026, 11, 26, 8)
    never = windows.first_sends(Rules(), {date(2026, 1, 1) + timedelta(days=n) for n in range(900)})
    assert never.next(utc(2026, 11, 22), UTC_ZONE) == utc(2026, 11, 24, 8)


zones = st.sampled_from(
    [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "Pacific/Apia",
        "Pacific/Chatham",
        "Africa/Casablanca",
        "America/Santiago",
        "Asia/Beirut",
        "Pacific/Pago_Pago",
    ]
)
spans = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda span: span[0] < span[1])


@settings(max_examples=400)
@given(
    moment=st.integers(0, 18 * 366 * 24 * 60).map(
        lambda minutes: utc(2011, 12, 1) + timedelta(minutes=minutes)
    ),
    name=zones,
    days=st.frozensets(st.integers(0, 6), min_size=1),
    span=spans,
)
def test_the_next_opening_lies_in_the_window_and_none_was_passed_over(moment, name, days, span):
    window, zone = Window(days, *span), ZoneInfo(name)
    found = window.next(moment, zone)
    assert found >= moment
    assert window.is_open(found, zone)
    step = (found - moment) / 60
    assert found == moment or not any(window.is_open(moment + n * step, zone) for n in range(60))
    assert found == moment or not window.is_open(found - timedelta(seconds=1), zone)


def test_late_mails_are_spread_over_the_days_they_are_late_and_fresh_ones_go_now():
    daily, now = windows.reminders(Rules()), utc(2026, 11, 26, 9)
    found = {
        hours: sorted({daily.catch_up(now - timedelta(hours=hours), now, UTC_ZONE, n).day for n in range(40)})
        for hours in (0, 23, 24, 60, 144)
    }
    assert found == {0: [26], 23: [26], 24: [26, 27], 60: [26, 27, 30], 144: [1, 2, 26, 27, 30]}
    assert daily.catch_up(now, utc(2026, 11, 26, 20), UTC_ZONE, 1) == utc(2026, 11, 27, 8)
