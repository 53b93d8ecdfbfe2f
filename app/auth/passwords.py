"""What a password must be: long, and not one that everybody tries first. There is no rule about kinds of characters.

Length and a list of common ones are what the standards ask for (OWASP ASVS 6.2); a rule about digits and capitals
makes passwords worse. Characters count as given, blanks and emoji among them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from flask_babel import gettext as _

SHORTEST = 12
LONGEST = 128
SHORTEST_WORD = 4
COMMON = frozenset((Path(__file__).parent / "common_passwords.txt").read_text("utf-8").split())
PRODUCT_WORDS = frozenset(["justask", "survey", "feedback", "customer", "promoter", "detractor"])
LOOKALIKES = str.maketrans("@4301$57!", "aaeolssti")
PADDING = "0123456789!?.,;:-_+*#$%&/()=@<> \t"


def normal(password: str) -> str:
    """The form in which a password is compared and hashed, so that it does not matter how a device composes accents."""
    return unicodedata.normalize("NFKD", password)


def objection(password: str, *, words: Iterable[str] = ()) -> str | None:
    """Why `password` cannot be taken, or None. `words` are those of this installation and person: company, name."""
    if len(password) < SHORTEST:
        return _(
            "Use at least %(count)d characters. Several words in a row are easy to remember.", count=SHORTEST
        )
    if len(password) > LONGEST:
        return _("Use at most %(count)d characters.", count=LONGEST)
    if is_common(password):
        return _("This is one of the passwords that are tried first. Choose another.")
    known = PRODUCT_WORDS | {word.casefold() for word in words if len(word) >= SHORTEST_WORD}
    if is_made_of(password, known):
        return _("This is made of a name that is easy to guess here. Choose another.")
    return None


def words_of(*texts: str) -> list[str]:
    """The words in an address, a name, a company, which somebody who knows them would try."""
    return [word for text in texts for word in re.split(r"[\s.@_-]+", text) if word]


def is_common(password: str) -> bool:
    """On the list of common passwords, or one of it repeated, joined with another, or with digits and signs added."""
    whole = password.casefold()
    forms = {
        whole,
        whole.strip(PADDING),
        whole.translate(LOOKALIKES),
        whole.strip(PADDING).translate(LOOKALIKES),
    }
    return (
        len(set(whole)) < 5 or is_run(whole) or any(is_listed(shortest_unit(form)) for form in forms if form)
    )


def is_listed(word: str) -> bool:
    """On the list, or two of the list in a row."""
    return word in COMMON or any(
        word[:cut] in COMMON and word[cut:] in COMMON for cut in range(3, len(word) - 2)
    )


def shortest_unit(text: str) -> str:
    """The piece that `text` repeats (`abcabc` gives `abc`), or the whole."""
    return text[: (text + text).find(text, 1)]


def is_run(text: str) -> bool:
    """Characters in a row as on the keyboard or in the alphabet: `123456789012`, `abcdefghijkl`, `qwertyuiopas`."""
    rows = (
        "01234567890123456789",
        "abcdefghijklmnopqrstuvwxyz",
        "qwertyuiopasdfghjklzxcvbnm",
        "qwertzuiopasdfghjklyxcvbnm",
    )
    return any(text in row * 2 or text in row[::-1] * 2 for row in rows)


def is_made_of(password: str, known: Iterable[str]) -> bool:
    """One of the known words and little else: under six other characters, digits and signs not counted."""
    core = "".join(c for c in password.casefold() if c not in PADDING)
    return any(word in core and len(core.replace(word, "")) < 6 for word in known)
