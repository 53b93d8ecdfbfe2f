"""Pages of work with many rows: how many queries they make does not grow with what there is."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.web.keeping.pages import KEPT
from app.core.web.keeping.shelf import Shelf
from app.delivery.models import InvitationState, Skip
from app.extensions import db
from app.surveys.segments import saved
from tests import make

DAY = timedelta(days=1)


@pytest.fixture
def queries(app):
    """Counts the statements of the requests made inside `with queries() as made`. Every page is made, none is kept."""
    made, app.extensions[KEPT].shelf = [], Shelf(most=0)

    def note(_connection, _cursor, statement, *_rest):
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            made.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    yield made
    sa.event.remove(db.engine, "before_cursor_execute", note)


def a_few_more(owner, how_many: int) -> None:
    """Accounts, people, asks, answers and tasks, each row with companions of its own."""
    now = clock.now()
    for number in range(how_many):
        at = now - (number % 300) * DAY
        wave = make.wave(launched_at=at)
        person = make.contact(account=make.account(owner=owner))
        ask = make.invitation(contact=person, wave=wave, sent_at=at)
        response = make.response(number % 11, invitation=ask, submitted_at=at, comment="Well.")
        make.task(contact=person, response=response, owner=owner if number % 2 else make.staff())
        quiet = make.contact(account=person.account)
        make.invitation(contact=quiet, wave=wave, sent_at=at, state=InvitationState.SILENT, silent_at=at)
        lost = make.contact(account=person.account, language=None)
        make.invitation(contact=lost, wave=wave, sent_at=at, state=InvitationState.IN_DOUBT)
        waits = make.invitation(
            wave=make.wave(send_at=now + DAY), state=InvitationState.PLANNED, sent_at=None
        )
        until = {"until_on": now.date() + DAY, "made_at": now}
        make.saved(Skip(contact=waits.contact, staff_name="Kim", reason="Asks to wait", **until))
        name = f"Segment {next(make.numbers)}"
        segment = saved.save(db.session, None, name=name, filter={"accounts": [person.account_id]})
        make.program(audience=saved.bound(db.session, {"segments": [segment.id]}))
    db.session.commit()


PAGES = (
    "/queue?owner=all",
    "/reports?by=owner",
    "/reports/responses",
    "/reports/asks",
    "/programs",
    "/waves",
    "/waves/in-doubt",
    "/waves/fatigue",
    "/segments",
    "/contacts/gaps",
    "/asks/coming?owner=all",
)


def test_more_rows_make_no_more_queries(sign_in, queries):
    client = sign_in("manager")
    a_few_more(client.person, 3)
    for path in PAGES:
        client.get(path)
    before = counted(client, queries)
    a_few_more(client.person, 17)
    assert counted(client, queries) == before


def counted(client, queries) -> dict[str, int]:
    """The number of queries of each page."""
    found = {}
    for path in PAGES:
        queries.clear()
        assert client.get(path).status_code == 200
        found[path] = len(queries)
    return found


@pytest.mark.parametrize("page", ["", "/people", "/people?who=asked&q=Kim", "/launch"])
def test_the_people_of_an_audience_are_judged_once_for_a_page(sign_in, queries, page):
    client, program = sign_in("manager"), make.program()
    for _ in range(3):
        make.contact()
    db.session.commit()
    path = f"/programs/{program.id}{page}"
    queries.clear()
    assert "Kim" in client.get(path).text or not page
    assert sum("WITH persons" in statement for statement in queries) == 1
