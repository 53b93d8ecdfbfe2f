"""What a box of incoming mail hands over, and what it says when it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

Cursor = dict[str, Any]


class BoxFault(Exception):
    """The box cannot be read now; `words` say why, without a password in them."""

    def __init__(self, words: str):
        super().__init__(words)
        self.words = words


@dataclass(frozen=True)
class Item:
    """One mail, whole or as much of it as is read. `cursor` is where the box stands once this mail is taken.

    `put_away` is called after it was taken for good; when that never happens, the same mail comes again.
    """

    raw: bytes
    cursor: Cursor
    put_away: Callable[[], None]


class Box(Protocol):
    """A folder of mails. `name` tells it from others and holds no password."""

    name: str

    def look(self, cursor: Cursor) -> Iterator[Item]:
        """The mails behind `cursor`, the oldest first. Raises BoxFault."""
