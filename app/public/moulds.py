"""Pages cast once: what is the same for everybody is rendered a single time, each person's own values are joined in.

A mark stands in the page for each value, made at random so that no survey's words can hold it. Values are escaped when
they are joined in; marks therefore stand only where text or a quoted attribute is.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping

from markupsafe import escape

SPECIAL = re.compile("[&<>'\"]")


class Mould:
    """A rendered page with places for the values named in `names`.

    `render` makes the page; it gets, for each name, the mark to put where the value belongs.
    """

    def __init__(self, names: tuple[str, ...], render: Callable[[dict[str, str]], str]):
        marks = {name: f"mark{secrets.token_hex(8)}" for name in names}
        names_of = {mark: name for name, mark in marks.items()}
        pieces = re.split("(" + "|".join(marks.values()) + ")", render(marks))
        self.places = [(place, names_of[piece]) for place, piece in enumerate(pieces) if piece in names_of]
        self.pieces = [b"" if piece in names_of else piece.encode() for piece in pieces]

    def fill(self, values: Mapping[str, str]) -> bytes:
        """The page of one person."""
        escaped = {name: escaped_bytes(value) for name, value in values.items()}
        pieces = self.pieces.copy()
        for place, name in self.places:
            pieces[place] = escaped[name]
        return b"".join(pieces)


def escaped_bytes(value: str) -> bytes:
    """`value` as it stands in a page. Addresses and the like hold nothing to escape, and looking costs less than escaping."""
    return (str(escape(value)) if SPECIAL.search(value) else value).encode()
