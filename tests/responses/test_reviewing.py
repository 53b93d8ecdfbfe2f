"""Answers that a machine may have sent: kept and followed up at once, counted when somebody says that it was a person."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import journey
from app.core import clock
from app.core.audit import SYSTEM, AuditEvent
from app.core.database import transactions
from app.core.errors import Refused
from app.core.installation import installation
from app.delivery.models import InvitationState as State
from app.delivery.sending import closing
from app.extensions import db
from app.followups import activities
from app.followups.models import ActivityKind, Task, TaskKind, TaskState
from app.health import gathering
from app.health.models import ScoreDue
from app.reports import lists, rollups, trend
from app.reports.participation import participation
from app.reports.periods import Every, Period, periods
from app.reports.sums.recount import recount
from app.responses.models import Response
from app.responses.recording import Effect
from app.surveys.models import QuestionKind
from tests import make

GATEWAY = {"User-Agent": "BarracudaCentral/1.0 (link protection)"}
DAY = timedelta(days=1)


@pytest.fixture
def doubtful(session, now):
    """A detractor's answer with a comment and value items, sent by what calls itself a gateway."""
    survey = make.survey(QuestionKind.NPS, QuestionKind.COMMENT, QuestionKind.VALUE_OVERALL)
    ask = make.invitation(wave=make.wave(program=make.program(survey=survey)))
    recorded = make.answer(
        3, invitation=ask, comment="Too slow.", value_overall=2, is_automatic=True, now=now
    )
    session.execute(sa.delete(ScoreDue))
    return session.get_one(Response, recorded.response_id)


def review(session, response, now, *, is_person):
    journey.answer_reviewed(session, response, is_person=is_person, actor=SYSTEM, now=now)
    session.expire_all()


def detractors(session, now, folded: bool) -> tuple[int, int]:
    """Detractors of the day and of the last 180 days, by the sums that the trends read."""
    if folded:
        rollups.fold(session)
    days = periods(now.date(), now.date() + DAY, Every.DAY)
    found = [trend.nps(session, days), trend.nps(session, days, window_days=trend.HEADLINE_DAYS)]
    return tuple(sum(point.counts.detractors for point in points) for points in found)


def votes(session, response, now) -> list[tuple]:
    """What the scores of the account are made of."""
    zone = response.invitation.wave.launched_at.tzinfo
    asks = gathering.asks_of(session, [response.account_id], zone)[response.contact_id]
    return [(ask.ltr, ask.overall) for ask in asks]


def kinds(session) -> list[TaskKind]:
    return sorted(session.scalars(sa.select(Task.kind)))


@pytest.mark.parametrize("folded", [True, False])
def test_it_counts_nowhere_before_a_review_and_everywhere_after_it(session, now, doubtful, folded):
    assert detractors(session, now, folded) == (0, 0)
    assert votes(session, doubtful, now) == [(None, None)]
    assert kinds(session) == [TaskKind.DETRACTOR, TaskKind.VALUE]
    review(session, doubtful, now + DAY, is_person=True)
    assert detractors(session, now, folded) == (1, 1)
    assert votes(session, doubtful, now) == [(3, 2)]
    assert kinds(session) == [TaskKind.DETRACTOR, TaskKind.VALUE]
    assert session.scalars(sa.select(ScoreDue.account_id)).all() == [doubtful.account_id]
    (event,) = session.scalars(sa.select(AuditEvent).filter_by(action="response.review"))
    assert (event.subject, event.details) == (f"response:{doubtful.id}", {"verdict": "person"})


def test_a_machines_answer_has_no_consequences_and_is_kept(session, now, doubtful):
    review(session, doubtful, now, is_person=False)
    assert detractors(session, now, True) == (0, 0)
    assert votes(session, doubtful, now) == []
    assert kinds(session) == []
    assert session.scalars(sa.select(Response.comment)).all() == ["Too slow."]
    assert lists.to_review(session) == []


def test_a_task_that_somebody_has_begun_stays_and_says_why(session, now, doubtful):
    task = session.scalars(sa.select(Task).filter_by(kind=TaskKind.DETRACTOR)).one()
    task.move(TaskState.CONTACTED, now=now, by="Ines Vogel")
    review(session, doubtful, now, is_person=False)
    assert kinds(session) == [TaskKind.DETRACTOR]
    assert "A machine sent the answer" in task.reason


def test_a_task_with_a_note_on_it_is_kept_with_the_note(session, now, doubtful):
    task = session.scalars(sa.select(Task).filter_by(kind=TaskKind.DETRACTOR)).one()
    activities.log(
        session, task, ActivityKind.NOTE, "I know her, I call.", at=now, is_two_way=False, by=SYSTEM, now=now
    )
    review(session, doubtful, now, is_person=False)
    assert kinds(session) == [TaskKind.DETRACTOR]
    assert [activity.words for activity in task.activities] == ["I know her, I call."]
    assert "A machine sent the answer" in task.reason


