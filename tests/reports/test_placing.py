"""Answers follow their account to other segments, and the sums with them; what differs is found and put right."""

from __future__ import annotations

import json
import random
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from app import journey
from app.cli import justask
from app.contacts.models import Stage
from app.core import audit
from app.core.database import transactions
from app.core.installation import installation
from app.extensions import db
from app.health.models import ScoreDue
from app.jobs import refresh_due_scores
from app.reports import rollups, trend
from app.reports.deltas import DAY_SERIES
from app.reports.models import RollupCell, RollupDelta
from app.reports.periods import Period
from app.reports.sums import placing, verifying
from app.responses.models import Response
from tests import make
from tests.conftest import NOW

DAY = timedelta(days=1)
LONG = Period(NOW.date() - 400 * DAY, NOW.date() + 400 * DAY)


@pytest.fixture
def answered(session):
    """Two accounts, of which the first has two people with three answers, one of them given in rehearsal."""
    acme = make.account(name="Acme", tier=1, segment={"industry": "Steel"}, owner=make.staff("csm"))
    other = make.account(name="Other", tier=2)
    kim, lee = (make.contact(account=acme) for _ in range(2))
    for person, score, ago in (
        (kim, 3, 200),
        (kim, 9, 20),
        (lee, 10, 5),
        (make.contact(account=other), 7, 1),
    ):
        ask = make.invitation(contact=person, sent_at=NOW - ago * DAY)
        make.answer(score, invitation=ask, now=NOW - ago * DAY)
    make.answer(0, invitation=make.invitation(contact=lee, wave=make.wave(is_rehearsal=True)))
    session.commit()
    return acme, other


def by(session, dim: str) -> dict[str, tuple[int, int, int]]:
    """Detractors, passives and promoters by segment, as the trend reads them."""
    points = trend.nps(session, [LONG], dim=dim)
    return {p.key: (p.counts.detractors, p.counts.passives, p.counts.promoters) for p in points}


def is_exact(session) -> bool:
    return not verifying.findings(session).differences and not verifying.waiting(session)


def change(session, account, **given):
    for name, value in given.items():
        setattr(account, name, value)
    journey.account_changed(session, account, now=NOW)
    session.commit()


