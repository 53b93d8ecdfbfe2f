"""The demo in the database: what the product would compute from its rows is what stands there."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import schema  # noqa: F401
from app.auth.models import Staff
from app.contacts.models import Account, Contact
from app.core.database import transactions
from app.core.errors import Refused
from app.delivery import cadence
from app.delivery.mail.mailer import mailbox
from app.delivery.models import Invitation, InvitationState, Purpose, Visit, Wave
from app.demo import load, team
from app.demo.rows import scores
from app.extensions import db
from app.followups.advocacy.models import Favour
from app.followups.models import Task, TaskState, Touch
from app.followups.playbooks.models import Playbook, PlayRun, PlayTick
from app.followups.settling.models import Settlement
from app.health import snapshots
from app.health.models import Snapshot
from app.reports import trend
from app.reports.loops import recovery
from app.reports.loops.counts import Days
from app.reports.models import RollupCell, RollupDelta
from app.reports.periods import Period
from app.reports.statistics.nps import Counts
from app.responses.models import Answer, Response
from app.sentiment.models import StoredReading
from app.surveys.models import Program, Question
from tests.demo.conftest import NOW

TODAY = NOW.date()


def count(model, *where) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where))


def test_everything_demo_is_marked_as_such(demo):
    for model in (Account, Contact, Staff, Wave):
        assert count(model, model.is_demo.is_(False)) == 0
    assert {p.name for p in db.session.scalars(sa.select(Program).where(Program.is_demo))} == set(
        team.PROGRAMS.values()
    )
    assert count(Invitation, Invitation.is_rehearsal) == 0
    assert demo.loaded.accounts == count(Account) == 40


def test_it_refuses_a_database_with_accounts(demo):
    transactions.write(db.session)
    with pytest.raises(Refused, match="accounts already"):
        load.load(db.session, demo.app.extensions["settings"], now=NOW)
    db.session.rollback()
    assert not load.may_begin_with_demo(db.session)


def test_the_mails_of_todays_wave_lie_in_the_mailbox(demo):
    wave = db.session.get(Wave, demo.loaded.todays_wave)
    states = db.session.scalars(sa.select(Invitation.state).filter_by(wave_id=wave.id)).all()
    assert states == [InvitationState.SENT] * demo.sent
    assert 20 <= demo.sent <= 30
    box = mailbox(demo.app.extensions["settings"])
    assert len(box.names()) == demo.sent
    mail = box.mail(box.names()[0])
    assert "/a/" in mail.get_body(("plain",)).get_content()


def test_a_link_of_todays_mails_opens_its_question(demo):
    box = mailbox(demo.app.extensions["settings"])
    words = box.mail(box.names()[0]).get_body(("plain",)).get_content()
    path = next(word for word in words.split() if "/a/" in word)
    token = path.partition("/a/")[2].partition("?")[0]
    assert len(token) == 44


def test_rollups_equal_a_recount(demo):
    assert count(RollupDelta) == 0
    votes = defaultdict(list)
    rows = db.session.execute(
        sa.select(Response.contact_id, Response.day, Response.score)
        .where(trend.counted())
        .order_by(Response.submitted_at, Response.id)
    )
    for contact, day, score in rows:
        votes[contact].append((day, score))
    for ago in (0, 45, 200, 400):
        day = TODAY - timedelta(days=ago)
        latest = []
        for mine in votes.values():
            counting = [score for on, score in mine if day - timedelta(days=180) < on <= day]
            latest += counting[-1:]
        assert trend.headline(db.session, day).counts == Counts.of(latest)
    (whole,) = trend.nps(db.session, [Period(TODAY - timedelta(days=700), TODAY)])
    assert whole.counts == Counts.of([score for mine in votes.values() for _, score in mine])
    assert count(RollupCell, RollupCell.dim == "tier") > 0


def test_snapshots_equal_what_the_formula_says_of_their_day(demo, zone):
    ids = list(db.session.scalars(sa.select(Account.id)))
    newest = {s.account_id: s for s in db.session.scalars(sa.select(Snapshot).where(Snapshot.on == TODAY))}
    assert newest.keys() == set(ids)
    days = [TODAY, TODAY - timedelta(days=17), *scores.days(TODAY)[2:50:20]]
    for day in days:
        told = snapshots.live(db.session, ids, today=day, zone=zone)
        kept = db.session.scalars(sa.select(Snapshot).where(Snapshot.on == day)).all()
        assert kept
        for snapshot in kept:
            expected = told[snapshot.account_id]
            for name in snapshots.NAMES:
                assert snapshot_score(snapshot, name) == expected.score(name), (
                    snapshot.account_id,
                    day,
                    name,
                )


def snapshot_score(snapshot: Snapshot, name: str):
    score = getattr(snapshot, name)
    return score if score is None else pytest.approx(score)


def test_scores_moved_and_come_in_all_colours(demo):
    colours = set(db.session.scalars(sa.select(Snapshot.health_colour).where(Snapshot.on == TODAY)))
    assert len(colours) == 4
    query = sa.select(Snapshot.account_id, sa.func.max(Snapshot.health) - sa.func.min(Snapshot.health))
    moved = [change for _, change in db.session.execute(query.group_by(Snapshot.account_id))]
    assert sum((change or 0) > 10 for change in moved) >= 15


def test_tasks_stand_in_every_state_with_their_history(demo):
    assert set(db.session.scalars(sa.select(Task.state).distinct())) == set(TaskState)
    assert count(Task, Task.owner_id.is_(None)) == 0
    assert 1 <= count(Task, Task.state != TaskState.CLOSED, Task.due_at < NOW) <= 20
    spoke = sa.exists().where(Touch.contact_id == Task.contact_id, Touch.at >= Task.opened_at)
    assert count(Task, Task.state != TaskState.CLOSED, Task.first_touched_at.is_(None), spoke) == 0


def test_follow_ups_went_by_playbooks_and_customers_confirmed_some(demo):
    assert count(Playbook) == 7
    assert count(PlayTick) > count(PlayRun) > 20
    assert count(Settlement) > count(Settlement, Settlement.said == "yes") > 10
    assert count(Favour, Favour.may_quote) > 5


def test_comments_were_read_in_several_languages(demo):
    languages = set(db.session.scalars(sa.select(StoredReading.language).distinct()))
    assert languages >= {"en", "de", "fr", "es", "nl", "pt", "it"}
    with_words = count(Response, Response.comment != "")
    assert count(StoredReading) == with_words


def test_gateways_looked_at_links_and_recorded_nothing(demo):
    seen = count(Visit, Visit.is_machine)
    assert seen > 100
    assert count(Visit, Visit.is_machine.is_(False)) >= count(Response)


def test_the_next_wave_leaves_out_those_who_were_asked(demo):
    program = db.session.scalars(sa.select(Program).where(Program.name == team.PROGRAMS["nps"])).one()
    ask = cadence.ask_of(db.session, program, at=NOW + timedelta(minutes=5))
    out = cadence.left_out(db.session, cadence.people_of(program), ask)
    assert out[cadence.Reason.QUARANTINE] > 50
    assert {cadence.Reason.LEFT, cadence.Reason.BOUNCED, cadence.Reason.UNSUBSCRIBED} & set(out)


def test_both_databases_hold_the_same_rows(sqlite_demo, postgres_demo):
    assert len(sqlite_demo.digests) > 20
    assert sqlite_demo.digests == postgres_demo.digests


def test_further_kinds_of_questions_have_answers_too(demo):
    query = sa.select(Question.kind, sa.func.count()).join(Answer, Answer.question_id == Question.id)
    answered = dict(db.session.execute(query.group_by(Question.kind)).all())
    assert answered.keys() >= {"csat", "ces", "drivers", "single", "goal"}
    assert min(answered["csat"], answered["ces"], answered["drivers"]) > 30


def test_unhappy_people_were_asked_again_whether_somebody_had_called_or_not(demo, zone):
    half_a_year = Days(TODAY - timedelta(days=179), TODAY + timedelta(days=1), zone)
    found = recovery.recovery(db.session, half_a_year)
    assert found.to_passive.followed.n >= 5
    assert found.to_passive.control.n >= 5
    again = sa.select(Invitation).where(Invitation.purpose == Purpose.RECOVERY)
    assert all(ask.sent_at.weekday() == 1 for ask in db.session.scalars(again))