def test_two_who_review_at_once_leave_the_word_of_the_second(session, now, doubtful):
    assert doubtful.reviewed_at is None
    session.execute(
        sa.update(Response).values(reviewed_at=now), execution_options={"synchronize_session": False}
    )
    review(session, doubtful, now, is_person=False)
    assert (doubtful.reviewed_at, doubtful.dismissed_at) == (None, now)
    assert doubtful.counts is False


def test_the_last_word_holds_and_the_sums_follow(session, now, doubtful):
    earlier = make.answer(9, invitation=make.invitation(contact=doubtful.contact), now=now - 9 * DAY)
    for is_person in (True, False, True, True, False, True):
        review(session, doubtful, now, is_person=is_person)
        assert detractors(session, now, True) == (int(is_person), int(is_person))
        assert (doubtful.reviewed_at is not None, doubtful.dismissed_at is not None) == (
            is_person,
            not is_person,
        )
    assert earlier.response_id
    assert kinds(session) == [TaskKind.DETRACTOR, TaskKind.PROMOTER, TaskKind.VALUE]
    days = periods(now.date() - 9 * DAY, now.date() + DAY, Every.DAY)
    kept = [point.counts for point in trend.nps(session, days, window_days=trend.HEADLINE_DAYS)]
    recount(session, now=now)
    assert [point.counts for point in trend.nps(session, days, window_days=trend.HEADLINE_DAYS)] == kept


@pytest.mark.parametrize("said", [{"score": 9}, {"score": 3, "comment": "Too slow.", "value_overall": 2}])
def test_a_person_who_answers_after_a_machine_is_heard_as_for_the_first_time(session, now, doubtful, said):
    review(session, doubtful, now, is_person=False)
    recorded = make.answer(invitation=doubtful.invitation, attempt="my own", now=now + DAY, **said)
    assert (recorded.effect, recorded.response_id) == (Effect.NEW, doubtful.id)
    assert (doubtful.counts, doubtful.awaits_review, doubtful.day) == (True, False, (now + DAY).date())
    assert (doubtful.invitation.state, doubtful.invitation.answered_at) == (State.ANSWERED, now + DAY)
    assert votes(session, doubtful, now) == [(said["score"], said.get("value_overall"))]
    assert kinds(session) == (
        [TaskKind.PROMOTER] if said["score"] == 9 else [TaskKind.DETRACTOR, TaskKind.VALUE]
    )
    assert session.scalars(sa.select(ScoreDue.account_id)).all() == [doubtful.account_id]
    days = periods(now.date(), now.date() + 3 * DAY, Every.DAY)
    counted = [point.counts for point in trend.nps(session, days, window_days=trend.HEADLINE_DAYS)]
    assert [counts.n for counts in counted] == [0, 1, 1]
    recount(session, now=now)
    assert [point.counts for point in trend.nps(session, days, window_days=trend.HEADLINE_DAYS)] == counted


def test_a_machine_that_sends_the_same_again_stays_dismissed(session, now, doubtful):
    review(session, doubtful, now, is_person=False)
    same = {"score": 3, "comment": "Too slow.", "value_overall": 2}
    make.answer(invitation=doubtful.invitation, is_automatic=True, now=now + DAY, **same)
    assert (doubtful.dismissed_at, doubtful.invitation.state) == (now, State.SENT)
    make.answer(1, invitation=doubtful.invitation, is_automatic=True, now=now + DAY)
    assert (doubtful.awaits_review, doubtful.invitation.state) == (True, State.ANSWERED)


def shares(session, now) -> tuple[int, int, int, int]:
    """Answered, silent, declined and open asks of the days around."""
    zone = installation(session).zone
    (found,) = participation(session, [Period(now.date() - 9 * DAY, now.date() + 40 * DAY)], zone=zone)
    return found.answered, found.silent, found.declined, found.open


def test_the_ask_of_a_machines_answer_is_open_again_with_its_reminders(session, now, doubtful):
    ask = doubtful.invitation
    ask.reminders_left, ask.sent_at = 2, now - DAY
    assert shares(session, now) == (1, 0, 0, 0)
    review(session, doubtful, now, is_person=False)
    assert shares(session, now) == (0, 0, 0, 1)
    assert (ask.state, ask.answered_at, ask.closed_at) == (State.SENT, None, None)
    assert ask.remind_at == ask.sent_at + 3 * DAY
    review(session, doubtful, now + DAY, is_person=True)
    assert shares(session, now) == (1, 0, 0, 0)
    assert (ask.state, ask.answered_at, ask.remind_at) == (State.ANSWERED, now, None)


