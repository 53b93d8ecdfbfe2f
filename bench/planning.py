"""Planning a wave for a crowd against a bare INSERT .. SELECT of as many asks, on both databases.

Ours is a launch as a press on the button makes it, with the job that writes down the rest of a large audience: audience,
gates, windows, caps, one ask for each person, part by part. The floor writes rows of the same columns into the same
table, 10,000 in a statement with random nonces, and judges nobody. Each begins with an empty ledger and is counted
afterwards. The people of an account follow one another, as in what companies export; with `--scattered` they came in
by turns, one of each account, which is the hardest for parts that go by account.
Run alone: `python -m bench.planning [--rounds 3] [--people 1000000] [--on sqlite postgresql] [--database URL]`.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import date

import sqlalchemy as sa

from app.contacts.models import Account, Contact, ContactRole, ContactStatus, Stage
from app.core import audit
from app.delivery import waves
from app.delivery.models import Invitation, InvitationState, Purpose, Wave
from app.delivery.timing import parts
from app.extensions import db
from app.surveys.models import Program
from bench import databases, installations
from bench.figures import Figure, Side, head, line, ratio
from bench.installations import LAUNCHED

GOAL, MOST_MB = 0.80, 30
PEOPLE, FEW, ROUNDS = 1_000_000, 10_000, 3
OF_ACCOUNT = 20
AT_ONCE = 10_000
PARTS: list[float] = []  # How many seconds each part took that was written down.


def figures(
    people: int = PEOPLE,
    rounds: int = ROUNDS,
    on: tuple[str, ...] = ("sqlite", "postgresql"),
    url: str = "",
    *,
    is_scattered: bool = False,
) -> Iterator[Figure]:
    """The ratio and the growth of memory on each database."""
    for kind in on:
        place = databases.postgresql(url) if kind == "postgresql" else nullcontext("")
        with place as database_url, installations.fresh(database_url):
            crowd(people, is_scattered=is_scattered)
            memory = {number: peak_of(number) for number in (FEW, people)}
            yield ratio(
                f"planning {people:,} people / INSERT, {kind}",
                GOAL,
                [one_round(people) for _ in range(rounds)],
            )
            yield longest_part()
            growth = memory[people] - memory[FEW]
            note = f"{memory[FEW]:.0f} MB at {FEW:,}, {memory[people]:.0f} MB at {people:,}"
            what = f"memory of planning {people:,} people, {kind}"
            yield Figure(what, growth, MOST_MB, at_most=True, unit=" MB", note=note)


def one_round(people: int) -> tuple[Side, Side]:
    """Ours and the floor, in random order."""
    works: dict[str, Callable[[int], Wave]] = {"ours": launch, "floor": insert}
    sides = {}
    for name in random.sample(list(works), 2):
        empty_the_ledger()
        began, cpu = time.perf_counter(), time.process_time()
        wave = works[name](people)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        count(wave, people)
        sides[name] = Side(people / seconds, cpu / people * 1e6)
    return sides["ours"], sides["floor"]


def longest_part() -> Figure:
    """Longest stretch for which whoever answers meanwhile waits on SQLite, in all waves planned so far; empties the list."""
    longest, count = max(PARTS), len(PARTS)
    PARTS.clear()
    what = f"longest part of it, {db.engine.dialect.name}"
    return Figure(what, longest * 1000, unit=" ms", note=f"from its lock to its commit, {count} parts")


def peak_of(people: int) -> float:
    """The most memory in MB while a wave for so many is planned."""
    empty_the_ledger()
    peak = databases.Peak()
    count(launch(people), people)
    return peak.mb


def crowd(people: int, *, is_scattered: bool = False) -> None:
    """So many people whom nothing keeps from being asked, at accounts of twenty."""
    accounts = max(1, people // OF_ACCOUNT)
    number = numbers(accounts)
    name = sa.literal("Customer ") + sa.cast(number.c.n, sa.String)
    facts = [name, sa.literal(date(2024, 1, 1)), sa.cast(sa.literal(Stage.STEADY.value), sa.String)]
    fill(Account, ["name", "started_on", "stage"], facts)
    first = db.session.scalar(sa.select(sa.func.min(Account.id)))
    number = numbers(people)
    key = sa.literal("p") + sa.cast(number.c.n, sa.String) + "@customer.example"
    values = {
        "account_id": (number.c.n % accounts if is_scattered else (number.c.n - 1) // OF_ACCOUNT) + first,
        "email": key,
        "email_key": key,
        "first_name": sa.literal("Kim"),
        "last_name": sa.literal("Contact"),
        "language": sa.literal("en"),
        "role": sa.cast(sa.literal(ContactRole.USER.value), sa.String),
        "status": sa.cast(sa.literal(ContactStatus.ACTIVE.value), sa.String),
    }
    fill(Contact, list(values), list(values.values()))


def fill(model: type, columns: list[str], values: list[sa.ColumnElement]) -> None:
    db.session.execute(sa.insert(model).from_select(columns, sa.select(*values)))
    db.session.commit()


def numbers(count: int) -> sa.CTE:
    """1 to `count`, as column `n`."""
    first = sa.select(sa.literal(1).label("n")).cte("numbers", recursive=True)
    return first.union_all(sa.select(first.c.n + 1).where(first.c.n < count))


def the_program() -> Program:
    name = installations.program_name("nps")
    return db.session.scalars(sa.select(Program).where(Program.name == name)).one()


def launch(people: int) -> Wave:
    """A wave of the program, for everybody or for the first so many."""
    program = the_program()
    everybody = db.session.scalar(sa.select(sa.func.count()).select_from(Contact))
    last = db.session.scalar(sa.select(sa.func.min(Contact.id))) + people
    some = (
        None
        if people == everybody
        else list(db.session.scalars(sa.select(Contact.id).where(Contact.id < last)))
    )
    key, began = f"bench:{time.monotonic_ns()}", time.perf_counter()
    wave = waves.launch(
        db.session, program, actor=audit.SYSTEM, now=LAUNCHED, launch_key=key, contacts=some, first_people=0
    )
    db.session.commit()
    PARTS.append(time.perf_counter() - began)
    while wave.judged_to is not None:
        began = time.perf_counter()
        for _part in parts.plan_rest(db.session, now=LAUNCHED):
            db.session.commit()
            PARTS.append(time.perf_counter() - began)
            began = time.perf_counter()
    return wave


def insert(people: int) -> Wave:
    """As many rows of the same columns by bare statements."""
    program = the_program()
    key = f"bench:{time.monotonic_ns()}"
    wave = waves.launch(
        db.session, program, actor=audit.SYSTEM, now=LAUNCHED, launch_key=key, contacts=[], first_people=0
    )
    db.session.commit()
    random_words = {
        "sqlite": "lower(hex(randomblob(16)))",
        "postgresql": "replace(gen_random_uuid()::text, '-', '')",
    }
    table = Invitation.__table__
    values = {
        "wave_id": sa.literal(wave.id),
        "contact_id": Contact.id,
        "account_id": Contact.account_id,
        "version_id": sa.literal(wave.version_id),
        "nonce": sa.literal_column(random_words[db.engine.dialect.name]),
        "asked_as": Contact.email_key,
        "language": Contact.language,
        "purpose": sa.literal(Purpose.PROGRAM, table.c.purpose.type),
        "is_rehearsal": sa.false(),
        "state": sa.literal(InvitationState.PLANNED, table.c.state.type),
        "due_at": sa.literal(LAUNCHED, table.c.due_at.type),
        "reminders_left": sa.literal(2),
        "is_late": sa.false(),
        "is_auto_reply": sa.false(),
        "created_at": sa.literal(LAUNCHED, table.c.created_at.type),
        "updated_at": sa.literal(LAUNCHED, table.c.updated_at.type),
    }
    first = db.session.scalar(sa.select(sa.func.min(Contact.id)))
    for start in range(first, first + people, AT_ONCE):
        rows = sa.select(*values.values()).where(Contact.id >= start, Contact.id < start + AT_ONCE)
        rows = rows.order_by(Contact.id)
        db.session.execute(sa.insert(table).from_select(list(values), rows, include_defaults=False))
        db.session.commit()
    return wave


def count(wave: Wave, people: int) -> None:
    """AssertionError unless everybody has one ask with a moment and a link of its own."""
    of_wave = (Invitation.wave_id == wave.id, Invitation.state == InvitationState.PLANNED)
    one_each = [sa.func.count(column.distinct()) for column in (Invitation.contact_id, Invitation.nonce)]
    found = db.session.execute(sa.select(*one_each, sa.func.count(Invitation.due_at)).where(*of_wave)).one()
    db.session.commit()
    if set(found) != {people}:
        raise AssertionError(f"contacts, nonces and moments of the wave should be {people} each: {found}")


def empty_the_ledger() -> None:
    """Take all asks away at once, not row by row."""
    db.session.commit()
    connection = db.engine.raw_connection()
    cursor = connection.cursor()
    if db.engine.dialect.name == "postgresql":
        cursor.execute("TRUNCATE invitations CASCADE")
    else:
        cursor.execute("PRAGMA query_only = OFF")
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute("DELETE FROM invitations")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.commit()
    connection.invalidate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--on", nargs="+", default=("sqlite", "postgresql"), choices=("sqlite", "postgresql"))
    parser.add_argument("--database", default="")
    parser.add_argument("--scattered", action="store_true")
    given = parser.parse_args()
    print(head())
    for figure in figures(given.people, given.rounds, given.on, given.database, is_scattered=given.scattered):
        print(line(figure), flush=True)


if __name__ == "__main__":
    main()
