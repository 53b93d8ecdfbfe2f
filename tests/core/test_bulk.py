"""Many rows at once are the same rows, in the transaction of the session."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from app.contacts.models import Account, Stage
from app.core.database.bulk import add_rows, new_ids
from tests import make


def rows(session, now, count: int = 3) -> list[dict]:
    ids = new_ids(session, Account.__table__, count)
    return [
        {
            "id": key,
            "name": f'Weiß "{key}"\t\\N, 葵',
            "external_id": None,
            "segment": {"Plan": "Gold\n"},
            "stage": Stage.RENEWAL,
            "arr": Decimal("12.50"),
            "currency": "EUR",
            "started_on": date(2026, 1, 31),
            "is_demo": False,
            "created_at": now,
            "updated_at": now,
        }
        for key in ids
    ]


def test_every_kind_of_value_arrives(session, now):
    former = make.account()
    add_rows(session, Account.__table__, rows(session, now))
    session.commit()
    found = session.scalars(sa.select(Account).where(Account.id != former.id).order_by(Account.id)).all()
    assert len(found) == 3
    assert found[0].name == f'Weiß "{found[0].id}"\t\\N, 葵'
    assert (found[0].stage, found[0].arr, found[0].segment) == (
        Stage.RENEWAL,
        Decimal("12.50"),
        {"Plan": "Gold\n"},
    )
    assert (found[0].started_on, found[0].created_at, found[0].external_id) == (date(2026, 1, 31), now, None)


def test_rows_made_one_by_one_follow_without_a_clash(session, now):
    add_rows(session, Account.__table__, rows(session, now))
    make.account()
    add_rows(session, Account.__table__, rows(session, now))
    session.commit()
    assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 7


def test_rows_vanish_with_the_transaction(session, now):
    add_rows(session, Account.__table__, rows(session, now))
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 0


def test_nothing_to_add_asks_nothing(session):
    assert list(new_ids(session, Account.__table__, 0)) == []
    add_rows(session, Account.__table__, [])
