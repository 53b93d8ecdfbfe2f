"""A CSM's queue with a hundred thousand open follow-ups and with a thousand, against Flask's hello; and finding by name.

A page is kept while what it says is so (app/core/web/keeping). So there are three figures: of first looks, at addresses that
nobody has asked for, which are made anew each time; of looking again; and of a company at work (bench/busy), where a
follow-up of this very CSM is closed each second. The goal is for the last two, and what grows with the follow-ups is looked
for in the first.

Both servers run side by side with the settings of `justask serve`. All follow-ups belong to the one CSM who is signed in,
each about a person of their own. The page that finds is asked for words of which many, few and none are names, without
the frame, as the window of Ctrl+K asks.
Run alone: `python -m bench.queueing [--rounds 5] [--tasks 100000] [--on sqlite postgresql] [--database URL]`.
"""

from __future__ import annotations

import argparse
import random
import secrets
import statistics
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count, cycle

import sqlalchemy as sa
from flask import Flask

from app.auth import sessions
from app.auth.models import Role, Staff
from app.auth.security import COOKIE_ID
from app.contacts.models import Account, Contact, ContactRole, ContactStatus, Stage
from app.core import clock
from app.core.database import finding, transactions
from app.core.database.prepared import executed
from app.core.database.transactions import Lookout
from app.core.processes.workers import JobFailure
from app.extensions import db
from app.followups import ranking
from app.followups.models import Task, TaskKind, TaskState
from bench import busy, client, databases, installations, servers
from bench.answering import Contender, compare
from bench.figures import Figure, Side, head, line
from bench.servers import Server

GOAL, FLAT_GOAL, FIND_GOAL_MS = 8, 1.25, 150
MANY, FEW, ROUNDS = 100_000, 1_000, 3
PAGES, HELLOS, LOOKS = 60, 2_000, 60
OF_ACCOUNT = 20
FIRST = [
    "Anna",
    "Ben",
    "Clara",
    "David",
    "Elif",
    "Farah",
    "Goran",
    "Hana",
    "Ivo",
    "Jana",
    "Kim",
    "Lars",
    "Maya",
    "Nils",
    "Olga",
    "Pavel",
]
LAST = [
    "Berg",
    "Lindholm",
    "Duval",
    "Schmidt",
    "Müller",
    "Novak",
    "Rossi",
    "García",
    "Kowalski",
    "Haddad",
    "Okafor",
    "Tanaka",
]
# Another value each time: SQLite writes nothing, and so commits nothing, where a row stays the same.
TOUCH = (
    f"DELETE FROM {JobFailure.__tablename__}",
    f"INSERT INTO {JobFailure.__tablename__} (job, item, tries, error) VALUES ('bench', '', 0, '')",
)  # noqa: S608 - the name of a table
UNWAITED = {"sqlite": "PRAGMA synchronous=OFF", "postgresql": "SET synchronous_commit TO off"}
WORDS = ("an", "berg", "anna berg", "customer 49", "lars.novak", "nobody-is-called-so")


def figures(
    tasks: int = MANY, rounds: int = ROUNDS, on: tuple[str, ...] = ("sqlite", "postgresql"), url: str = ""
) -> Iterator[Figure]:
    """The page against hello with few and with many follow-ups, the one against the other, and finding."""
    for kind in on:
        place = databases.postgresql(url) if kind == "postgresql" else nullcontext("")
        with place as database_url:
            few, few_again, few_busy, _waits = measured(database_url, FEW, rounds)
        place = databases.postgresql(url) if kind == "postgresql" else nullcontext("")
        with place as database_url:
            many, many_again, many_busy, waits = measured(database_url, tasks, rounds)
        taken = ((FEW, few, few_again, few_busy), (tasks, many, many_again, many_busy))
        for number, first, again, at_work in taken:
            yield in_hellos(f"queue of {number:,}, first look / hello, {kind}", first, goal=None)
            yield in_hellos(f"queue of {number:,}, again / hello, {kind}", again)
            yield replace(at_work, what=f"queue of {number:,}, at work / hello, {kind}")
        yield flat(f"queue of {tasks:,} / of {FEW:,}, first look, CPU, {kind}", few, many)
        longest = 1000 * client.percentile(waits, 0.95)
        note = f"median {1000 * client.percentile(waits, 0.5):.0f} ms, {len(waits)} looks, one at a time"
        what = f"finding among {tasks:,} people: p95, {kind}"
        yield Figure(what, longest, FIND_GOAL_MS, at_most=True, unit=" ms", note=note)


