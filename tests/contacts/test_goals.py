"""The main objective of an account: one at a time, the former ones dated."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.contacts import goals
from app.core.errors import Invalid
from tests import make

TODAY = date(2026, 3, 4)
DAY = timedelta(days=1)


def replace(session, account, words, now, on=TODAY):
    return goals.replace(session, account, words, on=on, today=TODAY, now=now)


def test_a_new_goal_becomes_current_and_the_former_stays_dated(session, now):
    account = make.account()
    first = replace(session, account, "Close the books in two days", now, on=TODAY - 90 * DAY)
    second = replace(session, account, "  Close the books\nin one day ", now)
    assert goals.current(session, account.id) is second
    assert second.words == "Close the books in one day"
    assert (first.ended_on, second.ended_on) == (TODAY, None)
    assert goals.history(session, account.id) == [second, first]


def test_an_account_without_a_goal_has_none(session):
    account = make.account()
    make.goal(account=make.account())
    assert goals.current(session, account.id) is None
    assert goals.history(session, account.id) == []


@pytest.mark.parametrize(
    ("words", "on", "field"),
    [
        ("  ", TODAY, "words"),
        ("x" * 501, TODAY, "words"),
        ("broken \ud800", TODAY, "words"),
        ("Close the books in two days", TODAY, "words"),
        ("Something else", TODAY + DAY, "from_on"),
        ("Something else", date(2023, 12, 31), "from_on"),
    ],
)
def test_a_goal_that_cannot_stand_is_refused_at_its_field(session, now, words, on, field):
    account = make.account()
    make.goal(account=account)
    with pytest.raises(Invalid) as refusal:
        replace(session, account, words, now, on=on)
    assert list(refusal.value.errors) == [field]
    assert len(goals.history(session, account.id)) == 1
