"""Every colour that moved leads to a follow-up or to a line that says why to none."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.installation import installation
from app.followups.company.owners import OwnerRule
from app.followups.models import Task, TaskKind
from app.health.models import Colour, ColourMove, Snapshot
from app.health.moving import moves
from tests import make
from tests.conftest import NOW

TODAY = NOW.date()
DAY = timedelta(days=1)
G, Y, R, N = Colour.GREEN, Colour.YELLOW, Colour.RED, Colour.GREY
POINTS = {G: 80, Y: 50, R: 20, N: None}


@pytest.fixture
def live(session):
    row = installation(session)
    row.live_at = NOW - 9 * DAY
    session.flush()
    return row


def coloured(before, after, *, relationship=(N, N), until=TODAY - DAY, **given):
    """An account with that Health on the last two days."""
    account = given.pop("account", None) or make.account(**given)
    for on, health, related in ((until - DAY, before, relationship[0]), (until, after, relationship[1])):
        scores = {"health": POINTS[health], "relationship": POINTS[related]}
        colours = {"health_colour": health, "relationship_colour": related}
        make.saved(Snapshot(account_id=account.id, on=on, version="v1", computed_at=NOW, **scores, **colours))
    return account


def passed(session, now=NOW) -> int:
    number = 0
    for count in moves.follow(session, now=now):
        session.commit()
        number += count
    return number


def kept(session, account) -> ColourMove | None:
    return session.scalars(sa.select(ColourMove).where(ColourMove.account_id == account.id)).one_or_none()


def test_a_colour_that_got_worse_opens_exactly_one_follow_up(session, live):
    owner, other = make.staff(), make.staff()
    live.followups = {"owners": [OwnerRule([TaskKind.ALERT], [1], people=[other.id]).stored]}
    watched, risky = coloured(G, Y, owner=owner), coloured(Y, R, tier=1, owner=owner)
    same, late = coloured(G, G), coloured(G, Y, until=TODAY)
    assert passed(session) == 2
    assert passed(session, NOW + timedelta(hours=1)) == 0
    tasks = {task.account_id: task for task in session.scalars(sa.select(Task))}
    assert tasks.keys() == {watched.id, risky.id}
    assert tasks[watched.id].reason == "Health fell from 80 to 50, to watch: find out what moved it."
    assert (tasks[watched.id].owner_id, tasks[risky.id].owner_id) == (owner.id, other.id)
    assert tasks[watched.id].first_touch_due_at > NOW
    move = kept(session, watched)
    assert (move.task_id, move.is_opened, move.on) == (tasks[watched.id].id, True, TODAY - DAY)
    assert kept(session, same) is kept(session, late) is None
    assert passed(session, NOW + DAY) == 1


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("before", "after", "why"),
    [(Y, G, "better"), (N, R, "first time"), (G, N, "too old")],
)
def test_what_calls_for_nobody_says_why(session, live, before, after, why):
    account = coloured(before, after)
    assert passed(session) == 1
    move = kept(session, account)
    assert why in move.why
    assert (move.task_id, move.is_opened) == (None, False)
    assert session.scalars(sa.select(Task)).all() == []


def test_open_trouble_takes_it_up_and_relationship_speaks_where_health_is_unknown(session, live):
    account = make.account()
    make.task(contact=make.contact(account=account), kind=TaskKind.PROMOTER)
    open_still = make.task(contact=make.contact(account=account))
    coloured(G, R, account=account)
    unknown = coloured(N, N, relationship=(G, Y))
    both = coloured(G, Y, relationship=(G, R))
    passed(session)
    move = kept(session, account)
    assert (move.task_id, move.is_opened, "open already" in move.why) == (open_still.id, False, True)
    assert kept(session, unknown).name == "relationship"
    assert (kept(session, both).name, kept(session, both).after) == ("health", Y)
    assert session.scalar(sa.select(sa.func.count(Task.id))) == 4


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_rehearsal_follows_no_colour(session, live):
    live.live_at = None
    coloured(G, R)
    session.flush()
    assert passed(session) == 0


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_page_lists_what_followed(session, live, sign_in):
    today = clock.now().date()
    coloured(G, Y, until=today - DAY, name="Fallen <b>")
    coloured(Y, G, until=today - DAY)
    session.commit()
    client = sign_in("viewer")
    assert "No colour has moved yet" in client.get("/reports/colours").text
    passed(session, clock.now())
    page = client.get("/reports/colours").text
    assert page.count("data-key-item") == 2
    assert "Fallen &lt;b&gt;" in page
    assert "It became better." in page
    assert "It became better." not in client.get("/reports/colours?what=opened").text
    assert "Nothing matches" in client.get("/reports/colours?to=2026-01-01").text
