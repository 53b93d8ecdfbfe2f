"""Our own judgement of accounts: it stands beside the scores, and changes none."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.core import clock
from app.core.audit import SYSTEM, Actor
from app.core.errors import Invalid, NotFound, Refused
from app.extensions import db
from app.health import snapshots
from app.health.judgement import judging
from app.health.judgement.models import Level, Override, SetName
from tests import make
from tests.conftest import NOW
from tests.posting import post

TODAY = NOW.date()
INES = Actor("staff", None, "Ines Vogel")


def set_health(account, score=20, *, until=TODAY + timedelta(days=30), reason="Their CFO left.", now=NOW):
    return judging.override(
        db.session, account, SetName.HEALTH, score, reason, until=until, today=now.date(), now=now, by=INES
    )


def test_the_newest_pulse_counts_for_ninety_days_and_none_is_lost(app):
    account = make.account()
    judging.give_pulse(db.session, account, Level.GOOD, "", now=NOW - timedelta(days=120), by=INES)
    judging.give_pulse(db.session, account, Level.LOSING, "Silent.", now=NOW - timedelta(days=90), by=INES)
    found = judging.judgement(db.session, account.id, today=TODAY, now=NOW)
    assert [pulse.level for pulse in found.pulses] == [Level.LOSING, Level.GOOD]
    assert found.pulse.words == "Silent."
    later = NOW + timedelta(seconds=1)
    assert judging.judgement(db.session, account.id, today=TODAY, now=later).pulse is None
    before = NOW - timedelta(days=100)
    assert (
        judging.judgement(db.session, account.id, today=before.date(), now=before).pulse.level == Level.GOOD
    )


def test_no_score_moves_when_people_judge(app):
    account, zone = make.account(), ZoneInfo("UTC")
    make.answer(9, invitation=make.invitation(contact=make.contact(account=account)))
    before = snapshots.current(db.session, account.id, today=TODAY, zone=zone)
    judging.give_pulse(db.session, account, Level.LOSING, "", now=NOW, by=INES)
    set_health(account, 3)
    after = snapshots.current(db.session, account.id, today=TODAY, zone=zone)
    assert (after.scores, after.colours) == (before.scores, before.colours)


def test_a_score_set_by_hand_ends_by_its_day_by_another_or_taken_back(app):
    account = make.account()
    first, second = set_health(account, 20), set_health(account, 35, now=NOW + timedelta(hours=1))
    assert (first.ended_at, first.ended_by) == (NOW + timedelta(hours=1), "Ines Vogel")
    assert judging.standing(db.session, account.id, today=TODAY) == {SetName.HEALTH: second}
    assert judging.standing(db.session, account.id, today=second.until_on)
    assert not judging.standing(db.session, account.id, today=second.until_on + timedelta(days=1))
    judging.take_back(db.session, account, second.id, today=TODAY, now=NOW, by=SYSTEM)
    assert not judging.standing(db.session, account.id, today=TODAY)
    with pytest.raises(Refused):
        judging.take_back(db.session, account, second.id, today=TODAY, now=NOW, by=SYSTEM)
    with pytest.raises(NotFound):
        judging.take_back(db.session, make.account(), second.id, today=TODAY, now=NOW, by=SYSTEM)


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"score": 101}, "score"),
        ({"score": -1}, "score"),
        ({"reason": "  "}, "reason"),
        ({"until": TODAY - timedelta(days=1)}, "until"),
        ({"until": TODAY + timedelta(days=91)}, "until"),
        ({"until": date(9999, 1, 1)}, "until"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(app, given, field):
    with pytest.raises(Invalid) as refused:
        set_health(make.account(), **given)
    assert set(refused.value.errors) == {field}


def test_both_are_given_seen_and_taken_back_on_the_page(app, sign_in):
    account = make.account()
    client, viewer = sign_in("csm", name="Ines <b>Vogel"), sign_in("viewer")
    home = f"/accounts/{account.id}"
    assert "Nobody has said yet how it is going." in client.get(home).text
    felt = {"level": "losing", "pulse_words": "They <i>stopped</i> answering."}
    post(client, f"{home}/pulses", home, **felt)
    until = (clock.now().date() + timedelta(days=20)).isoformat()
    set_to = {"name": "health", "reason": "CFO left", "until": until}
    wrong = post(client, f"{home}/overrides", home, score="400", **set_to)
    assert wrong.status_code == 400
    assert "A score lies between 0 and 100." in wrong.text
    assert 'value="400"' in wrong.text
    post(client, f"{home}/overrides", home, score="20", **set_to)
    page = viewer.get(home).text
    assert "We may lose them" in page
    assert "They &lt;i&gt;stopped&lt;/i&gt; answering." in page
    assert "Health set to 20" in page
    assert "Ines &lt;b&gt;Vogel says 20 until" in page
    assert "Take it back" not in page
    assert post(viewer, f"{home}/pulses", "/settings/you", **felt).status_code == 403
    one = db.session.scalars(db.select(Override)).one()
    post(client, f"{home}/overrides/{one.id}/end", home)
    assert "Health set to 20" not in viewer.get(home).text
