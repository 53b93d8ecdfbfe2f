"""The lists ask the database as often for fifty rows as for three, whatever stands beside each row."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core import clock
from app.extensions import db
from tests import make

PAGES = (
    "/accounts",
    "/accounts?sort=health&colour=red",
    "/contacts",
    "/contacts?q=kim&asked=yes",
    "/imports/",
)


def add_accounts(count: int) -> None:
    """Accounts with an owner each, two people, an answer, a task and a silence."""
    now = clock.now()
    for _number in range(count):
        account = make.account(owner=make.staff())
        first, second = make.contact(account=account), make.contact(account=account)
        said = make.response(
            3, invitation=make.invitation(contact=first), submitted_at=now - timedelta(days=2)
        )
        make.task(contact=first, response=said)
        silent = {"state": "silent", "silent_at": now, "closed_at": now, "sent_at": now - timedelta(days=21)}
        make.invitation(contact=second, **silent)


def queries(client, path: str) -> list[str]:
    """The statements that a page needs."""
    seen: list[str] = []

    def see(_connection, _cursor, statement, *_rest):
        if not statement.startswith(("PRAGMA", "BEGIN")):
            seen.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", see)
    try:
        assert client.get(path).status_code == 200
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", see)
    return seen


@pytest.mark.parametrize("path", PAGES)
def test_more_rows_need_no_more_queries(sign_in, session, path):
    client = sign_in("manager")
    add_accounts(3)
    session.commit()
    client.get(path)
    few = queries(client, path)
    add_accounts(12)
    session.commit()
    many = queries(client, path)
    assert len(many) <= len(few), sorted(set(many) - set(few))


def test_more_people_answers_and_tasks_need_no_more_queries_on_their_accounts_page(sign_in, session):
    client, account = sign_in("manager"), make.account()

    def add(count: int) -> None:
        for _number in range(count):
            person = make.contact(account=account)
            said = make.response(
                8, invitation=make.invitation(contact=person), submitted_at=clock.now(), comment="Good."
            )
            make.task(contact=person, response=said, owner=make.staff())
        session.commit()

    add(2)
    client.get(f"/accounts/{account.id}")
    few = queries(client, f"/accounts/{account.id}")
    add(12)
    assert len(queries(client, f"/accounts/{account.id}")) <= len(few)