def test_answers_follow_the_default_owner_and_a_colleague_who_goes(session, answered, sign_in):
    acme, other = answered
    admin, first, second = sign_in("admin"), make.staff("csm"), make.staff("csm")
    row = installation(session)
    row.default_owner_id = first.id
    placing.owners_changed(session, now=NOW)
    assert refresh_due_scores(NOW) == 2  # Both are due by their answers, too.
    assert by(session, "owner") == {str(acme.owner_id): (1, 0, 2), str(first.id): (0, 1, 0)}
    row.default_owner_id = second.id
    placing.owners_changed(session, now=NOW)
    session.commit()
    assert [due.account_id for due in session.scalars(sa.select(ScoreDue))] == [other.id]
    refresh_due_scores(NOW)
    assert by(session, "owner") == {str(acme.owner_id): (1, 0, 2), str(second.id): (0, 1, 0)}
    page = admin.get("/settings/staff").text
    sent = {"csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', page)[1]}
    for step, whose in (("disable", second.id), ("enable", acme.owner_id)):
        admin.post(f"/settings/staff/{acme.owner_id}/{step}", data=sent)
        refresh_due_scores(NOW)
        session.expire_all()
        assert by(session, "owner")[str(whose)][0] == 1, step
    assert is_exact(session)


def test_all_answers_of_an_account_stand_where_it_stands_now(session, answered):
    acme, _other = answered
    assert by(session, "tier") == {"1": (1, 0, 2), "2": (0, 1, 0)}
    change(session, acme, tier=3, stage=Stage.RENEWAL, segment={"region": "North"}, owner=None)
    assert by(session, "tier") == {"2": (0, 1, 0), "3": (1, 0, 2)}
    assert by(session, "segment.region") == {"North": (1, 0, 2)}
    assert by(session, "segment.industry") == {}
    assert by(session, "stage") == {"renewal": (1, 0, 2), "steady": (0, 1, 0)}
    assert by(session, "all") == {"all": (1, 1, 2)}
    today = [Period(NOW.date(), NOW.date() + DAY)]
    (latest,) = (p for p in trend.nps(session, today, dim="tier", window_days=180) if p.key == "3")
    assert latest.counts.promoters == 2, "one vote each, and the older one has ended"
    assert is_exact(session)
    rollups.fold(session)
    assert is_exact(session)


def test_what_changes_nothing_writes_nothing(session, answered):
    acme, _other = answered
    before = session.scalar(sa.select(sa.func.max(RollupDelta.id)))
    change(session, acme, arr=5)
    assert session.scalar(sa.select(sa.func.max(RollupDelta.id))) == before


def test_an_edit_after_the_move_takes_away_what_stands_there_now(session, answered):
    acme, _other = answered
    change(session, acme, tier=3)
    ask = session.scalars(sa.select(Response).where(Response.score == 10)).one().invitation
    make.answer(0, invitation=ask, now=NOW)
    assert by(session, "tier")["3"] == (2, 0, 1)
    assert is_exact(session)


def test_the_answers_of_a_merged_account_stand_with_the_other(session, answered):
    acme, other = answered
    journey.accounts_merged(session, acme, other, now=NOW, actor=audit.SYSTEM)
    session.commit()
    assert by(session, "tier") == {"2": (1, 1, 2)}
    assert by(session, "segment.industry") == {"Steel": (1, 1, 2)}, "attributes of both are the account's"
    assert is_exact(session)


def test_what_no_page_told_follows_with_the_next_score(session, answered, app):
    """An import writes accounts by itself and marks their scores as due, as does an answer given at that moment."""
    acme, _other = answered
    acme.tier = 3
    session.execute(sa.delete(ScoreDue))
    session.add(ScoreDue(account_id=acme.id, since=NOW))
    session.commit()
    assert verifying.waiting(session) == [acme.id]
    refresh_due_scores(NOW)
    assert by(session, "tier") == {"2": (0, 1, 0), "3": (1, 0, 2)}
    assert is_exact(session)


def test_everything_at_random_stays_exact(session):
    """The drill `sums` does the same ten thousand times with kills between; here so few that it is quick."""
    chance = random.Random(11)
    accounts = [make.account(tier=number % 3 + 1) for number in range(3)]
    people = [make.contact(account=accounts[number % 3]) for number in range(5)]
    asks = [make.invitation(contact=people[n % 5], sent_at=NOW - n * 25 * DAY) for n in range(15)]
    for step in range(40):
        account, ask = chance.choice(accounts), chance.choice(asks)
        kind = chance.randrange(4)
        if kind == 0:
            change(session, account, tier=chance.randrange(1, 4), segment={"plan": str(step % 3)})
        elif kind == 1:
            rollups.fold(session, batch=chance.randrange(1, 40))
        else:
            make.answer(chance.randrange(11), invitation=ask, now=ask.sent_at + chance.random() * 9 * DAY)
    assert is_exact(session)
    assert sum(map(sum, by(session, "all").values())) > 5


def told(*words: str) -> tuple[int, dict]:
    """What a command says, and with which code it leaves."""
    db.session.commit()
    done = CliRunner().invoke(justask, ["rollups", *words, "--json"], catch_exceptions=False)
    transactions.write(db.session)
    return done.exit_code, json.loads(done.stdout)


def test_commands_find_every_sum_that_differs_and_put_it_right(app, session, answered):
    acme, _other = answered
    rollups.fold(session)
    cells = session.scalar(sa.select(sa.func.count()).select_from(RollupCell))
    assert told("verify") == (0, {"answers": 4, "cells": cells, "accounts_to_move": 0, "differences": []})
    cell = {"series": DAY_SERIES, "dim": "tier", "key": "1", "day": LONG.start}
    numbers = {"promoters": 2, "passives": 0, "detractors": 0}
    session.add(RollupCell(**cell, **numbers))
    session.execute(sa.update(RollupCell).where(RollupCell.dim == "role").values(passives=5))
    acme.segment = {}
    code, found = told("verify")
    assert (code, found["accounts_to_move"]) == (1, 1)
    first = next(one for one in found["differences"] if one["dim"] == "tier")
    nothing = dict.fromkeys(numbers, 0)
    assert first == cell | {"day": LONG.start.isoformat(), "kept": numbers, "counted": nothing}
    assert {one["dim"] for one in found["differences"]} == {"tier", "role"}
    assert told("rebuild")[0] == 0
    code, found = told("verify")
    assert (code, found["differences"], found["accounts_to_move"]) == (0, [], 0)
    assert session.scalar(sa.select(sa.func.count()).select_from(RollupDelta)) == 0
