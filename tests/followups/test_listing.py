"""The queue by customer: what stands first, what is folded beneath it, and that nothing is lost on the way."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest

from app.core import clock
from app.core.worktime import WorkWeek
from app.followups import queue, ranking
from app.followups.listing import finding, keeping
from app.followups.listing.showing import Rows
from app.followups.models import TaskKind
from app.followups.queue import QueueFilter
from tests import make

UTC = ZoneInfo("UTC")


@pytest.fixture
def csm(sign_in):
    return sign_in("csm")


def by_hand(session, chosen, now) -> list[list[int]]:
    """The follow-ups of each customer together, customers in the order of their first."""
    found = queue.tasks(session, chosen, now=now, zone=UTC, size=1_000)
    places = {}
    for task in found:
        places.setdefault(task.account_id, len(places))
    ordered = sorted(found, key=lambda task: places[task.account_id])
    return [[task.id for task in own] for _id, own in groupby(ordered, key=lambda task: task.account_id)]


def paged(session, chosen, now) -> list[list[int]]:
    """The same from all pages, as they show it."""
    found, start = [], 0
    while True:
        groups = finding.page(session.connection(), chosen, now=now, zone=UTC, start=start)
        found += groups[: queue.PAGE_SIZE]
        if len(groups) <= queue.PAGE_SIZE:
            break
        start += queue.PAGE_SIZE
    assert sum(group.together for group in found) == queue.count(session, chosen, now=now, zone=UTC)
    assert all(len(group.others) == min(finding.FOLDED, group.together - 1) for group in found)
    return [[group.first.id, *(row.id for row in group.others)] for group in found]


def test_customers_stand_where_their_most_urgent_follow_up_stands(session, now, monkeypatch):
    chance = random.Random(6)
    people = [make.staff(), make.staff(), None]
    accounts = [make.account(name=f"Customer {number}") for number in range(45)]
    for _ in range(130):
        due = now + timedelta(hours=chance.randrange(-20, 60))
        closed = {"state": "closed", "closed_at": due, "outcome": "lost"} if chance.random() < 0.1 else {}
        make.task(
            account=accounts[int(45 * chance.random() ** 2)],
            owner=chance.choice(people),
            priority=chance.choice((40, 50, 60)),
            kind=chance.choice((TaskKind.SILENT, TaskKind.ALERT)),
            first_touch_due_at=due,
            due_at=due + timedelta(days=chance.randrange(3)),
            first_touched_at=now if chance.random() < 0.5 else None,
            replied_at=now if chance.random() < 0.2 else None,
            snoozed_until=now + timedelta(days=1) if chance.random() < 0.3 else None,
            **closed,
        )
    session.commit()
    first, second = people[0].id, people[1].id
    filters = [
        QueueFilter(),
        QueueFilter(owner=first),
        QueueFilter(owner=first, covered=(second,)),
        QueueFilter(owner="nobody", kind=TaskKind.ALERT),
        QueueFilter(owner=first, aside=True),
        *(QueueFilter(owner=first, due=due) for due in ("overdue", "today", "waiting", "new")),
    ]
    for chosen in filters:
        expected = by_hand(session, chosen, now)
        assert len(expected) > 1, chosen
        assert paged(session, chosen, now) == [own[: finding.FOLDED + 1] for own in expected], chosen
        customers = finding.customers(session.connection(), chosen, now=now, zone=UTC)
        assert customers == len(expected)
    monkeypatch.setattr(finding, "TOP", 8)
    finding.statements.cache_clear()
    for chosen in filters[:3]:  # The first few follow-ups are of too few customers.
        expected = by_hand(session, chosen, now)
        assert paged(session, chosen, now) == [own[: finding.FOLDED + 1] for own in expected], chosen
    finding.statements.cache_clear()
    for chosen in (QueueFilter(closed=True), QueueFilter(account_id=accounts[0].id)):
        found = queue.tasks(session, chosen, now=now, zone=UTC, size=1_000)
        assert paged(session, chosen, now) == [[task.id] for task in found]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_two_unhappy_people_at_one_customer_are_one_row_and_are_acted_on_together(csm, session):
    account = make.account(name="Corda & Sons", tier=1)
    names = ["Kim", "Lee", "<b>Jo</b>", "Ada", "Ben"]
    for place, name in enumerate(names):
        make.task(
            contact=make.contact(account=account, first_name=name), owner=csm.person, priority=90 - place
        )
    alone = make.task(account=make.account(name="Alone Ltd"), owner=csm.person, priority=88)
    session.commit()
    page = csm.get("/queue").text
    assert page.count("data-key-item") == 2
    assert page.index("Kim") < page.index("4 more open at this customer") < page.index("Alone Ltd")
    assert "&lt;b&gt;Jo&lt;/b&gt;" in page
    assert "<b>Jo" not in page
    assert "Ben" not in page.partition("<tbody")[2].partition("Alone Ltd")[0]
    theirs = re.search(r'href="([^"]*account=\d+[^"]*)">All 5 of this customer', page)[1].replace(
        "&amp;", "&"
    )
    rows = csm.get(theirs).text
    assert rows.count("data-key-item") == 5
    assert "Everything at Corda &amp; Sons" in rows
    assert "Alone Ltd" not in rows.partition("<main")[2]
    task = csm.get(f"/tasks/{alone.id}").text
    assert "Act on all of this customer together" not in task
    first = re.search(r'href="(/tasks/\d+)[^"]*" dir="auto">Kim', page)[1]
    together = re.search(r'href="([^"]+)">Act on all of this customer together', csm.get(first).text)[1]
    chosen = csm.get(together.replace("&amp;", "&")).text
    assert len(re.findall(r"data-pick checked", chosen)) == 5
    assert re.search(r'<details class="many" open', chosen)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_moments_of_rows_are_said_as_everywhere(csm, session):
    now = clock.now()
    owner = csm.person
    owner.time_zone = "Pacific/Auckland"
    touched = make.task(owner=owner, first_touched_at=now, due_at=now + timedelta(days=40))
    session.commit()
    row = csm.get("/queue").text.partition("<tbody")[2]
    beside = csm.get(f"/tasks/{touched.id}").text
    title = re.search(r'Resolve</span>.*?title="([^"]+)">([^<]+)<', row)
    assert f'title="{title[1]}">{title[2]}<' in beside


def test_rows_that_are_kept_say_what_is_so_now(app, session, now):
    """After every change and at every moment they are those that would be written anew."""
    owner, other = make.staff(), make.staff(name="Ana Diaz")
    account = make.account(name="Corda")
    people = [make.contact(account=account, first_name=name) for name in ("Kim", "Lee", "Ada")]
    dues = {"first_touch_due_at": now + timedelta(hours=3), "due_at": now + timedelta(days=2)}
    tasks = [
        make.task(contact=person, owner=owner, priority=80 - place, **dues)
        for place, person in enumerate(people)
    ]

    def page(at, picked=()):
        session.commit()
        chosen, connection = QueueFilter(owner=owner.id), session.connection()
        groups = finding.page(connection, chosen, now=at, zone=UTC, start=0)
        levels, week = ranking.levels(connection, now=at), WorkWeek(UTC)
        rows = Rows({}, {}, levels, week, UTC, at.date(), at)
        return keeping.written(rows, groups, set(picked), with_owner=True, may_pick=True)

    def change(**given):
        for name, value in given.items():
            setattr(tasks[0], name, value)

    changes = [
        lambda: None,
        lambda: setattr(account, "name", "Corda & Sons"),
        lambda: setattr(people[1], "last_name", "Lindholm"),
        lambda: setattr(account, "arr", 300_000),
        lambda: change(reason="A champion left."),
        lambda: change(replied_at=now),
        lambda: change(replied_at=None, owner=other),
        lambda: change(owner=owner, snoozed_until=now + timedelta(hours=8)),
        lambda: change(state="contacted", first_touched_at=now),
        lambda: change(state="closed", closed_at=now, outcome="lost", cause=None),
    ]
    moments = [now + timedelta(minutes=minutes) for minutes in (0, 1, 31, 200, 20_000)]
    with app.test_request_context():
        keeping.KEPT.clear()
        for act in changes:
            act()
            kept = [page(at) for at in moments]
            assert kept == [keeping.KEPT.clear() or page(at) for at in moments]
        assert " checked" in page(now, [tasks[1].id])
        assert " checked" not in page(now)
