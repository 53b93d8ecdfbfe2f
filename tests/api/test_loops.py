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
        "opened": 5, "open": 3, "closed": 2, "told": 1, "not_told": 1, "share_told": 0.2
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


def test_days_in_which_nothing_was_promised_say_so(session, sign_in, api):
    assert "Nothing was promised in these days" in sign_in("viewer").get("/reports/loops").text
    assert api.get("/reports/loops").json["promises"]["share_kept"] is None
    assert api.get("/reports/loops?from=2026-02-01&to=2026-01-01").status_code == 422
