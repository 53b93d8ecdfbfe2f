"""From SQLite to PostgreSQL in one step."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.contacts.models import Account
from app.core.database import transactions
from app.core.database.transactions import GateBusy
from app.core.installation import installation
from app.extensions import db
from app.setup.keeping import moving
from app.setup.keeping.contents import contents
from tests import make

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


def inside(place) -> dict:
    def read():
        with db.engine.connect() as connection:
            return contents(connection)

    return place.ask(read)


def account_of_odd_numbers() -> None:
    """JSON numbers that PostgreSQL writes in another way, as a reading of "not standard" has one."""
    make.account(
        segment={"zero": -0.0, "large": 1e16, "small": 5e-324, "deep": [{"one": 1.0, "third": 1 / 3}]}
    )


def test_every_row_arrives_counters_go_on_and_the_old_one_stays(here, elsewhere):
    here.ask(account_of_odd_numbers)
    before, there = inside(here), elsewhere("postgresql")
    told = here.told("db", "move", "--to", there.url)
    assert told["tables"] == before == inside(here)
    moved = inside(there)
    assert {name for name in before if moved[name] != before[name]} == {"installation"}
    assert there.ask(lambda: installation(db.session).is_held)
    highest = there.ask(lambda: db.session.scalar(sa.select(sa.func.max(Account.id))))
    assert there.ask(lambda: make.account().id) == highest + 1
    assert "password" not in told["to"]
    assert there.told("release", "--waves-go-on")["waves_paused"] == []


def test_postgresql_knows_at_once_how_much_it_holds(here, elsewhere):
    here.ask(lambda: [make.account() for _ in range(3)])
    there = elsewhere("postgresql")
    told = here.told("db", "move", "--to", there.url)
    believed = sa.text("SELECT reltuples FROM pg_class WHERE oid = 'accounts'::regclass")
    assert there.ask(lambda: db.session.scalar(believed)) == told["tables"]["accounts"]["rows"] >= 3


def test_the_next_steps_are_told_with_the_place_of_the_key(here, elsewhere):
    there = elsewhere("postgresql")
    settings = here.app.extensions["settings"]
    (settings.instance / "secret_key").write_text("k" * 40)
    said = here.run("db", "move", "--to", there.url).stdout
    assert f"JUSTASK_SECRET_KEY (it stands in {settings.instance / 'secret_key'})" in said
    assert "is held" in said


def test_a_place_with_data_is_refused(here, elsewhere, tmp_path):
    there = elsewhere("postgresql")
    there.run("db", "upgrade")
    there.ask(make.account)
    before = inside(there)
    refused = here.run("db", "move", "--to", there.url)
    assert (refused.exit_code, "holds data already" in refused.stderr) == (1, True)
    for unseen in (
        here.run("db", "move", "--to", "-", given=f"{there.url}\n"),
        here.run("db", "move", JUSTASK_MOVE_TO=there.url),
    ):
        assert (unseen.exit_code, unseen.stderr) == (1, refused.stderr)
    assert here.run("db", "move", "--to", "-", given="").exit_code == 1
    assert inside(there) == before


def test_other_tables_are_refused(here, elsewhere):
    there = elsewhere("postgresql")
    there.ask(lambda: db.session.execute(sa.text("CREATE TABLE others (id integer)")))
    refused = here.run("db", "move", "--to", there.url)
    assert (refused.exit_code, "holds other tables" in refused.stderr) == (1, True)


def test_a_try_that_failed_leaves_nothing_and_can_be_made_again(here, elsewhere, monkeypatch):
    there = elsewhere("postgresql")
    monkeypatch.setattr(moving, "differences", lambda wanted, found: ["accounts: 3 rows, now 2 rows"])
    refused = here.run("db", "move", "--to", there.url)
    assert (refused.exit_code, "accounts: 3 rows" in refused.stderr) == (1, True)
    assert inside(there)["accounts"]["rows"] == 0
    monkeypatch.undo()
    here.told("db", "move", "--to", there.url)


def test_nobody_writes_to_the_old_one_meanwhile(here, elsewhere, monkeypatch):
    tried = []

    def write_meanwhile(source, target, table):
        if not tried:
            engine = transactions.writer(old).execution_options(**{transactions.PATIENCE: 0.05})
            with pytest.raises(GateBusy), engine.connect() as connection:
                connection.execute(sa.select(sa.literal(1)))
            tried.append(table)
        return pour(source, target, table)

    pour, old = moving.pour, here.ask(lambda: db.engine)
    monkeypatch.setattr(moving, "pour", write_meanwhile)
    here.told("db", "move", "--to", elsewhere("postgresql").url)
    assert tried


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///other.db", "postgresql+psycopg://"),
        ("postgresql+psycopg://nobody@127.0.0.1:1/none", "cannot be reached"),
    ],
)
def test_what_is_no_place_to_move_to_is_refused(here, url, words):
    refused = here.run("db", "move", "--to", url)
    assert (refused.exit_code, words in refused.stderr) == (1, True)