def test_it_falls_silent_in_its_time_and_somebody_calls(session, now, doubtful):
    review(session, doubtful, now, is_person=False)
    after = doubtful.invitation.closes_at + DAY
    for invitation in closing.expire_due(session, now=after):
        journey.invitation_expired(session, invitation, now=after)
    assert shares(session, now) == (0, 1, 0, 0)
    assert kinds(session) == [TaskKind.SILENT]
    asks = gathering.asks_of(session, [doubtful.account_id], installation(session).zone)
    (ask,) = asks[doubtful.contact_id]
    assert (ask.answered_on, ask.unanswered_on) == (None, doubtful.invitation.closes_at.date())
    review(session, doubtful, after, is_person=True)
    assert shares(session, now) == (1, 0, 0, 0)
    task = session.scalars(sa.select(Task).filter_by(kind=TaskKind.SILENT)).one()
    assert task.state is TaskState.CLOSED


def test_a_silence_that_a_late_machine_ended_stands_again(session, now):
    ask = make.invitation(sent_at=now - 30 * DAY)
    for invitation in closing.expire_due(session, now=now):
        journey.invitation_expired(session, invitation, now=now)
    recorded = make.answer(2, invitation=ask, is_automatic=True, now=now)
    task = session.scalars(sa.select(Task).filter_by(kind=TaskKind.SILENT)).one()
    assert (ask.state, task.state) == (State.ANSWERED, TaskState.CLOSED)
    review(session, session.get_one(Response, recorded.response_id), now, is_person=False)
    assert (ask.state, ask.silent_at, ask.is_late) == (State.SILENT, ask.closes_at, False)
    assert (task.state, task.closing_comment) == (TaskState.REOPENED, None)


def test_who_unsubscribed_meanwhile_is_not_reminded(session, now, doubtful):
    journey.contact_unsubscribed(session, doubtful.contact, now=now, actor=SYSTEM)
    review(session, doubtful, now, is_person=False)
    assert (doubtful.invitation.state, doubtful.invitation.remind_at) == (State.CANCELLED, None)


def test_the_page_knows_nothing_of_a_machines_answer(session, now, app, settings):
    ask = make.invitation(sent_at=clock.now() - DAY)
    recorded = make.answer(2, invitation=ask, is_automatic=True, now=clock.now())
    page = f"/a/{make.token(settings, ask)}"
    client = app.test_client(use_cookies=False)
    assert "answered already" in client.get(page).text
    review(session, session.get_one(Response, recorded.response_id), clock.now(), is_person=False)
    assert "answered already" not in client.get(page).text
    assert client.get(f"{page}/thanks").status_code == 302
    sent = client.post(
        page, data={"score": "9"}, headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/150"}
    )
    assert sent.status_code == 303
    assert "Thank you" in client.get(f"{page}/thanks").text
    session.expire_all()
    assert session.get_one(Response, recorded.response_id).counts


def test_nobody_reviews_what_nobody_doubts(session, now):
    recorded = make.answer(9, now=now)
    response = session.get_one(Response, recorded.response_id)
    with pytest.raises(Refused, match="nothing to review"):
        journey.answer_reviewed(session, response, is_person=True, actor=SYSTEM, now=now)


def test_it_is_shown_where_answers_are_and_settled_with_a_press(session, sign_in, doubtful, app):
    app.config["WTF_CSRF_ENABLED"] = False
    csm = sign_in("csm")
    address = f"/reports/responses/{doubtful.id}/review"
    pages = [
        "/reports/reviews",
        f"/accounts/{doubtful.account_id}",
        f"/contacts/{doubtful.contact_id}",
    ]
    for page in pages:
        assert address in csm.get(page).text, page
        assert address not in sign_in("viewer").get(page).text, page
    assert "1 answer may be a machine" in csm.get("/reports/responses").text
    assert csm.post(address, data={"verdict": "perhaps"}).status_code == 400
    assert csm.post("/reports/responses/999/review", data={"verdict": "person"}).status_code == 404
    settled = csm.post(address, data={"verdict": "machine", "next": "//evil.example"})
    assert (settled.status_code, settled.location.partition("#")[0]) == (
        303,
        f"/contacts/{doubtful.contact_id}",
    )
    assert "sent by a machine" in csm.get(pages[1]).text
    assert "No answer waits" in csm.get(pages[0]).text
    csm.post(address, data={"verdict": "person"})
    transactions.read(db.session)
    assert db.session.get_one(Response, doubtful.id).counts
    assert "A machine after all" in csm.get(pages[2]).text