Rounds = list[tuple[Side, Side]]


def measured(database_url: str, tasks: int, rounds: int) -> tuple[Rounds, Rounds, Figure, list[float]]:
    """The rounds of first looks and of looks again, the figure at work, and how long each look for a name took in seconds."""
    with side_by_side(database_url, tasks) as (app, page, hello, cookie):
        ours = Contender(page, first_looks("/queue", cookie), PAGES, 200)
        first = compare(ours, Contender(hello, cycle([client.get("/")]), HELLOS, 200), rounds)
        ours = Contender(page, cycle([asking("/queue", cookie)]), HELLOS, 200)
        again = compare(ours, Contender(hello, cycle([client.get("/")]), HELLOS, 200), rounds)
        at_work = busy.at_work("", page, cycle([asking("/queue", cookie)]), hello, app, GOAL)
        paths = [f"/find?part=1&q={words.replace(' ', '+')}" for words in WORDS]
        looks = client.run(
            page.port, (asking(path, cookie) for path in paths * (LOOKS // len(paths))), connections=1
        )
        looks.require(200)
    return first, again, at_work, looks.latencies


def first_looks(path: str, cookie: str) -> Iterator[bytes]:
    """The page under addresses of which none was asked for before, each after a commit, as somebody's at work nearby.

    The commit does not wait for the disk, which is not what is measured.
    """
    connection = Lookout(db.engine)
    executed(connection, UNWAITED[connection.dialect.name])
    for number in count():
        executed(connection, TOUCH[number % 2])
        yield asking(f"{path}?look={number}", cookie)


def in_hellos(what: str, rounds: Rounds, goal: float | None = GOAL) -> Figure:
    """How many hellos could have been said in the time of one page."""
    ratios = [floor.rate / ours.rate for ours, floor in rounds]
    cpu = [statistics.median(pair[place].cpu_us for pair in rounds) for place in (0, 1)]
    note = f"CPU {cpu[0]:,.0f} us to {cpu[1]:,.0f} us each"
    return Figure(
        what, statistics.median(ratios), goal, at_most=True, low=min(ratios), high=max(ratios), note=note
    )


def flat(what: str, few: Rounds, many: Rounds) -> Figure:
    """What a page costs more for standing before many rows; hellos of the same minutes stand for the machine."""
    costs = [
        statistics.median(ours.cpu_us / floor.cpu_us for ours, floor in rounds) for rounds in (few, many)
    ]
    return Figure(what, costs[1] / costs[0], FLAT_GOAL, at_most=True)


@contextmanager
def side_by_side(database_url: str, tasks: int) -> Iterator[tuple[Flask, Server, Server, str]]:
    """An installation with that many open follow-ups of one CSM, both servers, and the cookie of that CSM."""
    with installations.fresh(database_url) as app:
        csm = member()
        fill(tasks, csm.id)
        busy.asked()
        cookie, settings = signed_in(app, csm), app.extensions["settings"]
        with (
            servers.running(servers.PRODUCT, settings) as ours,
            servers.running(servers.FLOOR, settings) as floor,
        ):
            yield app, ours, floor, cookie


def member(name: str = "csm") -> Staff:
    """A colleague with that role, a CSM unless it is named."""
    role = db.session.scalars(sa.select(Role).where(Role.name == name)).one()
    row = Staff(email=f"{name}@vendor.example", name="Maya Lindholm", fs_uniquifier="bench", roles=[role])
    db.session.add(row)
    db.session.flush()
    return row


def signed_in(app: Flask, person: Staff) -> str:
    """The cookie of an open session, as it is since its first page: with the secret of its forms."""
    transactions.write(db.session)
    row = sessions.begin(db.session, person, now=clock.now(), address="127.0.0.1", agent="bench")
    signed = app.session_interface.get_signing_serializer(app).dumps(
        {COOKIE_ID: row.id, "csrf_token": secrets.token_hex(20)}
    )
    db.session.commit()
    return f"{app.config['SESSION_COOKIE_NAME']}={signed}"


def asking(path: str, cookie: str) -> bytes:
    return client.get(path).replace(b"\r\n\r\n", f"\r\nCookie: {cookie}\r\n\r\n".encode())


def fill(tasks: int, owner_id: int) -> None:
    """Accounts of twenty people each, and one open follow-up about each person, ranked as the job ranks them.

    A thousand are made one by one; the others are theirs again under other names, written by statements that make rows out
    of rows.
    """
    chance, now = random.Random(1), clock.now()
    accounts = inserted(Account, [account(number, chance) for number in range(FEW // OF_ACCOUNT)])
    rows = [person(number, accounts[number // OF_ACCOUNT], chance) for number in range(FEW)]
    ids = inserted(Contact, rows)
    found = [task(row["account_id"], id, owner_id, now, chance) for row, id in zip(rows, ids, strict=True)]
    last = inserted(Task, found)[-1]
    for _number in ranking.refresh(db.session, now=now, most=FEW):
        pass
    times = -(-tasks // FEW)
    if times > 1:
        repeat(times, accounts[-1], ids[-1], last)
    db.session.commit()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.text("ANALYZE"))
        db.session.commit()


def inserted(model: type, rows: list[dict]) -> list[int]:
    """The ids of new rows, in their order."""
    return list(db.session.scalars(sa.insert(model).returning(model.id, sort_by_parameter_order=True), rows))


def repeat(times: int, accounts: int, people: int, tasks: int) -> None:
    """All accounts, people and follow-ups, whose last ids are these, `times` times in all."""
    turn = sa.select(sa.literal(1).label("turn")).cte("turns", recursive=True)
    turn = turn.union_all(sa.select(turn.c.turn + 1).where(turn.c.turn < times - 1))
    text = sa.cast(turn.c.turn, sa.String)
    homes, persons = turn.c.turn * accounts, turn.c.turn * people
    again(Account, turn, accounts, name=Account.name + " " + text, found_as=Account.found_as + " " + text)
    address = {name: text + "." + getattr(Contact, name) for name in ("email", "email_key")}
    words = {"found_as": Contact.found_as + " " + text}
    again(Contact, turn, people, account_id=Contact.account_id + homes, **address, **words)
    again(Task, turn, tasks, account_id=Task.account_id + homes, contact_id=Task.contact_id + persons)


def again(model: type, turn: sa.CTE, last: int, **changed: sa.ColumnElement) -> None:
    """The rows of a table once more for each turn, with other ids and what is changed."""
    columns = {column.name: column for column in model.__table__.columns}
    values = columns | changed | {"id": columns["id"] + turn.c.turn * last}
    rows = (
        sa.select(*values.values())
        .select_from(model.__table__.join(turn, sa.true()))
        .where(columns["id"] <= last)
    )
    db.session.execute(sa.insert(model.__table__).from_select(list(values), rows))
    if db.engine.dialect.name == "postgresql":
        place = sa.func.pg_get_serial_sequence(model.__tablename__, "id")
        db.session.execute(
            sa.select(sa.func.setval(place, sa.select(sa.func.max(columns["id"])).scalar_subquery()))
        )


def account(number: int, chance: random.Random) -> dict:
    name = f"Customer {number} Ltd"
    renewal_on = clock.now().date() + timedelta(days=chance.randrange(400))
    facts = {"started_on": date(2024, 1, 1), "stage": Stage.STEADY, "tier": 1 + number % 3}
    return facts | {
        "name": name,
        "found_as": finding.plain(name),
        "arr": chance.randrange(400_000),
        "renewal_on": renewal_on,
    }


def person(number: int, account_id: int, chance: random.Random) -> dict:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    email = f"{first}.{last}.{number}@customer.example".lower()
    names = {"first_name": first, "last_name": last, "email": email, "email_key": email}
    facts = {
        "account_id": account_id,
        "role": chance.choice(list(ContactRole)),
        "status": ContactStatus.ACTIVE,
    }
    return names | facts | {"found_as": finding.plain(first, last, email)}


def task(account_id: int, contact_id: int, owner_id: int, now: datetime, chance: random.Random) -> dict:
    opened, priority = now - timedelta(minutes=chance.randrange(30_000)), chance.randrange(20, 90, 5)
    return {
        "kind": chance.choice([TaskKind.DETRACTOR, TaskKind.SILENT, TaskKind.VALUE]),
        "account_id": account_id,
        "contact_id": contact_id,
        "owner_id": owner_id,
        "state": TaskState.NEW,
        "priority": priority,
        "standing": priority,
        "reason": "A decision maker gave 3 of 10: find out why, soon.",
        "opened_at": opened,
        "first_touch_due_at": opened + timedelta(minutes=chance.randrange(60_000)),
        "due_at": opened + timedelta(days=40),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--tasks", type=int, default=MANY)
    parser.add_argument("--on", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    print(head())
    for figure in figures(given.tasks, given.rounds, tuple(given.on), given.database):
        print(line(figure), flush=True)


if __name__ == "__main__":
    main()
