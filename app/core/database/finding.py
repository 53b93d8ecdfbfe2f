"""Looking for names: what somebody types into a field to search, as SQL, and which letters count as the same."""

from __future__ import annotations

import re
import unicodedata

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

ACCENTS = re.compile(r"[\u0300-\u036f]")
LETTERS = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "ı": "i",
    "ħ": "h",
    "ŧ": "t",
    "ß": "ss",
    "ẞ": "ss",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
}
"""Letters that are no other letter with an accent, and how they are typed without their keys."""
BOTH_CASES = LETTERS | {
    letter.upper(): plain for letter, plain in LETTERS.items() if not letter.upper().isascii()
}
PLAIN = str.maketrans(LETTERS)


def fold(text: str) -> str:
    """The text in small letters without accents, as somebody types it who has no such keys: Sjöberg is sjoberg."""
    if text.isascii():
        return text.lower()
    return ACCENTS.sub("", unicodedata.normalize("NFKD", text.lower())).translate(PLAIN)


def on_sqlite(value: object) -> object:
    """`fold` as SQLite calls it, for values that may be no text."""
    return fold(value) if isinstance(value, str) else value


class folded(sa.sql.functions.FunctionElement):
    """`folded(text)`: what `fold` makes of a column, in the database. PostgreSQL does it by functions of its own."""

    type = sa.Text()
    inherit_cache = True


@compiles(folded, "sqlite")
def _folded_sqlite(element, compiler, **options) -> str:
    return f"folded({compiler.process(element.clauses, **options)})"


@compiles(folded)
def _folded(element, compiler, **options) -> str:
    """Most names hold nothing but ASCII and take the short way; the other one is ten times as long."""
    text = compiler.process(element.clauses, **options)
    bare = f"regexp_replace(normalize({text}, NFKD), '[\u0300-\u036f]', '', 'g')"
    for letter, plain in BOTH_CASES.items():
        bare = f"replace({bare}, '{letter}', '{plain}')"
    return f"(CASE WHEN octet_length({text}) = char_length({text}) THEN lower({text}) ELSE lower({bare}) END)"


def plain(*texts: str | None) -> str:
    """Texts as a column keeps them that is there to be searched; `kept` is the same in the database."""
    return fold(" ".join(text or "" for text in texts))


def kept(column: sa.ColumnElement, *texts: sa.ColumnElement) -> sa.ColumnElement[str]:
    """What a search of these columns looks through: the column that keeps it, or made on the spot where that is empty."""
    return sa.func.coalesce(column, folded(joined(*texts)))


def joined(*texts: sa.ColumnElement) -> sa.ColumnElement[str]:
    together = sa.func.coalesce(texts[0], "")
    for text in texts[1:]:
        together = together + " " + sa.func.coalesce(text, "")
    return together


def holds(words: str, place: sa.ColumnElement) -> sa.ColumnElement[bool]:
    """Rows in which the words stand in the place as they follow each other; `place` is folded, wildcards are letters."""
    return place.contains(fold(words), autoescape=True)


def every_word(words: str, *places: sa.ColumnElement) -> sa.ColumnElement[bool]:
    """Rows in which each of the words stands in one of the places, in any order; the places are folded."""
    together = joined(*places)
    return sa.and_(sa.true(), *(holds(word, together) for word in words.split()))
