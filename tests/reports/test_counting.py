"""Answers entered into the trends: exact under change, with the segments of the day, rehearsals left out."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from itertools import product

import sqlalchemy as sa

from app.reports import lists
from app.reports.lists import Chosen
from app.reports.models import RollupDelta
from app.responses.models import Response
from app.surveys.scales import Band, band
from tests import make

DAY = timedelta(days=1)
COLUMNS = ("promoters", "passives", "detractors")


def sums(session, series: str, **dims) -> Counter:
    """Totals by column, of deltas that carry these segments."""
    found = Counter()
    for row in session.scalars(sa.select(RollupDelta).where(RollupDelta.series == series)):
        if dims.items() <= row.dims.items():
            found.update({c: getattr(row, c) for c in COLUMNS})
    return +found


def test_random_answers_and_changes_add_up_to_a_recount(session, now):
    chance = random.Random(7)
    person = make.contact()
    asks = [make.invitation(contact=person, sent_at=now + i * 40 * DAY) for i in range(4)]
    for step in range(14):
        i = chance.randrange(4)
        moment = now + (i * 40 + chance.randrange(20)) * DAY
        make.answer(chance.randrange(11), invitation=asks[i], comment=f"Step {step}", now=moment)
    votes = session.scalars(sa.select(Response).where(Response.score.is_not(None))).all()
    expected = Counter(f"{band(v.score).value}s" for v in votes)
    assert sums(session, "day") == expected
    assert sums(session, "window") == Counter()
    latest = max(votes, key=lambda v: (v.submitted_at, v.id))
    until = now + 160 * DAY
    running = Counter()
    for row in session.scalars(sa.select(RollupDelta).where(RollupDelta.series == "window")):
        if row.day <= until.date():
            running.update({c: getattr(row, c) for c in COLUMNS})
    assert +running == Counter({f"{band(latest.score).value}s": 1})


def test_segments_are_those_of_the_moment_of_the_answer_until_it_follows_its_account(session, now):
    account = make.account(tier=1, segment={"industry": "Steel"})
    person = make.contact(account=account)
    make.answer(9, invitation=make.invitation(contact=person), now=now)
    account.tier = 3
    session.flush()
    make.answer(3, invitation=make.invitation(contact=person, sent_at=now + 99 * DAY), now=now + 100 * DAY)
    assert sums(session, "day", tier="1") == {"promoters": 1}
    assert sums(session, "day", tier="3") == {"detractors": 1}
    assert sums(session, "day", **{"segment.industry": "Steel"}) == {"promoters": 1, "detractors": 1}
    assert sums(session, "window", tier="1") == Counter()


def test_rehearsals_are_not_counted(session, now):
    make.answer(9, invitation=make.invitation(is_rehearsal=True), now=now)
    assert session.scalars(sa.select(RollupDelta)).all() == []


def test_flagged_answers_wait_for_a_review(session, now):
    make.answer(9, is_automatic=True, now=now)
    assert session.scalars(sa.select(RollupDelta)).all() == []
    assert session.scalars(sa.select(Response.is_maybe_automatic)).one() is True


def test_very_many_answers_are_counted_from_the_sums_as_few_are_by_rows(session, now, monkeypatch):
    people = [make.contact(account=make.account(tier=tier)) for tier in (1, 2, 2)]
    for place, (person, score) in enumerate(product(people, (3, 8, 10))):
        ask = make.invitation(contact=person, sent_at=now + place * 40 * DAY)
        make.answer(score, invitation=ask, now=now + place * 40 * DAY)
    first, found = now.date() + 30 * DAY, []
    for band_of, tier, per_person in product((None, *Band), (None, "2"), (True, False)):
        chosen = Chosen(
            first, first + 180 * DAY, band_of, dim=tier and "tier", key=tier, per_person=per_person
        )
        of_rows = lists.how_many_answers(session, chosen)
        with monkeypatch.context() as patch:
            patch.setattr(lists, "MOST_COUNTED", 0)
            patch.setattr(lists, "conditions", lambda *_given: [Response.id > 0])
            assert lists.how_many_answers(session, chosen) == of_rows, chosen
        found.append(of_rows)
    assert max(found) == 5
    assert min(found[:2]) > 0
