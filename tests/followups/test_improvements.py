"""You said, we did: written by managers, read on thank-you pages by those whom it fits, in their language or not at all."""

from __future__ import annotations

from datetime import date, timedelta

from app.core import clock
from app.followups.improvements.models import Improvement
from app.followups.improvements.telling import Told, chosen
from app.followups.models import Cause, Outcome, Task, TaskState
from tests import make
from tests.posting import token

DAY = date(2026, 3, 4)


def entry(said: str, cause: Cause | None = None, days: int = 0, **words) -> Improvement:
    words = words or {"en": {"said": said, "did": "Done."}}
    return Improvement(words=words, cause=cause, from_on=DAY - timedelta(days=days))


def test_what_rests_on_the_persons_own_answers_comes_first_and_two_are_enough():
    entries = [
        entry("old", days=90),
        entry("new"),
        entry("own", Cause.PRODUCT_BUG, days=30),
        entry("others'", Cause.OTHER),
    ]
    assert chosen(entries, {Cause.PRODUCT_BUG}, "en-GB") == [
        Told("own", "Done.", True),
        Told("new", "Done.", False),
    ]
    assert [one.said for one in chosen(entries, set(), "en")] == ["new", "old"]
    assert chosen(entries, set(), "ja") == []


def press(client, page: str, url: str, **fields):
    found = token(client.get(page).text)
    return client.post(url, data={"csrf_token": found} | fields)


def test_a_manager_writes_one_and_those_whom_it_fits_read_it(ask, session, client, sign_in):
    manager, today = sign_in("manager"), clock.now().date()
    given = {
        "said": "Exports <b>fail</b>.",
        "did": "They work.",
        "cause": "product_bug",
        "from_on": today.isoformat(),
    }
    wrong = press(manager, "/improvements/new", "/improvements", **given | {"to_on": "2020-01-01"})
    assert wrong.status_code == 400
    assert "This day lies before the first" in wrong.text
    written = press(manager, "/improvements/new", "/improvements?language=en", **given)
    assert written.status_code == 303
    person = make.contact()
    task = Task(
        kind="detractor", account_id=person.account_id, contact_id=person.id, reason="x", state=TaskState.CLOSED,
        outcome=Outcome.RESOLVED, cause=Cause.PRODUCT_BUG, opened_at=clock.now(), first_touch_due_at=clock.now(),
        due_at=clock.now(), closed_at=clock.now(),
    )  # fmt: skip
    make.saved(task)
    at, other, german = ask(contact=person), ask(), ask(contact=person, language="de")
    for one in (at, other, german):
        client.post(one.link, data={"score": "8"})
    page = client.get(f"{at.link}/thanks").text
    assert "Exports &lt;b&gt;fail&lt;/b&gt;." in page
    assert len(page.encode()) < 10_000
    assert "Exports" not in client.get(f"{other.link}/thanks").text
    assert "Exports" not in client.get(f"{german.link}/thanks").text
    listed = sign_in("viewer").get("/improvements").text
    assert "1 person" in listed
    number = session.query(Improvement).one().id
    de = given | {"said": "Exporte scheitern.", "did": "Sie gehen.", "cause": ""}
    url = f"/improvements/{number}?language=de"
    assert press(manager, url, url, **de).status_code == 303
    assert "Exporte scheitern." in client.get(f"{german.link}/thanks").text
    assert "Exports" in client.get(f"{other.link}/thanks").text
    press(manager, url, f"/improvements/{number}/removal")
    assert "Exports" not in client.get(f"{at.link}/thanks").text
