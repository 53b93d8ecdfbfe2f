"""What an account page shows: reasons that add up, what preceded a change, people, talking points, past days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.contacts.models import ContactRole
from app.core import clock
from app.core.audit import SYSTEM
from app.core.clock import Today
from app.core.language.wording import whole
from app.delivery.models import InvitationState
from app.followups.models import ActivityKind, Outcome, TaskState, Touch
from app.health import snapshots
from app.health.models import Adoption
from app.health.parameters import V1
from app.health.tuning import versions
from app.health.tuning.knobs import changed
from app.reports.accounts import dossier
from app.reports.accounts.scores import history
from app.reports.accounts.story import EventKind
from tests import make
from tests.conftest import NOW

DAY = timedelta(days=1)


def keep(session, account, today: Today, days_ago: int = 0) -> None:
    day = today.day - days_ago * DAY
    snapshots.refresh(session, [account.id], today=day, zone=today.zone, now=today.now)


def explained(session, account, today, name="relationship"):
    scores = dossier.scores_now(session, account, today)
    return next(found for found in scores.explanations if found.name == name)


def test_whole_points_lost_add_up_to_what_is_missing(session, story, today):
    account = story(10, 9, 8, 3)
    session.add(Adoption(account_id=account.id, score=83.3, as_of=today.day, created_at=NOW))
    session.flush()
    for explanation in dossier.scores_now(session, account, today).explanations:
        if explanation.score is not None:
            lost = sum(line.lost for line in explanation.lines if line.lost is not None)
            assert 100 - lost == whole(explanation.score), explanation.name


def test_the_ceiling_is_named_in_words(session, story, today):
    found = explained(session, story(10, 10, 10, 10, 10), today)
    assert found.ceiling == "A decision maker who stays silent holds this at 60 at most."
    assert [line.label for line in found.lines if line.is_ceiling] == ["Decision maker silent"]


def test_too_little_evidence_is_said_instead_of_a_number(session, today):
    found = explained(session, make.account(), today)
    assert (found.score, found.change) == (None, None)
    assert {"Engagement", "Sentiment"} <= set(found.unknown)
    assert found.completeness < 0.5


def test_changes_by_part_add_up_to_the_change_of_the_score(session, story, today):
    account = story(10, 10, 10)
    keep(session, account, today, days_ago=30)
    for person in dossier.dossier(session, account, today).team.here[:2]:
        ask = make.invitation(contact=person.contact, sent_at=NOW)
        make.response(1, invitation=ask, submitted_at=NOW)
    before = dossier.scores_now(session, account, today).before
    assert before is not None
    found = explained(session, account, today)
    assert found.change is None, "thirty days ago nothing was known"
    keep(session, account, replace(today, day=today.day), days_ago=1)
    later = Today(NOW + 29 * DAY, today.day + 29 * DAY, today.zone)
    moved = explained(session, account, later)
    assert sum(line.change for line in moved.lines) == moved.change != 0


def test_what_preceded_is_told_without_what_lies_outside(session, story, today):
    account = story(9)
    person = make.contact(account=account)
    task = make.task(contact=person)
    task.outcome, task.closing_comment = Outcome.RESOLVED, "Done"
    task.move(TaskState.CLOSED, now=NOW - 2 * DAY, by="Kim")
    for days in (3, 31):
        session.add(
            Touch(
                account_id=account.id,
                kind=ActivityKind.CALL,
                at=NOW - days * DAY,
                is_two_way=True,
                staff_name="Sam",
            )
        )
    make.response(3, invitation=make.invitation(contact=person, wave=make.wave(is_rehearsal=True)))
    keep(session, account, today, days_ago=30)
    events = dossier.scores_now(session, account, today).events
    assert [event.kind for event in events[:2]] == [EventKind.ANSWER, EventKind.SILENCE] or [
        event.kind for event in events[:2]
    ] == [EventKind.SILENCE, EventKind.ANSWER]
    assert [event.kind for event in events[2:]] == [EventKind.TASK, EventKind.TOUCH]


def test_a_past_day_shows_what_was_stored(session, story, today):
    account = story(9)
    keep(session, account, today, days_ago=7)
    past = today.day - 7 * DAY
    found = dossier.scores_on(session, account, past, today)
    assert (found.told.as_of, found.told.is_live) == (past, False)
    assert dossier.scores_on(session, account, past - DAY, today) is None


def test_weeks_end_with_today_and_keep_gaps(session, story, today):
    account = story(9)
    for days in (7, 8, 21):
        keep(session, account, today, days_ago=days)
    told = dossier.scores_now(session, account, today).told
    found = history.weeks(session, account.id, told, count=5)
    kept = [None if week.told is None else (today.day - week.told.as_of).days for week in found]
    assert kept == [None, 21, None, 7, 0]


def test_people_are_told_with_how_they_take_part_and_who_is_missing(session, story, today):
    account = story(9, 9, 9)
    gone = make.contact(account=account, role=ContactRole.CHAMPION)
    gone.leave(on=today.day - DAY)
    refused = make.contact(account=account, role=ContactRole.ADMIN)
    make.invitation(contact=refused, state=InvitationState.DECLINED, declined_at=NOW, sent_at=NOW)
    team = dossier.dossier(session, account, today).team
    assert [member.contact.role for member in team.here][:2] == [
        ContactRole.DECISION_MAKER,
        ContactRole.ADMIN,
    ]
    assert [member.state for member in team.here][:2] == ["silent", "declined"]
    assert (team.here[2].asked, team.here[2].answered, team.here[2].last.score) == (1, 1, 9)
    assert [member.contact for member in team.gone] == [gone]
    assert {role.role: role.missing for role in team.footprint.missing} == {"champion": 1, "power_user": 2}


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([(9, {}), (3, {})], "Bo fell from 9 to 3."),
        ([(8, {"value_goal": 0, "value_points": 0})], "Bo says the main goal does not move."),
        ([(None, {"value_overall": 2, "value_points": 20})], "Bo says it gives back less than it costs."),
        ([(4, {})], "Bo gave 4 of 10."),
        ([(6, {}), (10, {})], "Bo rose from 6 to 10."),
        ([(8, {})], "Bo gave 8 of 10."),
        ([(None, {"value_overall": 9, "value_points": 90})], "Bo answered about value."),
    ],
)
def test_each_talking_point_rests_on_an_answer(session, today, answers, words):
    person = make.contact(first_name="Bo", last_name="")
    for place, (score, given) in enumerate(answers):
        at = NOW - (len(answers) - place) * 10 * DAY
        last = make.response(
            score, invitation=make.invitation(contact=person, sent_at=at), submitted_at=at, **given
        )
    points = dossier.dossier(session, person.account, today).points
    assert [(point.words, point.response) for point in points] == [(words, last)]


def test_only_the_most_urgent_points_are_told(session, story, today):
    points = dossier.dossier(session, story(9, 9, 9, 9, 9, 2), today).points
    assert len(points) == 4
    assert "gave 2 of 10" in points[0].words


def test_two_days_of_ones_choice_are_compared_with_all_that_lay_between(session, story, today):
    account = story(9)
    keep(session, account, today, days_ago=20)
    keep(session, account, today, days_ago=5)
    person = make.contact(account=account, left_on=today.day - 10 * DAY, status="left")
    late = make.task(contact=person, due_at=NOW - 8 * DAY)
    session.add(Adoption(account_id=account.id, score=70, as_of=today.day - 12 * DAY, created_at=NOW))
    session.add(Adoption(account_id=account.id, score=10, as_of=today.day - 25 * DAY, created_at=NOW))
    session.flush()
    last, first = today.day - 5 * DAY, today.day - 18 * DAY
    found = dossier.scores_on(session, account, last, today, first)
    assert (found.before.as_of, found.told.as_of, found.has_other_formula) == (first - 2 * DAY, last, False)
    assert [(event.kind, event.row) for event in found.events][:2] == [
        (EventKind.OVERDUE, late),
        (EventKind.LEFT, person),
    ]
    assert [event.kind for event in found.events][2:] == [EventKind.USAGE]
    assert dossier.scores_on(session, account, last, today, first - 30 * DAY).before is None
    assert dossier.scores_now(session, account, today, last).before.as_of == last
    other = changed(V1, {"threads": 4})
    versions.change(session, other, based_on="v1", reason="Small teams.", now=NOW, by=SYSTEM)
    assert dossier.scores_now(session, account, today, last).has_other_formula


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_page_compares_the_days_of_the_address_and_leads_to_what_lies_behind(session, story, sign_in):
    account, now = story(9), clock.now()
    here = Today.at(now, ZoneInfo("UTC"))
    keep(session, account, here, days_ago=12)
    person = make.contact(account=account, first_name="Ada <b>")
    answer = make.response(4, invitation=make.invitation(contact=person), submitted_at=now - 2 * DAY)
    task = make.task(contact=person, due_at=now - DAY)
    session.commit()
    client, url = sign_in("viewer"), f"/accounts/{account.id}"
    since = (here.day - 10 * DAY).isoformat()
    page = client.get(f"{url}?since={since}").text
    assert f"#answer-{answer.id}" in page
    assert f'/{task.id}"' in page
    assert "Ada &lt;b&gt;" in page
    assert "No scores were kept on the first day" in client.get(f"{url}?since=2020-01-01").text
    assert client.get(f"{url}?since={here.day.isoformat()}").status_code == 400
    assert client.get(f"{url}?since=soon").status_code == 400
