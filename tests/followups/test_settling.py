"""Whether what we closed is settled for the customer too: asked by mail, said by a button, counted apart."""

from __future__ import annotations

import contextvars
import re
from datetime import datetime, timedelta
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from app import jobs, journey
from app.core import audit, clock
from app.core.outbox_rows import OutboxRow
from app.core.tokens import Signer
from app.followups import queue
from app.followups.models import Activity, Task, TaskChange, TaskState
from app.followups.queue import QueueFilter
from app.followups.settling.models import Settlement, Verdict
from app.followups.undoing.keeping import WITHIN
from app.reports.loops import counts
from tests import make
from tests.posting import post, token

ENDED = {"cause": "product_bug", "outcome": "resolved", "comment": "Mended the export."}


@pytest.fixture
def csm(sign_in):
    return sign_in("csm")


def unhappy(owner=None, *, language="en", now=None, **given):
    """The task about a detractor's answer of yesterday."""
    then = (now or clock.now()) - timedelta(days=1)
    person = make.contact(language=language, account=make.account(owner=owner), **given)
    ask = make.invitation(contact=person, sent_at=then - timedelta(days=1), language=language)
    make.answer(2, invitation=ask, now=then)
    return ask


def task_of(session, ask) -> Task:
    return session.scalars(sa.select(Task).where(Task.contact_id == ask.contact_id)).one()


def wednesday_after(moment: datetime) -> datetime:
    """Ten in the morning of a day on which mails of this kind leave."""
    return (moment + timedelta(days=(2 - moment.weekday()) % 7 or 7)).replace(hour=10)


def close(csm, task, **more):
    url = f"/tasks/{task.id}"
    return post(csm, f"{url}/resolution", url, **ENDED, **more)


def test_the_mail_asks_in_their_language_with_our_line_and_its_links_change_nothing(
    csm, session, client, settings, office, sink
):
    office.mailer.signer = Signer([settings.SECRET_KEY])
    ask = unhappy(csm.person, language="de", email="kim@one.example")
    task = task_of(session, ask)
    sent = close(csm, task, ask_settled="y", words_to_customer="Der Export <geht> wieder.")
    assert sent.status_code == 303
    assert "Will be asked" in csm.get(f"/tasks/{task.id}").text
    assert (
        session.scalar(sa.select(OutboxRow.due_at)) - session.scalar(sa.select(Settlement.asked_at)) == WITHIN
    )
    office.now = wednesday_after(clock.now())
    office.send()
    (mail,) = (taken.message for taken in sink.taken)
    for outcome in office.notices:
        jobs.mail_ended(outcome)
    session.commit()
    html = mail.get_body(("html",)).get_content()
    assert mail["Subject"] == "Ist das erledigt?"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "&lt;geht&gt; wieder" in html
    links = re.findall(r'href="[^"]*?(/a/[^"]*/settled\?say=\w+)"', html)
    assert [link.rpartition("=")[2] for link in links] == ["yes", "not_yet"]
    for link in links:
        page = client.get(link)
        assert page.status_code == 200
        assert 'name="say" value="yes"' in page.text
    session.expire_all()
    assert session.scalars(sa.select(Settlement.said)).one() is None
    assert "Asked whether it is settled" in csm.get(f"/tasks/{task.id}").text


