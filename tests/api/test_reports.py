"""Numbers over time over the API are those of the pages, with what must be known about them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.core import clock
from app.core.installation import installation
from app.delivery.models import InvitationState
from app.reports import rollups, trend
from app.reports.periods import Every, periods
from tests import make

JANUARY = datetime(2026, 1, 15, 12, tzinfo=UTC)
QUARTER = "from=2026-01-01&to=2026-04-01"


def answers(*scores: int, at: datetime = JANUARY, **account):
    home = make.account(**account)
    for score in scores:
        ask = make.invitation(contact=make.contact(account=home), sent_at=at - timedelta(days=1))
        make.answer(score, invitation=ask, now=at)


def points(api, query: str, report: str = "nps") -> list[dict]:
    found = api.get(f"/reports/{report}?{query}")
    assert found.status_code == 200, found.text
    return found.json["points"]


def test_nps_of_periods_with_counts_interval_and_method(session, api):
    answers(9, 10, 10, 7, 3)
    january, february, march = points(api, QUARTER)
    assert (january["from"], january["to"], january["key"]) == ("2026-01-01", "2026-02-01", "all")
    assert [january[name] for name in ("n", "promoters", "passives", "detractors")] == [5, 3, 1, 1]
    assert january["nps"] == 40
    assert january["low"] < 40 < january["high"]
    assert (january["method"], january["note"]) == ("adjusted_wald", "")
    assert (february["n"], february["nps"], february["low"], march["method"]) == (0, None, None, None)


def test_too_few_answers_say_so_and_give_no_figure(session, api):
    answers(9, 9, 2)
    found = points(api, QUARTER)[0]
    assert (found["n"], found["nps"], found["low"], found["note"]) == (3, None, None, "too few answers")


def test_a_window_counts_the_latest_answer_of_each_person(session, api):
    answers(9, 10, 10, 7, 3)
    for days in (180, 90):
        january, february, march = points(api, f"{QUARTER}&window_days={days}")
        assert [p["nps"] for p in (january, february, march)] == [40, 40, 40]
    assert [p["n"] for p in points(api, f"{QUARTER}&window_days=20")] == [5, 0, 0]


@pytest.mark.parametrize("is_folded", [False, True])
def test_segments_are_cut_by_any_dimension(session, api, is_folded):
    answers(9, 9, 9, 9, 9, tier=1, segment={"size": "large", 'of "odd" name': "x"})
    answers(1, 1, 1, 1, 1, tier=None, segment={"size": "small"})
    if is_folded:
        rollups.fold(session)
    by_tier = points(api, f"{QUARTER}&by=tier&every=quarter")
    assert [(p["key"], p["nps"]) for p in by_tier] == [("1", 100), ("2", -100)]
    for more in ("", "&window_days=180", "&window_days=90"):
        by_size = points(api, f"{QUARTER}&by=segment.size&every=quarter{more}")
        assert [(p["key"], p["nps"]) for p in by_size] == [("large", 100), ("small", -100)]
        odd = points(api, f'{QUARTER}&by=segment.of "odd" name&every=quarter{more}')
        assert [(p["key"], p["nps"]) for p in odd] == [("x", 100)]
    assert points(api, f"{QUARTER}&by=segment.weather") == []


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Pacific/Pago_Pago", "Asia/Kathmandu"])
def test_an_answer_falls_into_the_day_week_and_quarter_of_the_clock_here(session, api, zone):
    """Thirteen hours ahead, eleven behind, and a quarter of an hour beside the others."""
    installation(session).time_zone = zone
    session.flush()
    edges = {
        "quarter": (date(2026, 10, 1), "from=2026-07-01&to=2027-01-01", ["2026-07-01", "2026-10-01"]),
        "month": (date(2027, 1, 1), "from=2026-12-01&to=2027-02-01", ["2026-12-01", "2027-01-01"]),
        "week": (date(2027, 1, 4), "from=2026-12-28&to=2027-01-11", ["2026-12-28", "2027-01-04"]),
        "day": (date(2028, 3, 1), "from=2028-02-29&to=2028-03-02", ["2028-02-29", "2028-03-01"]),
    }
    for every, (day, span, starts) in edges.items():
        midnight = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
        before = {point["from"]: point["n"] for point in points(api, f"{span}&every={every}")}
        answers(9, at=midnight - timedelta(seconds=1))
        answers(2, 2, at=midnight)
        after = {point["from"]: point["n"] for point in points(api, f"{span}&every={every}")}
        assert [after[start] - before[start] for start in starts] == [1, 2]


def test_the_figures_are_those_of_the_pages(session, api):
    answers(9, 10, 10, 7, 3, 8)
    cut = periods(date(2026, 1, 1), date(2026, 4, 1), Every.MONTH)
    for window in (None, 180, 30):
        query = QUARTER + (f"&window_days={window}" if window else "")
        shown = [p.estimate.nps for p in trend.nps(session, cut, window_days=window)]
        assert [p["nps"] for p in points(api, query)] == shown


def test_a_period_with_open_asks_is_provisional(session, api):
    answers(9, 10, 10, 7, 3)
    make.invitation(sent_at=datetime(2026, 2, 10, tzinfo=UTC))
    assert [p["note"] for p in points(api, QUARTER)] == ["", "provisional", ""]
    make.invitation(sent_at=JANUARY, is_rehearsal=True)
    assert points(api, QUARTER)[0]["note"] == ""


def test_the_days_end_with_today_unless_said_otherwise(session, api):
    today = clock.now().date()
    found = points(api, "")
    assert len(found) == 12
    assert (found[0]["from"][-2:], found[-1]["to"]) == ("01", (today + timedelta(days=1)).isoformat())


def test_response_rate_of_closed_asks_with_its_interval(session, api):
    answers(9, 2)
    at = JANUARY - timedelta(days=1)
    for state, name in ((InvitationState.SILENT, "silent_at"), (InvitationState.DECLINED, "declined_at")):
        make.invitation(state=state, sent_at=at, **{name: JANUARY})
    make.invitation(sent_at=datetime(2026, 2, 10, tzinfo=UTC))
    january, february, march = points(api, QUARTER, "response_rate")
    assert [january[n] for n in ("n", "answered", "declined", "silent", "open")] == [4, 2, 1, 1, 0]
    assert (january["rate"], january["method"], january["note"]) == (0.5, "wilson", "")
    assert 0 < january["low"] < 0.5 < january["high"] < 1
    assert (february["n"], february["open"], february["rate"], february["note"]) == (
        0,
        1,
        None,
        "provisional",
    )
    assert (march["open"], march["note"]) == (0, "")
    by_role = points(api, f"{QUARTER}&by=role&every=quarter", "response_rate")
    assert [(p["key"], p["n"]) for p in by_role] == [("user", 4)]
    by_owner = points(api, f"{QUARTER}&by=owner&every=quarter", "response_rate")
    assert [(p["key"], p["n"]) for p in by_owner] == [("none", 4)]


IMPOSSIBLE = [
    "from=2026-04-01&to=2026-01-01",
    "from=2026-01-01&to=2026-01-01",
    "from=1990-01-01&to=2026-01-01",
    "from=2020-06-01&to=2026-01-01&every=day",
    "from=yesterday",
    "to=2026-02-30",
    "every=year",
    "by=weather",
    "by=segment.",
    "by=segment.%00",
    "until=2026-01-01",
]


def test_what_cannot_be_reported_is_422(api):
    for query in IMPOSSIBLE:
        for report in ("nps", "response_rate"):
            assert api.get(f"/reports/{report}?{query}").status_code == 422, query
    for query in ("window_days=0", "window_days=1001", "window_days=x"):
        assert api.get(f"/reports/nps?{query}").status_code == 422, query
    assert api.get("/reports/response_rate?by=segment.size").status_code == 422


def test_days_at_the_ends_of_time_are_answered(api):
    for query in ("from=1970-01-01&to=1970-02-01", "from=2199-11-01&to=2199-12-31"):
        for report in ("nps", "response_rate"):
            assert api.get(f"/reports/{report}?{query}").status_code == 200
    assert api.get("/reports/nps?from=1970-01-01&to=1970-02-01&window_days=1000").status_code == 200
