"""Who moved between bands and silence."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.models import InvitationState
from app.extensions import db
from app.reports.movers import pairs
from app.reports.periods import Period
from app.reports.statistics.movers import Movers, Standing
from tests import make
from tests.conftest import NOW

UTC_ZONE = ZoneInfo("UTC")
PERIOD = Period(NOW.date() - timedelta(days=99), NOW.date() + timedelta(days=1))
standings = st.sampled_from(list(Standing))


@given(st.dictionaries(st.tuples(standings, standings), st.integers(1, 50)))
def test_every_pair_is_counted_once_on_each_side(numbers):
    found = Movers(numbers)
    assert sum(map(found.before, Standing)) == sum(map(found.after, Standing)) == found.n
    same = sum(found.number(one, one) for one in Standing)
    assert found.up + found.down + found.went_silent + found.came_back + same == found.n
    for was in Standing:
        shares = [found.share(was, now) for now in Standing]
        assert shares == [None] * 4 if not found.before(was) else sum(shares) == pytest.approx(1)


def answered(person, score, days_ago, **more):
    ask = make.invitation(contact=person, sent_at=NOW - timedelta(days=days_ago + 1))
    make.answer(score, now=NOW - timedelta(days=days_ago), invitation=ask, **more)


def silent(person, days_ago, state=InvitationState.SILENT, **more):
    at = NOW - timedelta(days=days_ago)
    ended = (
        {"silent_at": at}
        if state is InvitationState.SILENT
        else {"declined_at": at, "declined_as": "not_now"}
    )
    make.invitation(
        contact=person, state=state, sent_at=at - timedelta(days=20), closed_at=at, **ended, **more
    )


@pytest.fixture
def histories(app):
    """Five people of one account; the fourth has one ask alone, the fifth's last answer may be a machine's."""
    account = make.account(name="Acme")
    up, gone, back, once, machine = (make.contact(account=account, first_name=name) for name in "UGBOM")
    answered(up, 3, 300), answered(up, 9, 200), answered(up, 7, 10)
    answered(gone, 8, 150), silent(gone, 20)
    silent(back, 250, InvitationState.DECLINED), answered(back, 2, 5)
    answered(once, 10, 3)
    answered(machine, 9, 120), answered(machine, 1, 2, is_automatic=True)
    wave = make.wave(is_rehearsal=True)
    make.answer(0, now=NOW, invitation=make.invitation(contact=up, wave=wave, sent_at=NOW))
    silent(up, 4, wave=make.wave(is_rehearsal=True)), silent(up, 3, is_auto_reply=True)
    db.session.commit()


def test_only_consecutive_closed_asks_that_count_are_compared(histories):
    found = pairs.movers(db.session, PERIOD, UTC_ZONE)
    assert dict(found.pairs) == {
        (Standing.PROMOTER, Standing.PASSIVE): 1,
        (Standing.PASSIVE, Standing.SILENT): 1,
        (Standing.SILENT, Standing.DETRACTOR): 1,
    }
    assert (found.up, found.down, found.went_silent, found.came_back) == (0, 1, 1, 1)
    earlier = Period(PERIOD.start - timedelta(days=150), PERIOD.start)
    assert dict(pairs.movers(db.session, earlier, UTC_ZONE).pairs) == {
        (Standing.DETRACTOR, Standing.PROMOTER): 1
    }


def test_the_page_draws_the_flow_and_names_the_people(histories, sign_in):
    days = {"from": PERIOD.start.isoformat(), "to": PERIOD.last.isoformat()}
    client = sign_in("viewer")
    page = client.get("/reports/movers", query_string=days).text
    assert page.count("chart__flow chart__flow--") == 3
    assert "1 from Promoters to Passives" in page
    people = client.get("/reports/movers", query_string=days | {"was": "silent", "now": "detractor"}).text
    assert "Silent, then detractors" in people
    assert people.count("data-key-item") == 1
    nobody = client.get("/reports/movers", query_string=days | {"was": "silent", "now": "silent"}).text
    assert "Nobody made this move" in nobody
    rows = list(csv.DictReader(io.StringIO(client.get("/reports/movers.csv", query_string=days).text)))
    assert len(rows) == 16
    assert sum(int(row["moves"]) for row in rows) == 3
    nothing = client.get("/reports/movers?from=2019-01-01&to=2019-02-01").text
    assert "Nobody has been asked twice" in nothing
    assert "The numbers as a table" not in nothing