def test_not_yet_opens_it_again_at_the_top_and_yes_is_counted_apart(csm, session, client, settings):
    ask, other = unhappy(csm.person), unhappy(csm.person)
    urgent = make.task(owner=csm.person, priority=99)
    for one in (ask, other):
        close(csm, task_of(session, one), ask_settled="y")
    link = f"/a/{make.token(settings, ask)}/settled"
    assert client.post(link, data={"say": "perhaps"}).status_code == 303
    gateway = {"User-Agent": "Mozilla/5.0 (compatible; Mimecast URL inspection)"}
    assert client.post(link, data={"say": "yes"}, headers=gateway).status_code == 303
    assert session.scalars(sa.select(Settlement.said)).all() == [None, None]
    said = client.post(link, data={"say": "not_yet", "missing": "Only <b>half</b> of it."})
    assert (said.status_code, said.headers["Location"]) == (303, link)
    session.expire_all()
    task = task_of(session, ask)
    assert (task.state, task.first_touched_at) == (TaskState.REOPENED, None)
    assert task.first_touch_due_at > clock.now()
    first = queue.tasks(session, QueueFilter(csm.person.id), now=clock.now(), zone=ZoneInfo("UTC"))[0]
    assert (first.id, urgent.priority) == (task.id, 99)
    page = csm.get(f"/tasks/{task.id}").text
    assert "not settled yet. Only &lt;b&gt;half" in page
    assert "It is open again" in client.get(link).text
    client.post(f"/a/{make.token(settings, other)}/settled", data={"say": "yes"})
    today = clock.now().date()
    days = counts.Days(today - timedelta(days=7), today + timedelta(days=1), ZoneInfo("UTC"))
    found = counts.closing(session, days)
    assert (found.closed, found.asked, found.confirmed, found.share_confirmed) == (1, 1, 1, 1.0)
    assert "Confirmed by the customer" in csm.get(f"/tasks/{task_of(session, other).id}").text
    assert "Confirmed by the customer <b>1</b>" in csm.get("/reports/loops").text


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_an_undone_close_asks_nothing(csm, session):
    task = task_of(session, unhappy(csm.person))
    close(csm, task, ask_settled="y")
    url = f"/tasks/{task.id}"
    post(csm, f"{url}/reopening", url)
    session.expire_all()
    assert session.scalars(sa.select(Settlement)).all() == []
    assert session.scalars(sa.select(OutboxRow)).all() == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_who_cannot_be_asked_is_not(csm, session, client, settings):
    gone, quiet = unhappy(csm.person), unhappy(csm.person)
    gone.contact.unsubscribe(now=clock.now())
    session.commit()
    assert "ask_settled" not in csm.get(f"/tasks/{task_of(session, gone).id}").text
    assert "ask_settled" in csm.get(f"/tasks/{task_of(session, quiet).id}").text
    close(csm, task_of(session, gone), ask_settled="y")
    assert session.scalars(sa.select(Settlement)).all() == []
    link = f"/a/{make.token(settings, quiet)}/settled"
    assert client.get(link).status_code == 302
    assert client.post(link, data={"say": "not_yet"}).status_code == 302


def test_what_somebody_wrote_goes_with_them(session):
    task = task_of(session, unhappy(now=make.NOW))
    asks = {"task_id": task.id, "invitation_id": task.response.invitation_id, "asked_by": "x"}
    row = make.saved(Settlement(asked_at=make.NOW, words="It is still slow.", **asks))
    told = journey.person_told(session, task.contact)
    assert told["settlements"][0]["words"] == "It is still slow."
    journey.person_erased(session, task.contact, now=make.NOW, actor=audit.SYSTEM)
    session.refresh(row)
    assert (row.words, task.state) == ("", TaskState.CLOSED)


def at_once(*presses):
    """Press at the same moment, each over a connection of its own; what each got."""
    start, found = Barrier(len(presses)), [None] * len(presses)

    def run(place, press):
        start.wait()
        found[place] = press()

    threads = [
        Thread(target=contextvars.Context().run, args=(run, place, press))
        for place, press in enumerate(presses)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_who_close_at_once_close_once_and_one_is_told(session, sign_in):
    people = sign_in("csm", name="Ana"), sign_in("csm", name="Ben")
    task = task_of(session, unhappy())
    url = f"/tasks/{task.id}"
    session.commit()
    forms = [
        ENDED | {"ask_settled": "y", "csrf_token": token(page.text)}
        for page in [person.get(url) for person in people]
    ]
    session.rollback()
    answers = at_once(
        *(
            lambda person=person, form=form: person.post(f"{url}/resolution", data=form)
            for person, form in zip(people, forms, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    session.expire_all()
    closed = sa.select(sa.func.count()).where(TaskChange.state == TaskState.CLOSED)
    assert session.scalar(closed) == 1
    assert session.scalar(sa.select(sa.func.count(Settlement.id))) == 1


def test_saying_it_twice_is_saying_it_once(session, settings, app):
    ask = unhappy(now=make.NOW)
    task = task_of(session, ask)
    task.outcome = "resolved"
    task.move(TaskState.CLOSED, now=make.NOW, by="x")
    make.saved(Settlement(task_id=task.id, invitation_id=ask.id, asked_at=clock.now(), asked_by="x"))
    session.commit()
    link = f"/a/{make.token(settings, ask)}/settled"
    press = lambda: app.test_client().post(link, data={"say": "not_yet"})  # noqa: E731
    session.rollback()
    assert [answer.status_code for answer in at_once(press, press, press)] == [303] * 3
    session.expire_all()
    notes = session.scalars(sa.select(Activity.words)).all()
    assert (len(notes), task_of(session, ask).state) == (1, TaskState.REOPENED)
    assert session.scalars(sa.select(Settlement.said)).one() is Verdict.NOT_YET
