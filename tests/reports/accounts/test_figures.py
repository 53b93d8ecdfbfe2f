"""The figures beside the scores."""

from __future__ import annotations

from datetime import timedelta

from app.contacts.models import ContactRole
from app.delivery.models import InvitationState
from app.reports.accounts.figures import Figures, figures
from app.reports.statistics.nps import Counts, estimate
from tests import make
from tests.conftest import NOW

DAY = timedelta(days=1)


def of(session, account, today) -> Figures:
    return figures(session, [account.id], today=today.day, now=today.now)[account.id]


def test_nine_nine_three_are_two_promoters_no_passive_one_detractor(session, story, today):
    found = of(session, story(9, 9, 3), today)
    assert found.bands == Counts(detractors=1, passives=0, promoters=2)
    assert round(found.bands.nps) == 33
    assert estimate(found.bands).nps is None, "three answers are too few for a figure"


def test_each_person_has_one_vote_of_the_last_180_days(session, today):
    person = make.contact()
    for days, score in ((0, 10), (90, 2), (179, 2)):
        ask = make.invitation(contact=person, sent_at=NOW - days * DAY)
        make.response(score, invitation=ask, submitted_at=NOW - days * DAY)
    old = make.invitation(contact=make.contact(account=person.account), sent_at=NOW - 180 * DAY)
    make.response(2, invitation=old, submitted_at=NOW - 180 * DAY)
    assert of(session, person.account, today).bands == Counts(promoters=1)


def test_rehearsals_and_unreviewed_automatic_answers_stay_out(session, today):
    account = make.account()
    rehearsal = make.wave(is_rehearsal=True)
    make.response(3, invitation=make.invitation(contact=make.contact(account=account), wave=rehearsal))
    automatic = make.invitation(contact=make.contact(account=account))
    make.response(3, invitation=automatic, is_maybe_automatic=True)
    assert of(session, account, today).bands == Counts()


def test_silent_are_those_who_are_there_and_let_their_last_ask_pass(session, story, today):
    account = story(9)
    assert of(session, account, today).silent == 1
    came_back = make.contact(account=account)
    for days, state in ((60, "silent"), (10, "answered")):
        at = NOW - days * DAY
        ask = make.invitation(contact=came_back, state=state, sent_at=at, **{f"{state}_at": at})
        assert ask.state == state
    gone = make.contact(account=account)
    make.invitation(contact=gone, state=InvitationState.SILENT, silent_at=NOW)
    gone.leave(on=NOW.date())
    session.flush()
    assert of(session, account, today).silent == 1


def test_tasks_are_counted_open_and_overdue(session, today):
    task = make.task()
    make.task(account=task.account, due_at=NOW - DAY, first_touch_due_at=NOW - DAY)
    found = of(session, task.account, today)
    assert (found.open_tasks, found.overdue_tasks) == (2, 1)


def test_an_account_without_anything_has_nothing(session, today):
    make.contact(role=ContactRole.CHAMPION)
    account = make.account()
    assert of(session, account, today) == Figures()


def test_who_moved_to_another_customer_is_silent_there(session, today):
    former, present = make.account(name="Former"), make.account(name="Present")
    person = make.contact(account=former)
    make.invitation(contact=person, state=InvitationState.SILENT, silent_at=NOW)
    person.account = present
    session.flush()
    assert [of(session, account, today).silent for account in (former, present)] == [0, 1]
