"""Looking for names as people type them who have no keys for their letters."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.contacts.models import ACCOUNT_WORDS, PERSON_WORDS, Account, Contact
from app.core.database.finding import every_word, fold, folded
from tests import make

NAMES = [
    "Sjöberg",
    "Łukasz Żółć",
    "Øystein Ærø",
    "Groß",
    "İnci Işık",
    "Đorđe Þór",
    "Ngọc Hà",
    "Élodie",
    "Ωμέγα",
    "東京ガ",
    "Plain",
]


def test_letters_are_folded_alike_on_both_databases(session):
    for name in NAMES:
        for text in (name, name.upper(), name.lower()):
            assert session.scalar(sa.select(folded(sa.literal(text)))) == fold(text), text


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("sjoberg", ["Sjöberg"]),
        ("SJÖBERG tuva", ["Sjöberg"]),
        ("berg sjo", ["Sjöberg"]),
        ("zolc lukasz", []),
        ("aero", []),
        ("gross", ["Groß"]),
        ("sjo%", []),
        ("tuva", ["Groß", "Sjöberg"]),
    ],
)
def test_names_are_found_with_and_without_their_accents(session, typed, found):
    for name in ("Sjöberg", "Groß"):
        make.contact(first_name="Tuva", last_name=name, email=None)
    wanted = every_word(typed, PERSON_WORDS)
    assert sorted(session.scalars(sa.select(Contact.last_name).where(wanted))) == found


def test_what_a_search_looks_through_follows_every_change(session):
    """What is kept is what would be made on the spot, whoever wrote the row; a row without it is found all the same."""
    account = make.account(name="Żółć AG")
    person = make.contact(account=account, first_name="Tuva", last_name="Sjöberg", email="T@Customer.example")
    assert kept(session) == [("tuva sjoberg t@customer.example", "zolc ag")]
    person.last_name, account.name, person.title = "Groß", "Ærø AS", "CFO"
    session.flush()
    assert kept(session) == [("tuva gross t@customer.example", "aero as")]
    session.execute(sa.update(Contact).values(found_as=None))
    session.execute(sa.update(Account).values(found_as=None))
    words = every_word("gross aero", PERSON_WORDS, ACCOUNT_WORDS)
    query = sa.select(Contact.id).join(Account, Account.id == Contact.account_id)
    assert session.scalars(query.where(words)).all() == [person.id]


def kept(session) -> list[tuple[str, str]]:
    found = sa.select(Contact.found_as, Account.found_as).join(Account, Account.id == Contact.account_id)
    return [tuple(row) for row in session.execute(found)]
