"""Looking for names as people type them who have no keys for their letters."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.contacts.models import Contact
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
    wanted = every_word(typed, Contact.first_name, Contact.last_name, Contact.email)
    assert sorted(session.scalars(sa.select(Contact.last_name).where(wanted))) == found
