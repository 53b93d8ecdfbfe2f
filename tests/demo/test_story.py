"""The demo company in memory: believable on every day of the year, and the same for the same seed and day."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from app.contacts.models import ContactRole
from app.core.worktime import WorkWeek
from app.delivery.models import InvitationState
from app.demo import load
from app.demo.company import people, population, words
from app.demo.company.companies import COMPANIES, STAFF
from app.demo.company.stories import STORIES, at
from app.demo.events.asking import Asking
from app.demo.events.handling import Handling
from app.demo.events.records import NAMES
from app.followups.models import NEEDS_CAUSE, TaskKind, TaskState
from app.surveys.rules import DEFAULTS
from app.surveys.scales import Band, band

LANGUAGES = {survey: ["en", "de", "fr", "es", "nl", "pt", "it"] for survey in NAMES}
DAYS = [date(2026, 3, 4), date(2026, 11, 22), date(2027, 1, 1), date(2028, 2, 29), date(2028, 7, 15)]
SEVERAL_DAYS = pytest.mark.parametrize("today", DAYS, ids=str)


def company_on(today: date, seed: int = load.SEED):
    """Firms, asks and follow-ups of a day."""
    firms = population.firms(today, seed)
    asking = Asking(firms, today, seed, LANGUAGES)
    return firms, asking, asking.run()


@pytest.fixture
def database_kind() -> str:
    """Nothing here is stored."""
    return "sqlite"


@pytest.fixture
def follow_ups(app):
    """`follow_ups(asks, today)`; the reasons are worded in the language of an application."""
    return lambda asks, today: Handling(today, WorkWeek(ZoneInfo("UTC")), load.SEED).run(asks)


def test_the_same_seed_and_day_tell_the_same_story():
    once, again, other = company_on(DAYS[0]), company_on(DAYS[0]), company_on(DAYS[0], seed=99)
    assert repr(once[2]) == repr(again[2])
    assert repr(once[2]) != repr(other[2])


@SEVERAL_DAYS
def test_people_are_about_four_hundred_and_nobody_twice(today):
    firms, _, _ = company_on(today)
    everybody = [person for firm in firms for person in firm.people]
    assert len(firms) == 40
    assert 380 <= len(everybody) <= 420
    assert len({person.email_key for person in everybody}) == len(everybody)
    assert all(person.email.endswith(".example") for person in everybody)
    assert len({person.country.name for person in everybody}) >= 15
    assert {person.role for person in everybody} == set(ContactRole)


@SEVERAL_DAYS
def test_waves_reach_back_eighteen_months_and_keep_the_waits_between_surveys(today):
    _, asking, asks = company_on(today)
    assert 530 <= asking.waves[0].ago <= 600
    assert all(wave.on.weekday() == 1 and wave.ago > 0 for wave in asking.waves)
    sent: dict[int, list] = {}
    for ask in asks:
        if ask.sent_at:
            sent.setdefault(ask.person.key, []).append(ask)
    for mine in sent.values():
        mine.sort(key=lambda ask: ask.wave.on)
        for before, after in pairwise(mine):
            assert after.wave.on - before.wave.on >= timedelta(days=DEFAULTS.any_days)
        for survey in NAMES:
            alike = [ask.wave.on for ask in mine if ask.wave.survey == survey]
            for before, after in pairwise(alike):
                assert after - before >= timedelta(days=DEFAULTS.same_survey_days)
    for _, person in asking.todays():
        last = max((ask.wave.on for ask in sent.get(person.key, [])), default=None)
        assert last is None or (today - last).days >= DEFAULTS.any_days


@SEVERAL_DAYS
def test_every_ask_has_a_life_that_is_over_before_today_or_open(today):
    _, _, asks = company_on(today)
    midnight = datetime.combine(today, time(), UTC)
    for ask in asks:
        moments = [change.at for change in ask.changes]
        assert moments == sorted(moments)
        assert all(moment < midnight for moment in [*moments, *ask.reminders])
        assert (ask.state is InvitationState.ANSWERED) == (ask.answer is not None)
        assert (ask.state is InvitationState.SUPPRESSED) == (ask.suppressed_reason is not None)
        assert ask.state is not InvitationState.SENT or ask.closes_at > midnight
        for before, after in pairwise(ask.reminders):
            assert after - before >= timedelta(days=DEFAULTS.reminder_gap_days)
    assert set(Counter(ask.state for ask in asks)) >= {
        InvitationState.ANSWERED,
        InvitationState.SILENT,
        InvitationState.SENT,
        InvitationState.BOUNCED,
        InvitationState.DECLINED,
        InvitationState.CANCELLED,
        InvitationState.SUPPRESSED,
    }
    assert 5 <= sum(ask.is_late for ask in asks) <= 60


@SEVERAL_DAYS
def test_half_of_those_asked_answer_and_the_nps_moves_within_reason(today):
    _, _, asks = company_on(today)
    closed = [ask for ask in asks if ask.answer or ask.silent_at or ask.declined_at]
    assert 0.45 <= sum(ask.answer is not None for ask in closed) / len(closed) <= 0.60
    headlines = [headline(asks, today - timedelta(days=ago)) for ago in range(0, 390, 30)]
    assert 20 <= headlines[0] <= 45
    assert all(10 <= nps <= 45 for nps in headlines)
    assert max(headlines) - min(headlines) >= 10


def headline(asks, day: date) -> float:
    """The NPS of the 180 days up to a day, one vote each, counted by hand."""
    votes = {}
    for ask in sorted(
        (a for a in asks if a.answer and a.answer.score is not None), key=lambda a: a.answer.at
    ):
        if day - timedelta(days=180) < ask.answer.at.date() <= day:
            votes[ask.person.key] = band(ask.answer.score)
    bands = Counter(votes.values())
    return 100 * (bands[Band.PROMOTER] - bands[Band.DETRACTOR]) / len(votes)


def test_comments_are_many_distinct_and_in_the_language_of_who_speaks():
    _, _, asks = company_on(DAYS[0])
    said = [ask for ask in asks if ask.answer and ask.answer.comment]
    comments = [ask.answer.comment for ask in said]
    assert len(comments) == len(set(comments)) >= 200
    assert {ask.answer.language for ask in said} == {"en", "de", "fr", "es", "nl", "pt", "it"}
    for ask in said:
        assert ask.answer.language in ("en", people.base(ask.person.language))
        assert "{" not in ask.answer.comment


def test_written_comments_are_well_formed_and_enough():
    everything = [comment for language in words.languages() for comment in words.comments(language)]
    assert len(everything) >= 300
    assert len({comment.words for comment in everything}) == len(everything)
    places = {company.domain for company in COMPANIES} | words.SIZES
    for comment in everything:
        assert 0 <= comment.low <= comment.high <= 10
        assert comment.only is None or comment.only in places
        assert comment.words.strip() == comment.words


def test_every_company_has_a_story_and_every_story_a_company():
    assert {company.story for company in COMPANIES} == set(STORIES)
    assert len({company.domain for company in COMPANIES}) == len(COMPANIES)
    assert at(((100, 4.0), (0, 8.0)), 50) == 6.0
    assert at(((100, 4.0), (0, 8.0)), 300) == 4.0


@SEVERAL_DAYS
def test_follow_ups_stand_in_every_state_and_few_are_overdue(today, follow_ups):
    _, _, asks = company_on(today)
    found = follow_ups(asks, today)
    assert {task.state for task in found} == set(TaskState)
    assert {task.due.kind for task in found} == set(TaskKind) - {TaskKind.FOOTPRINT}
    still_open = [task for task in found if task.is_open]
    assert 20 <= len(still_open) <= 80
    morning = datetime.combine(today, time(9), UTC)
    overdue = [
        task
        for task in still_open
        if task.due.due_at < morning
        or (task.first_touched_at is None and task.due.first_touch_due_at < morning)
    ]
    assert 1 <= len(overdue) <= 20
    assert {task.owner for task in still_open} >= {name for name, role in STAFF if role == "csm"}


@SEVERAL_DAYS
def test_a_follow_up_is_told_whole(today, follow_ups):
    _, _, asks = company_on(today)
    found = follow_ups(asks, today)
    for task in found:
        moments = [moment for _, moment, _ in task.states]
        assert moments == sorted(moments)
        assert (task.closed_at is None) == task.is_open
        assert task.is_open or task.closing is not None
        closed_by_hand = not task.is_open and task.closing.outcome is not None
        if closed_by_hand and task.due.kind in NEEDS_CAUSE:
            assert task.closing.cause is not None
        reached = [deed.at for deed in task.deeds if deed.kind.reaches_customer]
        assert task.first_touched_at == (min(reached) if reached else None)
        assert all("{" not in deed.words for deed in task.deeds)


def test_no_comment_is_said_twice_by_one_voice():
    voices = words.Voices()
    speaker = words.Speaker("it", ContactRole.USER)
    rng = Random(1)
    said = [voices.comment(speaker, 10, is_value=False, rng=rng) for _ in range(40)]
    spoken = [comment.words for comment in said if comment]
    assert len(spoken) == len(set(spoken)) < 40
    assert said[-1] is None
