"""Pages of work with many rows: how many queries they make does not grow with what there is."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core import clock
from app.delivery.models import InvitationState
from app.extensions import db
from tests import make

DAY = timedelta(days=1)


@pytest.fixture
def queries(app):
    """Counts the statements of the requests made inside `with queries() as made`."""
    made = []

    def note(_connection, _cursor, statement, *_rest):
        if statement.lstrip().upper().startswith("SELECT"):
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
    db.session.commit()


@pytest.mark.parametrize(
    "path",
    ["/queue?owner=all", "/reports?by=owner", "/reports/responses", "/reports/asks", "/programs", "/waves"],
)
def test_more_rows_make_no_more_queries(sign_in, queries, path):
    client = sign_in("manager")
    a_few_more(client.person, 3)
    client.get(path)
    counted = []
    for _ in range(2):
        queries.clear()
        assert client.get(path).status_code == 200
        counted.append(len(queries))
        a_few_more(client.person, 17)
    assert counted[1] <= counted[0]
