"""Promises kept, broken and open, by owner, and who was told: the page, its list and the API say the same."""

from __future__ import annotations

from datetime import timedelta

from app.core import clock
from app.core.audit import SYSTEM
from app.followups import activities
from app.followups.models import ActivityKind, Outcome, Task, TaskState
from app.followups.promises import giving
from app.followups.promises.giving import Wanted
from app.followups.promises.models import Way
from app.followups.settling.models import Settlement
from app.responses import asks
from tests import make

WEEK = timedelta(days=7)


def promised(session, owner, *, ago, touched_after=None, is_rehearsal=False):
    """Somebody of `owner`'s accounts answered and asked to be contacted so long `ago`."""
    then = clock.now() - ago
    person = make.contact(account=make.account(owner=owner))
    wave = make.wave(is_rehearsal=is_rehearsal)
    ask = make.invitation(contact=person, wave=wave, sent_at=then - timedelta(days=1))
    make.answer(3, invitation=ask, now=then)
    found = giving.give(session, asks.by_id(session.connection(), ask.id), Wanted(Way.MAIL), now=then)
    if touched_after is not None:
        at = then + touched_after
        activities.log(
            session, found.task, ActivityKind.CALL, "Hello.", at=at, is_two_way=True, by=SYSTEM, now=at
        )
    return found


def test_page_list_and_api_count_the_same_promises(session, sign_in, api):
    ines, tom = make.staff(name="Ines Vogel"), make.staff(name="Tom Reyes")
    promised(session, ines, ago=4 * WEEK, touched_after=timedelta(hours=2))
    promised(session, ines, ago=4 * WEEK, touched_after=2 * WEEK)
    promised(session, tom, ago=4 * WEEK)
    promised(session, tom, ago=timedelta(0))
    promised(session, None, ago=timedelta(0)).withdrawn_at = clock.now()
    promised(session, tom, ago=4 * WEEK, is_rehearsal=True)
    done, quiet = session.query(Task).order_by(Task.id).limit(2)
    for task, is_told in ((done, True), (quiet, False)):
        task.outcome, task.customer_told = Outcome.RESOLVED, is_told
        task.move(TaskState.CLOSED, now=clock.now(), by="x")
    session.commit()
    found = api.get("/reports/loops").json
    kept_late = {"made": 5, "kept": 1, "broken": 2, "open": 1, "withdrawn": 1, "kept_late": 1}
    assert found["promises"] == kept_late | {"share_kept": 1 / 3}
    assert {one["name"]: (one["kept"], one["broken"], one["open"]) for one in found["owners"]} == {
        "Ines Vogel": (1, 1, 0),
        "Tom Reyes": (0, 1, 1),
        "": (0, 0, 0),
    }
    assert found["follow_ups"] == {
        "opened": 5, "open": 3, "closed": 2, "told": 1, "not_told": 1, "share_told": 0.2,
        "asked": 0, "confirmed": 0, "share_confirmed": None,
    }  # fmt: skip
    client = sign_in("viewer")
    page = client.get("/reports/loops").text
    assert "33" in page
    assert page.count("data-key-item") == 5
    broken = client.get("/reports/loops?state=broken").text
    assert broken.count("data-key-item") == 2
    assert client.get(f"/reports/loops?state=broken&owner={tom.id}").text.count("data-key-item") == 1
    assert client.get("/reports/loops?owner=nobody").text.count("data-key-item") == 1
    rows = client.get("/reports/loops.csv?state=broken").text.splitlines()
    assert len(rows) == 3
    assert all(",broken,1" in row for row in rows[1:])


def test_what_is_said_of_loops_equals_a_recount_of_the_tasks(session, api):
    """Every way in which a follow-up can stand, counted here one by one from its row."""
    now = clock.now()
    for number in range(36):
        then = now - timedelta(days=number % 4, hours=3)
        ask = make.invitation(sent_at=then - WEEK)
        make.answer(number % 11, invitation=ask, now=then)
        task = session.query(Task).filter_by(contact_id=ask.contact_id).filter(Task.response_id > 0).first()
        task.first_touch_due_at, task.due_at = (
            now + timedelta(hours=h) for h in (number % 5 - 1.5, number % 7 - 1.5)
        )
        if number % 3:
            task.first_touched_at = now - timedelta(hours=number % 4)
        if number % 2:
            task.outcome, task.customer_told = Outcome.RESOLVED, number % 4 == 1
            task.move(TaskState.CLOSED, now=now - timedelta(hours=number % 3), by="x")
            asked_at = task.closed_at - timedelta(minutes=number % 5 == 0)
            said = [None, "yes", "not_yet"][number % 3]
            told = {"asked_at": asked_at, "asked_by": "x", "said": said}
            make.saved(Settlement(task_id=task.id, invitation_id=ask.id, **told))
    session.commit()
    rows = [task for task in session.query(Task) if task.response_id]
    closed = [task for task in rows if task.closed_at]
    newest = {one.task_id: one for one in session.query(Settlement)}
    asked = [t for t in closed if newest[t.id].asked_at >= t.closed_at] if closed else []
    assert len(rows) >= 36
    found = api.get("/reports/loops").json
    assert found["follow_ups"] == {
        "opened": len(rows),
        "open": len(rows) - len(closed),
        "closed": len(closed),
        "told": sum(t.customer_told for t in closed),
        "not_told": sum(not t.customer_told for t in closed),
        "share_told": sum(t.customer_told for t in closed) / len(rows),
        "asked": len(asked),
        "confirmed": sum(newest[t.id].said == "yes" for t in asked),
        "share_confirmed": sum(newest[t.id].said == "yes" for t in asked) / len(asked),
    }
    for name, ended, limit in (
        ("first_touch", lambda t: t.first_touched_at, lambda t: t.first_touch_due_at),
        ("resolution", lambda t: t.closed_at, lambda t: t.due_at),
    ):
        stands = [standing(ended(t), t.closed_at, limit(t), now) for t in rows]
        clock_of = found["clocks"][name]
        counted = {words: clock_of[words] for words in ("met", "missed", "running", "needless")}
        assert counted == {words: stands.count(words) for words in counted}
        assert min(clock_of["met"], clock_of["missed"], clock_of["running"]) > 0


def standing(ended, closed, limit, now) -> str:
    """How one follow-up stands by one clock."""
    if (ended or closed or now) > limit:
        return "missed"
    return "met" if ended else "needless" if closed else "running"


def test_days_in_which_nothing_was_promised_say_so(session, sign_in, api):
    assert "Nothing was promised in these days" in sign_in("viewer").get("/reports/loops").text
    assert api.get("/reports/loops").json["promises"]["share_kept"] is None
    assert api.get("/reports/loops?from=2026-02-01&to=2026-01-01").status_code == 422
