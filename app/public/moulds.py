"""Pages cast once: what is the same for everybody is rendered a single time, each person's own values are joined in.

A mark stands in the page for each value, made at random so that no survey's words can hold it. Values are escaped when
they are joined in; marks therefore stand only where text or a quoted attribute is.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping

from markupsafe import escape


class Mould:
    """A rendered page with places for the values named in `names`.

    `render` makes the page; it gets, for each name, the mark to put where the value belongs.
    """

    def __init__(self, names: tuple[str, ...], render: Callable[[dict[str, str]], str]):
        marks = {name: f"mark{secrets.token_hex(8)}" for name in names}
        names_of = {mark: name for name, mark in marks.items()}
        pieces = re.split("(" + "|".join(marks.values()) + ")", render(marks))
        self.places = [names_of.get(piece) for piece in pieces]
        self.pieces = [b"" if piece in names_of else piece.encode() for piece in pieces]

    def fill(self, values: Mapping[str, str]) -> bytes:
        """The page of one person."""
        escaped = {name: str(escape(value)).encode() for name, value in values.items()}
        return b"".join(
            [
                escaped[place] if place else piece
                for place, piece in zip(self.places, self.pieces, strict=True)
            ]
        )
