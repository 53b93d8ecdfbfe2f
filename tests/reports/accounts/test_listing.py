"""The list of accounts: filters, order, and the scores that are shown."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import AccountDomain, Stage
from app.core.clock import Today
from app.core.files.downloads import Table, csv_pieces
from app.health import due, snapshots
from app.health.models import Colour
from app.reports.accounts import listing
from app.reports.accounts.listing import AccountFilter
from tests import make
from tests.conftest import NOW

DAY = timedelta(days=1)


def names(session, today: Today, **chosen) -> list[str]:
    chosen = AccountFilter(**chosen)
    found = [row.account.name for row in listing.page(session, chosen, today)]
    assert listing.count(session, chosen, today) == len(found)
    return found


def keep_scores(session, today: Today) -> None:
    ids = list(session.scalars(sa.select(listing.Account.id)))
    snapshots.refresh(session, ids, today=today.day, zone=today.zone, now=today.now)


@pytest.fixture
def three(session, story, today):
    """Three accounts whose scores are kept, from happy to not asked."""
    rows = (
        story(10, 10, 10, name="Alder", tier=1, arr=50_000, renewal_on=today.day + 30 * DAY),
        story(0, 0, 0, name="birch", stage=Stage.RENEWAL, arr=90_000, external_id="B-77"),
        make.account(name="Cedar 100%", tier=None, stage=Stage.ONBOARDING),
    )
    rows[2].owner = make.staff(name="Otto Owner")
    rows[1].domains.append(AccountDomain(domain="birch.example"))
    make.task(account=rows[1])
    session.flush()
    keep_scores(session, today)
    return rows


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, ["Alder", "birch", "Cedar 100%"]),
        ({"words": "BIR"}, ["birch"]),
        ({"words": "b-77"}, ["birch"]),
        ({"words": "birch.exam"}, ["birch"]),
        ({"words": "%"}, ["Cedar 100%"]),
        ({"words": "_"}, []),
        ({"tier": 1}, ["Alder"]),
        ({"tier": 2}, ["birch", "Cedar 100%"]),
        ({"stage": Stage.RENEWAL}, ["birch"]),
        ({"owner": "nobody"}, ["Alder", "birch"]),
        ({"has_tasks": True}, ["birch"]),
        ({"renews_within": 120}, ["Alder"]),
        ({"colour": Colour.GREY, "by": "relationship"}, ["Cedar 100%"]),
        ({"colour": Colour.GREEN, "by": "relationship"}, []),
        ({"sort": "arr"}, ["birch", "Alder", "Cedar 100%"]),
        ({"sort": "renewal"}, ["Alder", "birch", "Cedar 100%"]),
        ({"sort": "relationship"}, ["birch", "Alder", "Cedar 100%"]),
        ({"sort": "tasks"}, ["birch", "Alder", "Cedar 100%"]),
        ({"sort": "answer"}, ["Alder", "birch", "Cedar 100%"]),
    ],
)
def test_filters_and_orders_name_the_right_accounts(session, three, today, chosen, expected):
    assert names(session, today, **chosen) == expected


def test_letters_of_other_alphabets_are_found_in_either_case(session, today):
    make.account(name="MÜLLER Élan")
    assert names(session, today, words="müller é") == ["MÜLLER Élan"]


def test_a_score_that_is_due_is_shown_and_filtered_as_it_is_now(session, three, today, story):
    cedar = three[2]
    person = make.contact(account=cedar)
    make.response(10, invitation=make.invitation(contact=person, sent_at=NOW), submitted_at=NOW)
    due.mark(session, cedar.id, now=NOW)
    assert names(session, today, colour=Colour.GREY, by="relationship") == []
    row = next(row for row in listing.page(session, AccountFilter(), today) if row.account is cedar)
    assert row.told.score("relationship") is not None


def test_pages_follow_each_other_and_need_no_more_queries_for_more_accounts(session, today):
    def queries(accounts: int) -> int:
        for _ in range(accounts):
            make.contact()
        keep_scores(session, today)
        session.expire_all()
        counted = []
        engine = session.get_bind()
        sa.event.listen(engine, "before_cursor_execute", lambda *a: counted.append(a[2]))
        found = listing.page(session, AccountFilter(sort="health"), today, size=20)
        assert len(found) == min(20, listing.count(session, AccountFilter(), today))
        sa.event.remove  # noqa: B018 the listener dies with the engine of this test
        return len(counted)

    few = queries(5)
    assert queries(20) - few <= few + 1
    first = listing.page(session, AccountFilter(), today, size=20)
    second = listing.page(session, AccountFilter(), today, start=20, size=20)
    assert len(first) == 20
    assert not {row.account.id for row in first} & {row.account.id for row in second}


def test_the_csv_holds_every_account_with_its_scores_and_no_formula(session, three, today):
    make.account(name="=SUM(A1)")
    text = "".join(
        csv_pieces(Table("accounts", listing.CSV_HEAD, listing.every(session, AccountFilter(), today)))
    )
    rows = {row["account"]: row for row in csv.DictReader(io.StringIO(text))}
    assert set(rows) == {"Alder", "birch", "Cedar 100%", "'=SUM(A1)"}
    assert (rows["birch"]["detractors"], rows["birch"]["open_tasks"]) == ("3", "1")
    assert rows["birch"]["relationship_colour"] == "red"
    assert (rows["Cedar 100%"]["relationship"], rows["Cedar 100%"]["relationship_colour"]) == ("", "grey")


def statements(session, today: Today) -> tuple[int, str]:
    """How many statements the file of all accounts takes, and the file."""
    seen = []
    session.commit()
    engine = session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", note := lambda *given: seen.append(given[2]))
    try:
        with Session(engine) as reading:
            text = "".join(
                csv_pieces(
                    Table("accounts", listing.CSV_HEAD, listing.every(reading, AccountFilter(), today))
                )
            )
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    return len(seen), text


def test_the_file_takes_as_many_statements_for_many_accounts_as_for_few(session, story, today):
    for number in range(3):
        story(9, 3, name=f"Number {number}", owner=make.staff())
    keep_scores(session, today)
    due.mark(session, session.scalar(sa.select(sa.func.max(listing.Account.id))), now=today.now)
    few, _text = statements(session, today)
    for number in range(220):
        make.account(name=f"Further {number}")
    keep_scores(session, today)
    many, text = statements(session, today)
    assert len(text.splitlines()) == 224
    assert few == many
    assert many <= 25, "accounts and scores, four kinds of figures, and what a live score needs"


def test_the_file_says_what_the_page_says(session, story, today):
    for number, scores in enumerate(((10, 10, 9), (2, 0), (7,), (10, 9, 10))):
        story(*scores, name=f"Number {number}")
    keep_scores(session, today)
    due.mark(session, session.scalar(sa.select(sa.func.min(listing.Account.id))), now=today.now)
    _count, text = statements(session, today)
    shown = {row.account.name: row.told for row in listing.page(session, AccountFilter(), today)}
    ids = [row["id"] for row in csv.DictReader(io.StringIO(text))]
    kept = snapshots.current_of(session, [int(id) for id in ids], today=today.day, zone=today.zone)
    for row in csv.DictReader(io.StringIO(text)):
        for name in snapshots.NAMES:
            told = shown[row["account"]]
            assert (told.score(name), told.colour(name)) == (
                kept[int(row["id"])].score(name),
                kept[int(row["id"])].colour(name),
            )
            assert row[name] == str(listing.unrounded(told.score(name)))
            assert row[f"{name}_colour"] == told.colour(name).value
