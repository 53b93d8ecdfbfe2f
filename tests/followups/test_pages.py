"""The queue and the task page, as a CSM uses them."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.audit import Actor
from app.followups import queue
from app.followups.models import Activity, Cause, Outcome, Task, TaskKind, TaskState
from app.followups.resolution import Resolution, resolve
from app.sentiment.models import Label, StoredReading
from tests import make
from tests.posting import post, token


@pytest.fixture
def csm(sign_in):
    return sign_in("csm")


def test_before_the_first_task_the_queue_says_what_will_stand_there_and_shows_no_figures(csm):
    page = csm.get("/queue").text.partition("<main")[2]
    assert "No follow-up yet" in page
    assert "Overdue" not in page
    assert "Apply" not in page


def test_an_empty_queue_says_so_and_a_filtered_one_offers_to_clear(csm, session):
    make.task(account=make.account(name="Of somebody else"))
    session.commit()
    assert "Every answer and silence in this queue has been followed up" in csm.get("/queue").text
    assert "Clear the filters" in csm.get("/queue?kind=detractor").text
    assert "Nothing closed yet" in csm.get("/queue?state=closed").text


def test_a_csm_sees_their_own_queue_first(csm, session):
    make.task(owner=csm.person, account=make.account(name="Mine Ltd"))
    make.task(account=make.account(name="Orphan Ltd"))
    session.commit()
    assert "Mine Ltd" in csm.get("/queue").text
    assert "Orphan Ltd" not in csm.get("/queue").text
    assert "Orphan Ltd" in csm.get("/queue?owner=nobody").text
    assert csm.get("/queue?owner=99999999999999999999&start=-5&kind=x&q=%00").status_code == 200
    assert csm.get("/queue?owner=%C2%B2").status_code == 200


def test_what_is_at_stake_stands_in_the_queue_and_beside_the_task(csm, session):
    today = clock.now().date()
    soon = make.account(tier=1, arr=120_000, currency="EUR", renewal_on=today + timedelta(days=30))
    task = make.task(owner=csm.person, account=soon)
    make.answer(3, now=clock.now(), invitation=make.invitation(contact=task.contact, sent_at=clock.now()))
    make.task(owner=csm.person, account=make.account(tier=3, renewal_on=today + timedelta(days=300)))
    session.commit()
    rows = csm.get("/queue").text
    assert rows.count("renews in") == 1
    assert re.search(r"Tier 1 · <[^>]*>renews in 30 days", rows)
    assert "Tier 3" in rows
    page = csm.get(f"/tasks/{task.id}").text
    assert "120,000 EUR" in page
    assert re.search(rf'Relationship</span>\s*<a href="/accounts/{soon.id}" class="score', page)


def test_a_long_queue_says_which_of_how_many_tasks_are_shown(csm, session):
    for _ in range(65):
        make.task(owner=csm.person, account=make.account())
    session.commit()
    assert "1 to 30 of 65" in csm.get("/queue").text
    last = csm.get("/queue?start=60").text
    assert (last.count("data-key-item"), "61 to 65 of 65" in last, "start=30" in last) == (5, True, True)
    assert "The list ends before this page" in csm.get("/queue?start=90").text
    assert "Nothing matches" in csm.get("/queue?start=90&kind=passive").text


def test_names_and_comments_are_inert(csm, session):
    bad = "<img src=x onerror=alert(1)>{{7*7}}"
    task = make.task(
        owner=csm.person, contact=make.contact(first_name=bad), response=make.response(2, comment=bad)
    )
    session.commit()
    for page in (csm.get("/queue"), csm.get(f"/tasks/{task.id}")):
        assert "<img src=x" not in page.text
        assert "&lt;img src=x" in page.text
        assert "{{7*7}}" in page.text


def test_logging_a_call_stops_the_clock(csm, session):
    task = make.task(owner=csm.person)
    session.commit()
    url = f"/tasks/{task.id}"
    assert post(csm, f"{url}/activities", url, kind="call", text="").status_code == 400
    done = post(csm, f"{url}/activities", url, kind="call", text="She was glad we called.", two_way="y")
    assert done.status_code == 303
    session.expire_all()
    assert session.get(Task, task.id).state == TaskState.CONTACTED
    assert session.scalars(sa.select(Activity.words)).all() == ["She was glad we called."]


def test_closing_asks_for_the_cause_keeps_what_was_typed_and_opens_the_next(csm, session):
    first = make.task(owner=csm.person, priority=9)
    second = make.task(owner=csm.person, priority=1)
    session.commit()
    url = f"/tasks/{first.id}"
    refused = post(csm, f"{url}/resolution", url, outcome="resolved", comment="Typed already")
    assert refused.status_code == 400
    assert "Choose the main cause" in refused.text
    assert "Typed already" in refused.text
    done = post(csm, f"{url}/resolution", url, cause="product_bug", outcome="resolved", comment="Fixed")
    assert done.status_code == 303
    assert done.location.startswith(f"/tasks/{second.id}")
    session.expire_all()
    assert session.get(Task, first.id).state == TaskState.CLOSED
    last = post(
        csm,
        f"/tasks/{second.id}/resolution",
        f"/tasks/{second.id}",
        cause="other",
        outcome="lost",
        comment="x",
    )
    assert last.location.startswith("/queue")


def test_next_walks_through_the_whole_queue_and_begins_again_behind_the_last(session, now):
    late = make.task(priority=1, due_at=now - timedelta(hours=1))
    urgent, usual = make.task(priority=70), make.task(priority=40)
    twin = make.task(priority=40, first_touch_due_at=usual.first_touch_due_at, due_at=usual.due_at)
    session.commit()

    def following(task, chosen=queue.QueueFilter()):
        return queue.next_task(session, chosen, now=now, zone=ZoneInfo("UTC"), after=task)

    assert [following(task) for task in (late, urgent, usual, twin)] == [urgent, usual, twin, late]
    usual.snoozed_until = now + timedelta(days=1)
    session.flush()
    assert following(urgent) is twin
    assert following(usual) is twin
    for task, at in ((urgent, now), (usual, now - timedelta(hours=1))):
        task.state, task.closed_at, task.outcome = TaskState.CLOSED, at, Outcome.RESOLVED
    session.flush()
    assert following(urgent) is twin
    assert following(urgent, queue.QueueFilter(closed=True)) is usual


def test_the_next_task_of_the_same_customer_comes_first(csm, session, now):
    """In the order A1, B, A2, C by standing it is A1, A2, B, C by customers, whether they are closed or only looked at."""
    acme, beta = make.account(), make.account()
    first, other = make.task(account=acme, priority=90), make.task(account=beta, priority=80)
    second, last = make.task(account=acme, priority=70), make.task(priority=60)
    walk = [first, second, other, last]
    for task in walk:
        task.owner = csm.person
    session.commit()

    def following(task, chosen=queue.QueueFilter()):
        return queue.next_task(session, chosen, now=now, zone=ZoneInfo("UTC"), after=task)

    assert [following(task) for task in walk] == [second, other, last, first]
    assert following(first, queue.QueueFilter(owner=make.staff().id)) is None
    url = f"/tasks/{first.id}"
    done = post(csm, f"{url}/resolution", url, cause="product_bug", outcome="resolved", comment="Fixed")
    assert done.location.startswith(f"/tasks/{second.id}")
    assert "of the same customer: one conversation" in csm.get(done.location).text
    session.expire_all()
    second.state, second.closed_at, second.outcome = TaskState.CLOSED, now, Outcome.RESOLVED
    session.flush()
    assert following(second) == other
    assert following(other) == last


def test_a_closed_task_refuses_a_second_close_and_reopens(csm, session):
    task = make.task(owner=csm.person)
    session.commit()
    url = f"/tasks/{task.id}"
    fields = {"cause": "other", "outcome": "resolved", "comment": "Done"}
    post(csm, f"{url}/resolution", url, **fields)
    assert post(csm, f"{url}/resolution", "/queue?owner=all&state=closed", **fields).status_code == 409
    assert post(csm, f"{url}/reopening", url).status_code == 303
    session.expire_all()
    assert session.get(Task, task.id).state == TaskState.REOPENED


def test_a_close_by_mistake_is_undone_where_it_led_to_and_loses_no_word(csm, session):
    person = make.contact(first_name="Tuva", last_name="Berg")
    first, second = make.task(owner=csm.person, contact=person, priority=9), make.task(owner=csm.person)
    session.commit()
    url, fields = f"/tasks/{first.id}", {"cause": "other", "outcome": "improved", "comment": "Called her."}
    done = post(csm, f"{url}/resolution", url, **fields)
    assert done.location.startswith(f"/tasks/{second.id}?")
    page = csm.get(done.location)
    assert f"{url}/reopening" in page.text
    assert "Tuva Berg" in page.text
    assert "none before it was closed" in csm.get(url).text, "nobody was in touch, and nothing says otherwise"
    again = csm.post(f"{url}/reopening", data={"csrf_token": token(page)})
    page = csm.get(again.location).text.partition('id="close"')[2]
    assert re.search(r'<option selected value="other">', page)
    assert re.search(r'checked[^>]* value="improved"', page)
    assert page.count("Called her.") == 2, "in the form, and under what happened"
    assert f"{url}/reopening" not in csm.get(done.location).text
    assert csm.get(f"/tasks/{second.id}?finished=99999999999").status_code == 200


def test_who_was_slower_reads_who_closed_it_and_why_and_loses_no_word(csm, session):
    task = make.task(owner=csm.person)
    resolution = Resolution(Outcome.NO_CHANGE, "They stay, with a discount.", Cause.COMMERCIAL_PRICE)
    resolve(task, resolution, now=clock.now(), by=Actor("staff", 0, "Marc Duval"))
    session.commit()
    url = f"/tasks/{task.id}"
    fields = {"cause": "product_bug", "causes_more": ["service_csm"], "outcome": "lost", "customer_told": "y"}
    sent = post(csm, f"{url}/resolution?kind=detractor", "/settings/you", **fields, comment="Sie gehen.")
    words = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", sent.text)))
    assert sent.status_code == 409
    for said in ("Marc Duval closed it", "They stay, with a discount.", "Price", "No change"):
        assert said in words
    for typed in (
        "Something is broken",
        "Our account team",
        "Lost: the customer leaves",
        "yes",
        "Sie gehen.",
    ):
        assert typed in words
    for code in ("product_bug", "service_csm", "no_change", "Try again with"):
        assert code not in sent.text
    assert f'href="{url}?owner={csm.person.id}&amp;kind=detractor"' in sent.text
    assert f'href="/queue?owner={csm.person.id}&amp;kind=detractor"' in sent.text
    logged = post(csm, f"{url}/activities", "/settings/you", kind="call", text="He was away.")
    assert (logged.status_code, "He was away." in logged.text) == (409, True)
    assert post(csm, f"{url}/snooze", "/settings/you", until="2030-01-01").status_code == 409
    session.expire_all()
    assert (task.outcome, task.activities, task.snoozed_until) == (Outcome.NO_CHANGE, [], None)


def test_opening_again_what_is_open_is_no_mistake(csm, session):
    task = make.task(owner=csm.person)
    session.commit()
    again = post(csm, f"/tasks/{task.id}/reopening", "/settings/you")
    assert again.status_code == 303
    assert "open already" in csm.get(again.location).text


def test_snooze_and_hand_over(csm, session):
    task, colleague = make.task(owner=csm.person), make.staff(name="Marc Duval")
    session.commit()
    url = f"/tasks/{task.id}"
    soon = (clock.now() + timedelta(days=3)).date().isoformat()
    assert post(csm, f"{url}/snooze", url, until="2001-01-01").status_code == 400
    assert post(csm, f"{url}/snooze", url, until=soon).status_code == 303
    assert post(csm, f"{url}/owner", url, owner=str(colleague.id)).status_code == 303
    assert post(csm, f"{url}/owner", url, owner="123456").status_code == 400
    session.expire_all()
    changed = session.get(Task, task.id)
    assert (changed.owner.name, changed.snoozed_until.date().isoformat()) == ("Marc Duval", soon)


def test_a_task_is_put_aside_until_a_near_day_by_one_press(csm, session):
    task = make.task(owner=csm.person)
    session.commit()
    url = f"/tasks/{task.id}"
    days = re.findall(r'name="until" value="([^"]+)">(\w{3} [^<]+)</button>', csm.get(url).text)
    assert len(days) == 3
    assert all(name[:3] in {"Mon", "Tue", "Wed", "Thu", "Fri"} for _day, name in days)
    assert post(csm, f"{url}/snooze", url, until=["", days[1][0]]).status_code == 303
    session.refresh(task)
    assert task.snoozed_until.date().isoformat() == days[1][0]


def test_what_is_put_aside_is_listed_and_can_be_taken_up_before_its_day(csm, session):
    now, person = clock.now(), make.contact(last_name="Berg")
    task = make.task(owner=csm.person, contact=person, due_at=now + timedelta(days=9))
    task.first_touch_due_at, task.snoozed_until = now + timedelta(days=5), now + timedelta(days=3)
    session.commit()
    page = csm.get("/queue").text
    assert "Berg" not in page
    assert "and 1 put aside" in page
    aside = csm.get("/queue?state=aside").text
    assert "put aside until" in aside
    assert "priority</span></span></td>" in aside
    assert "Berg" in csm.get("/queue?q=Kim+Berg").text
    url = f"/tasks/{task.id}"
    assert post(csm, f"{url}/snooze/ended", url).status_code == 303
    assert "Berg" in csm.get("/queue").text
    assert "Nothing is put aside" in csm.get("/queue?state=aside").text


def test_handing_over_and_putting_aside_are_dated_lines_of_the_story_with_who_and_why(csm, session):
    task, colleague = make.task(owner=csm.person), make.staff(name="Marc Duval")
    session.commit()
    url, soon = f"/tasks/{task.id}", (clock.now() + timedelta(days=3)).date().isoformat()
    assert post(csm, f"{url}/snooze", url, until=soon, why_aside="On <leave> until then").status_code == 303
    assert post(csm, f"{url}/snooze/ended", url).status_code == 303
    assert post(csm, f"{url}/activities", url, kind="note", text="A first note").status_code == 303
    for why in ("Speaks French", "Pressed twice"):
        assert post(csm, f"{url}/owner", url, owner=str(colleague.id), why_owner=why).status_code == 303
    told = html.unescape(re.sub(r"<[^>]+>", " ", csm.get(url).text.split("So far")[1].split("<aside")[0]))
    lines = (
        "Handed over to Marc Duval",
        "Speaks French",
        "A first note",
        "Taken up before",
        "Put aside until",
    )
    places = [told.index(words) for words in (*lines, "On <leave> until then", "Opened")]
    assert places == sorted(places)
    assert told.count(csm.person.name) == 4
    assert "Pressed twice" not in told
    at = make.staff(role="csm", name="Ines Vogel")
    assert post(csm, f"{url}/owner", url, owner=str(at.id), why_owner="x" * 501).status_code == 400


def test_an_error_beside_the_task_is_told_on_top_of_its_form(csm, session):
    task = make.task(owner=csm.person)
    session.commit()
    url = f"/tasks/{task.id}"
    for what in ("snooze", "owner"):
        page = post(csm, f"{url}/{what}", url)
        assert (page.status_code, page.text.count("data-focus")) == (400, 1)


def test_a_task_is_handed_to_those_who_can_work_on_it(csm, session):
    reader, task = make.staff(name="Only Reads", role="viewer"), make.task(owner=csm.person)
    session.commit()
    url = f"/tasks/{task.id}"
    assert "Only Reads" not in csm.get(url).text
    assert post(csm, f"{url}/owner", url, owner=str(reader.id)).status_code == 400
    resolve(
        task, Resolution(Outcome.LOST, "x", Cause.OTHER), now=clock.now(), by=Actor("staff", None, "Ines")
    )
    session.commit()
    late = post(csm, f"{url}/owner", "/queue?owner=all&state=closed", owner=str(csm.person.id))
    assert late.status_code == 409


def test_the_figures_over_the_queue_open_the_lists_they_count(csm, session):
    make.task(owner=csm.person, kind=TaskKind.SILENT)
    session.commit()
    page = html.unescape(csm.get("/queue?kind=detractor&q=nobody").text)
    assert f'"/queue?owner={csm.person.id}&due=new"' in page


def test_a_viewer_reads_but_changes_nothing(sign_in, session):
    viewer, task = sign_in("viewer"), make.task(kind=TaskKind.SILENT)
    session.commit()
    page = viewer.get(f"/tasks/{task.id}")
    assert page.status_code == 200
    assert "Log it" not in page.text
    assert post(viewer, f"/tasks/{task.id}/activities", "/queue", kind="call", text="x").status_code == 403
    assert viewer.get("/tasks/999999").status_code == 404


def test_the_csv_recounts_to_the_figures_over_the_queue_and_is_inert(csm, session):
    late = clock.now() - timedelta(days=1)
    soon = clock.now() + timedelta(days=9)
    for due in (late, soon, soon):
        account = make.account(name='=HYPERLINK("x")')
        make.task(owner=csm.person, account=account, first_touch_due_at=due, due_at=soon, reason="@SUM(1)")
    make.task(account=make.account(name="Not mine"))
    session.commit()
    answer = csm.get("/queue.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert sum(int(row["counted"]) for row in rows) == 3
    assert sum(int(row["overdue"]) for row in rows) == 1
    assert sum(int(row["new"]) for row in rows) == 3
    assert {row["account"] for row in rows} == {'\'=HYPERLINK("x")'}
    assert {row["reason"] for row in rows} == {"'@SUM(1)"}
    page = csm.get("/queue").text
    assert re.search(r"Overdue</dt>\s*<dd[^>]*><a[^>]*>1</a>", page)
    assert len(list(csv.DictReader(io.StringIO(csm.get("/queue.csv?due=overdue").text)))) == 1


def test_all_chunks_of_the_csv_are_read(csm, session, now):
    person = make.contact()
    for _ in range(5):
        make.task(contact=person)
    chosen = queue.QueueFilter()
    found = list(queue.every(session, chosen, now=now, zone=ZoneInfo("UTC"), size=2))
    assert len({task.id for task in found}) == 5


def test_both_clocks_and_overdue_stand_in_words(csm, session):
    late = clock.now() - timedelta(days=2)
    task = make.task(owner=csm.person, first_touch_due_at=late, due_at=clock.now() + timedelta(days=20))
    session.commit()
    for page in (csm.get("/queue").text, csm.get(f"/tasks/{task.id}").text):
        assert "First touch" in page
        assert "Resolve" in page
        assert page.count("<b>Overdue</b>") == 1
        assert "priority" in page.lower()


@pytest.mark.parametrize(
    ("role", "before", "after"),
    [("csm", "/queue", "/queue"), ("manager", "/reports", "/reports"), ("admin", "/setup", "/reports")],
)
def test_everybody_starts_where_there_is_something_to_do(sign_in, session, role, before, after):
    person = sign_in(role)
    assert person.get("/").location == before
    make.account()
    session.commit()
    assert person.get("/").location == after


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_what_drove_the_reading_of_a_comment_is_marked_in_it(csm, session):
    said = "The <export> is terrible. Lovely people, though."
    answer = make.answer(2, comment=said, invitation=make.invitation(sent_at=clock.now()))
    session.commit()
    reading = session.scalars(sa.select(StoredReading)).one()
    url = (
        f"/tasks/{session.scalars(sa.select(Task.id).where(Task.response_id == answer.response_id)).first()}"
    )
    page = csm.get(url).text
    assert re.search(r'&lt;export&gt;.*<mark class="drove drove--bad"[^>]*>[^<]*terrible', page)
    assert re.search(r'<mark class="drove drove--good"[^>]*>[^<]*Lovely', page)
    reading.corrected = Label.POSITIVE
    session.commit()
    page = csm.get(url).text
    assert "<mark" not in page
    assert "&lt;export&gt; is terrible" in page
