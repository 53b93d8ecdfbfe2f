"""Single cells: what people and systems write in them, and what is refused rather than guessed."""

from __future__ import annotations

import contextlib
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contacts.importers import cells
from app.contacts.importers.cells import Unreadable

SAMPLES = Path(__file__).parents[2] / "data" / "crm_samples"
ARR = json.loads((SAMPLES / "expected.json").read_text("utf-8"))["09_messy_duplicates.csv"]["arr_parsed"]


@pytest.mark.parametrize(("cell", "value"), ARR.items())
def test_amounts_of_the_messy_sample(cell, value):
    if value is None:
        with pytest.raises(Unreadable):
            cells.amount(cell)
    else:
        assert cells.amount(cell)[0] == value


@pytest.mark.parametrize(
    ("cell", "value", "currency"),
    [
        ("$1,250,000.00", "1250000", "USD"),
        ("1.234.567,89", "1234567.89", None),
        ("18.500,50", "18500.50", None),
        ("96.000", "96000", None),
        ("1234.567", "1234.57", None),
        ("0.125", "0.13", None),
        ("1'250'000.00 CHF", "1250000", "CHF"),
        ("1 250 000,5 €", "1250000.50", "EUR"),
        ("12 MXN", "12", "MXN"),
        ("1.250M", "1250000", None),
        ("5k€", "5000", "EUR"),
        ("0", "0", None),
    ],
)
def test_amounts_with_their_separators_and_currencies(cell, value, currency):
    assert cells.amount(cell) == (Decimal(value), currency)


@pytest.mark.parametrize(
    "cell", ["(500)", "5-", "-$5", "n/a", "1.2.3", "1,23,456", "12 apples", "$", "1e6", "9" * 13]
)
def test_amounts_that_are_none(cell):
    with pytest.raises(Unreadable):
        cells.amount(cell)


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_an_amount_written_either_way_is_the_same(value):
    english = f"{value:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert cells.amount(english)[0] == cells.amount(german)[0] == value


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("2025-01-31", date(2025, 1, 31)),
        ("2025-01-31 00:00", date(2025, 1, 31)),
        ("2025-01-31T23:59:59Z", date(2025, 1, 31)),
        ("31.01.2025", date(2025, 1, 31)),
        ("1/31/2025", date(2025, 1, 31)),
        ("31/1/2025", date(2025, 1, 31)),
        ("1/31/2025 4:30 PM", date(2025, 1, 31)),
        ("4/4/2025", date(2025, 4, 4)),
    ],
)
def test_days(cell, found):
    assert cells.day(cell) == found


@pytest.mark.parametrize("cell", ["1/2/2024", "31/31/2024", "2025-02-30", "soon", "45321", "1/2/24"])
def test_days_that_cannot_be_told_are_refused(cell):
    with pytest.raises(Unreadable):
        cells.day(cell)


def test_the_order_of_a_column_decides_its_unclear_days():
    assert cells.day_order(["1/2/2024", "15/07/2024"]) is True
    assert cells.day_order(["1/2/2024", "7/15/2024 10:00"]) is False
    assert cells.day_order(["1/2/2024", "31.01.2024"]) is None
    assert cells.day_order(["15/7/2024", "7/15/2024"]) is None
    assert cells.day("1/2/2024", day_first=True) == date(2024, 2, 1)
    assert cells.day("1/2/2024", day_first=False) == date(2024, 1, 2)


def test_ids_are_text():
    assert cells.identifier("00042") == "00042"
    assert cells.identifier("'00042 ") == "00042"
    assert cells.identifier("0015g00000AbCdE") != cells.identifier("0015g00000AbCde")
    with pytest.raises(Unreadable, match="spreadsheet"):
        cells.identifier("1.50E+09")


def test_words_are_one_clean_line():
    assert cells.words(" Lucía\nMaría\t ", 50) == "Lucía María"
    assert cells.words("cafe\u0301", 50) == "café"
    assert cells.words("a\0b", 50) == "ab"
    assert cells.words("'=HYPERLINK(1)", 50) == "=HYPERLINK(1)"
    assert cells.words("'s Gravenhage", 50) == "'s Gravenhage"
    with pytest.raises(Unreadable, match="5 characters"):
        cells.words("abcdef", 5)


def test_languages_and_zones_by_code_and_name():
    assert cells.language("de") == cells.language("German") == "de"
    assert cells.language("pt_BR") == cells.language("pt-br") == "pt-BR"
    assert cells.zone("europe/berlin") == cells.zone("europe_slash_berlin") == "Europe/Berlin"
    for reader, cell in ((cells.language, "Klingonish"), (cells.zone, "Mars/Base")):
        with pytest.raises(Unreadable):
            reader(cell)


def test_tiers_flags_and_domains():
    assert [cells.tier(c) for c in ("1", "Tier 2", "T3", "tier-1")] == [1, 2, 3, 1]
    assert [cells.flag(c) for c in ("0", "1", "TRUE", "", "No", "ja")] == [
        False,
        True,
        True,
        False,
        False,
        True,
    ]
    assert cells.domains("https://www.Northwind.example/about; münchen.example") == (
        "northwind.example",
        "xn--mnchen-3ya.example",
    )
    for reader, cell in ((cells.tier, "Gold"), (cells.flag, "perhaps"), (cells.domains, "not a domain!")):
        with pytest.raises(Unreadable):
            reader(cell)


@given(st.text(max_size=40))
def test_no_text_brings_a_reader_down(cell):
    for reader in (
        cells.amount,
        cells.day,
        cells.identifier,
        cells.flag,
        cells.language,
        cells.zone,
        cells.tier,
        cells.domains,
    ):
        with contextlib.suppress(Unreadable):
            reader(cell)
