"""Statements on the driver's own cursor behave like SQLAlchemy's, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError, InvalidRequestError

from app.contacts.models import Account
from app.core.database import transactions
from app.core.database.prepared import Prepared, among, unindexed
from app.core.installation import Installation
from app.delivery.models import Invitation, InvitationState, Suppression
from app.extensions import db
from tests import make

NOTE = Prepared(
    sa.insert(Suppression).values(email_key=bindparam("email_key"), reason="test", at=bindparam("now"))
)


def test_values_and_rows_keep_their_types(session, now):
    ask = make.invitation(contact=make.contact(account=make.account(segment={"plan": "pro"})))
    find = Prepared(
        sa.select(Invitation.state, Invitation.sent_at, Invitation.is_late, Account.segment)
        .join(Account, Account.id == Invitation.account_id)
        .where(Invitation.sent_at == bindparam("sent"), Invitation.state == bindparam("state"))
    )
    row = find.row(session.connection(), sent=ask.sent_at, state=InvitationState.SENT)
    assert row == (InvitationState.SENT, ask.sent_at, False, {"plan": "pro"})
    assert row.state is InvitationState.SENT
    assert row.sent_at.tzinfo is not None
    assert find.row(session.connection(), sent=now, state=InvitationState.SILENT) is None


def test_cells_said_to_be_shared_equal_those_that_are_not(session):
    for plan in ("pro", "pro", "free"):
        make.account(segment={"plan": plan})
    query = sa.select(Account.segment).order_by(Account.id)
    shared = [row.segment for row in Prepared(query, shared={"segment"}).rows(session.connection())]
    assert shared == [{"plan": "pro"}, {"plan": "pro"}, {"plan": "free"}]
    assert shared == [row.segment for row in Prepared(query).rows(session.connection())]


def test_changes_are_rolled_back_with_the_transaction(session, now):
    assert NOTE.run(session.connection(), email_key="a@b.example", now=now) == 1
    session.rollback()
    assert session.scalars(sa.select(Suppression)).all() == []


def test_a_change_wants_a_transaction(app, now):
    with pytest.raises(InvalidRequestError):
        NOTE.run(transactions.Lookout(db.engine), email_key="a@b.example", now=now)


def test_errors_are_those_of_sqlalchemy(session, now):
    NOTE.run(session.connection(), email_key="a@b.example", now=now)
    with pytest.raises(IntegrityError):
        NOTE.run(session.connection(), email_key="a@b.example", now=now)


def test_rows_in_one_go_keep_each_its_own_values(session, now):
    moments = [now, now, now + timedelta(hours=1), now]
    rows = [{"email_key": f"{number}@b.example", "now": at} for number, at in enumerate(moments)]
    NOTE.run_many(session.connection(), rows)
    stored = session.scalars(sa.select(Suppression.at).order_by(Suppression.email_key)).all()
    assert stored == moments


def test_a_column_with_a_default_of_ours_must_be_named(session):
    careless = Prepared(sa.update(Installation).values(company=bindparam("company")))
    with pytest.raises(ValueError, match="updated_at"):
        careless.run(session.connection(), company="A")


def test_naive_moments_are_refused(session):
    with pytest.raises(ValueError, match="zone"):
        NOTE.run(
            session.connection(),
            email_key="a@b.example",
            now=datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None),
        )


def test_a_list_may_have_any_length(session):
    ids = [make.account().id for _ in range(40)]
    find = Prepared(sa.select(Account.id).where(among(Account.id)).order_by(Account.id))
    for some in (ids, ids[:1], ids[5:5], [ids[3], ids[3], 0]):
        assert [row.id for row in find.rows(session.connection(), among=some)] == sorted({*some} - {0})


def test_two_lists_in_one_statement_have_names(session):
    ask = make.invitation()
    of_both = sa.select(Invitation.id).where(among(Invitation.id), among(Invitation.nonce, "nonces"))
    given = {"among": [ask.id], "nonces": [ask.nonce, "other"]}
    assert Prepared(of_both).row(session.connection(), **given) == (ask.id,)


def test_a_column_that_no_index_serves_compares_like_itself(session):
    ask = make.invitation()
    find = Prepared(sa.select(Invitation.id).where(unindexed(Invitation.state) == bindparam("state")))
    assert find.row(session.connection(), state=InvitationState.SENT) == (ask.id,)
    assert find.row(session.connection(), state=InvitationState.SILENT) is None


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_sqlite_looks_the_values_of_a_list_up_in_the_index(session):
    query = sa.select(Invitation.state).where(among(Invitation.id)).compile(session.get_bind())
    plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", ("[1]",)).all()
    assert any("SEARCH invitations USING INTEGER PRIMARY KEY" in step[3] for step in plan)
