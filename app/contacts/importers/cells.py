"""Reading single cells: text, ids, amounts of money, days, flags, languages, zones. Pure; `Unreadable` says why not."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from flask_babel import gettext as _

from app.core import text

YES = frozenset({"1", "true", "yes", "y", "x", "t", "ja", "oui", "si", "sí", "checked"})
NO = frozenset({"", "0", "false", "no", "n", "f", "nein", "non", "unchecked"})
SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d+)?E[+-]?\d+", re.IGNORECASE)
ESCAPED = re.compile(r"'[=+\-@\t\r＝＋－＠]")
SPACES = re.compile(r"\s+")
AMOUNT = re.compile(
    r"(?P<sign>[-−(])?(?P<before>[A-Z]{3}|[$€£¥])?(?P<inner>[-−])?(?P<digits>\d[\d.,'’]*)"
    r"(?P<unit>k|m|mio|bn|b)?(?P<after>[A-Z]{3}|[$€£¥])?\)?(?P<trailing>[-−])?",
    re.IGNORECASE,
)
SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
UNITS = {"k": 1_000, "m": 1_000_000, "mio": 1_000_000, "b": 1_000_000_000, "bn": 1_000_000_000}
LARGEST_AMOUNT = Decimal(10) ** 12
ISO_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
WRITTEN_DAY = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
TIME_AFTER = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AP]M)?(Z|[+-]\d{2}:?\d{2})?", re.IGNORECASE)


class Unreadable(ValueError):
    """A cell that does not hold what its column promises; the message says why, in words for the user."""


def words(cell: str, limit: int) -> str:
    """One line of clean text of at most `limit` characters; the apostrophe spreadsheets put before `=` is taken off."""
    if not (cell.isascii() and cell.isprintable() and "  " not in cell):
        try:
            cell = SPACES.sub(" ", text.clean(cell, limit=4 * len(cell)))
        except text.UnreadableText as problem:
            raise Unreadable(str(problem)) from None
    cell = cell.strip()
    if cell.startswith("'") and ESCAPED.match(cell):
        cell = cell[1:]
    if len(cell) > limit:
        raise Unreadable(_("Longer than %(n)s characters.", n=limit))
    return cell


def identifier(cell: str) -> str:
    """An id as text, exactly as written: case and leading zeros count."""
    found = words(cell, 120).removeprefix("'")
    if SCIENTIFIC.fullmatch(found):
        raise Unreadable(_("A spreadsheet turned this id into a number and its last digits are lost."))
    return found


def flag(cell: str) -> bool:
    """Yes or no, in the ways systems write it; an empty cell is no."""
    folded = cell.strip().casefold()
    if folded not in YES and folded not in NO:
        raise Unreadable(_("Neither yes nor no."))
    return folded in YES


def amount(cell: str) -> tuple[Decimal, str | None]:
    """An amount of money and its currency when the cell names one: `$1,250,000.00`, `96.000,00 €`, `96k`, `1.25M`."""
    squeezed = SPACES.sub("", unicodedata.normalize("NFKC", cell))
    found = AMOUNT.fullmatch(squeezed)
    if not found:
        raise Unreadable(_("Not an amount of money."))
    if found["sign"] or found["inner"] or found["trailing"]:
        raise Unreadable(_("A negative amount."))
    value = _number(found["digits"], has_unit=bool(found["unit"])) * UNITS.get(
        (found["unit"] or "").lower(), 1
    )
    if value >= LARGEST_AMOUNT:
        raise Unreadable(_("Larger than any contract."))
    currency = found["before"] or found["after"]
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP), SYMBOLS.get(
        currency, currency and currency.upper()
    )


def _number(digits: str, *, has_unit: bool) -> Decimal:
    """Digits with separators as a number. A lone separator before three digits groups thousands, as money is written."""
    digits = digits.replace("'", "").replace("’", "").rstrip(".,")
    marks = [c for c in digits if c in ".,"]
    if not marks:
        return Decimal(digits)
    whole, _mark, rest = digits.rpartition(marks[-1])
    is_thousand = len(rest) == 3 and not has_unit and 0 < len(whole) <= 3 and whole.strip("0") != ""
    is_grouping = is_thousand if len(marks) == 1 else len(set(marks)) == 1
    parts = re.split(r"[.,]", digits if is_grouping else whole)
    if len(parts) > 1 and any(len(part) != 3 for part in parts[1:]):
        raise Unreadable(_("Not an amount of money."))
    return Decimal("".join(parts) if is_grouping else f"{''.join(parts) or 0}.{rest}")


def day(cell: str, *, day_first: bool | None = None) -> date:
    """A day: ISO, `31.01.2025`, or with slashes in the order the file uses; a time of day after it is dropped.

    `day_first` is None where the file does not tell; then `1/2/2024` is refused rather than guessed.
    """
    found = words(cell, 60)
    bare = _without_time(found)
    if iso := ISO_DAY.fullmatch(bare):
        return _real_day(int(iso[1]), int(iso[2]), int(iso[3]))
    if written := WRITTEN_DAY.fullmatch(bare):
        first, second, year = int(written[1]), int(written[3]), int(written[4])
        is_day_first = _order(first, second, written[2], day_first)
        return _real_day(year, second, first) if is_day_first else _real_day(year, first, second)
    raise Unreadable(_("Not a date. Write it like 2025-01-31."))


def _without_time(found: str) -> str:
    for position, character in enumerate(found):
        if character in "T ":
            return found[:position] if TIME_AFTER.fullmatch(found[position:]) else found
    return found


def _order(first: int, second: int, mark: str, day_first: bool | None) -> bool:
    if mark == "." or first > 12 or first == second:
        return True
    if second > 12:
        return False
    if day_first is None:
        raise Unreadable(_("Day and month cannot be told apart. Write the date like 2025-01-31."))
    return day_first


def _real_day(year: int, month: int, day_of_month: int) -> date:
    try:
        return date(year, month, day_of_month)
    except ValueError:
        raise Unreadable(_("There is no such day.")) from None


def day_order(cells: list[str]) -> bool | None:
    """Whether the days of a column are written day first; None when no cell, or both orders, tell."""
    seen = set()
    for cell in cells:
        written = WRITTEN_DAY.fullmatch(_without_time(cell.strip()))
        if written and written[2] != "." and max(int(written[1]), int(written[3])) > 12:
            seen.add(int(written[1]) > 12)
    return seen.pop() if len(seen) == 1 else None


@lru_cache(maxsize=512)
def language(cell: str) -> str:
    """A language as a short code (`de`, `pt-BR`), from a code or an English name."""
    found = words(cell, 60)
    named = _languages_by_name().get(found.casefold())
    if named:
        return named
    try:
        locale = Locale.parse(found.replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError):
        raise Unreadable(_("Not a language. Write its code, like de or pt-BR.")) from None
    return f"{locale.language}-{locale.territory}" if locale.territory else locale.language


@lru_cache(maxsize=1)
def _languages_by_name() -> dict[str, str]:
    return {name.casefold(): code for code, name in Locale("en").languages.items() if len(code) == 2}


@lru_cache(maxsize=512)
def zone(cell: str) -> str:
    """A time zone by its IANA name, in any case; HubSpot writes `europe_slash_berlin`."""
    found = _zones().get(words(cell, 64).casefold().replace("_slash_", "/"))
    if not found:
        raise Unreadable(_("Not a time zone. Write it like Europe/Berlin."))
    return found


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


@lru_cache(maxsize=512)
def tier(cell: str) -> int:
    """1, 2 or 3, also written `Tier 1` or `T1`."""
    found = re.fullmatch(r"(?:tier|t)?[\s_-]*([123])(?:\.0+)?", cell.strip(), re.IGNORECASE)
    if not found:
        raise Unreadable(_("Not a tier. There are tiers 1, 2 and 3."))
    return int(found[1])


def domains(cell: str) -> tuple[str, ...]:
    """Mail domains from a list of domains or web addresses, in lower case and punycode, without `www.`."""
    found = []
    for part in re.split(r"[;,\s]+", words(cell, 2000)):
        host = re.sub(r"^[a-z]+://", "", part.casefold()).split("/")[0].split(":")[0].rpartition("@")[2]
        host = host.removeprefix("www.").rstrip(".")
        if host and host not in found:
            found.append(_domain(host))
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=4096)
def _domain(host: str) -> str:
    try:
        return text.domain_of(text.email_key(f"x@{host}"))
    except text.UnreadableText:
        raise Unreadable(_("%(domain)s is not a mail domain.", domain=host)) from None


def is_damaged(name: str) -> bool:
    """True when an export has put question marks in the place of letters it could not write."""
    return "?" in name or "\ufffd" in name
