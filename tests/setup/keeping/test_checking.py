"""`justask db check`: what is whole is called so, and each fault is named."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa

from app.cli import justask
from app.core.database import transactions
from app.core.database.migrating import head
from app.delivery.models import Invitation, InvitationState
from app.extensions import db
from app.reports.models import RollupDelta
from app.responses.models import Response
from tests import make


@pytest.fixture
def check(app):
    """`check()` gives the exit code and what was found by its name."""

    def run() -> tuple[int, dict[str, dict]]:
        db.session.commit()
        done = app.test_cli_runner().invoke(justask, ["db", "check", "--json"], catch_exceptions=False)
        db.session.rollback()
        transactions.write(db.session)
        told = json.loads(done.stdout)
        assert told["ok"] == (done.exit_code == 0) == (done.stderr == "")
        return done.exit_code, {one["name"]: one for one in told["checks"]}

    return run


def test_a_whole_database_is_called_so_and_each_fault_is_named(check, app):
    answer = make.answer(9)
    code, found = check()
    names = ["schema", "integrity", "references", "sums", "ledger", "answers"]
    assert (code, list(found), [one["ok"] for one in found.values()]) == (0, names, [True] * 6)
    words = app.test_cli_runner().invoke(justask, ["db", "check"]).stdout
    assert head() in words
    assert "WRONG" not in words

    db.session.rollback()
    transactions.write(db.session)
    db.session.execute(sa.update(RollupDelta).values(promoters=RollupDelta.promoters + 1))
    silent = {"state": InvitationState.SILENT, "silent_at": make.NOW}
    db.session.execute(sa.update(Invitation).where(Invitation.id == answer.ask.id).values(silent))
    db.session.execute(sa.update(Response).values(contact_id=make.contact().id))
    code, found = check()
    assert (code, [name for name, one in found.items() if not one["ok"]]) == (
        1,
        ["sums", "ledger", "answers"],
    )
    assert f"ask {answer.ask.id} is silent, noted as answered" in found["ledger"]["words"]
    assert "rollups rebuild" in found["sums"]["words"]

    db.session.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    code, found = check()
    assert (code, list(found)) == (1, ["schema", "integrity"])
    assert "Run: justask db upgrade" in found["schema"]["words"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_row_that_names_one_that_is_gone_is_found(check):
    contact_id = make.invitation().contact_id
    db.session.commit()
    with closing(sqlite3.connect(db.engine.url.database)) as other:
        other.execute("DELETE FROM contacts WHERE id = ?", (contact_id,))
        other.commit()
    code, found = check()
    assert (code, found["references"]["ok"]) == (1, False)
    assert "invitations" in found["references"]["words"]
