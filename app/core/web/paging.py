"""Long lists in pages: which rows of how many are shown, and where the pages before and after begin."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

FARTHEST_ROW = 1_000_000


@dataclass(frozen=True)
class Page:
    """At most `size` rows from place `start` on, counted from 0, of a list of `total` rows.

    `after` is the row behind which a list begins that is found by its last row instead of by places, as long ones are.
    """

    size: int
    total: int
    start: int = 0
    after: int | None = None

    @classmethod
    def asked(cls, size: int, total: int) -> Page:
        """The page that the address of the request asks for."""
        return cls(size, total, asked_number("start"))

    @classmethod
    def asked_after(cls, size: int, total: int) -> Page:
        """The page behind the row that the address names; without such a row the first one."""
        after = asked_number("after", most=2**63 - 1) or None
        return cls(size, total, asked_number("start") if after else 0, after)

    @property
    def first(self) -> int:
        """The place of the first row shown, counted from 1."""
        return self.start + 1

    @property
    def last(self) -> int:
        """The place of the last row shown, counted from 1."""
        return min(self.start + self.size, self.total)

    @property
    def is_all(self) -> bool:
        """Whether there is nothing but this page."""
        return not self.start and not self.after and self.total <= self.size

    @property
    def is_past_end(self) -> bool:
        """Whether the list has rows, but none here."""
        return bool(self.start or self.after) and self.start >= self.total > 0

    @property
    def next_start(self) -> int | None:
        return self.start + self.size if self.start + self.size < self.total else None

    @property
    def previous_start(self) -> int | None:
        """Where the page before begins; None on the first one, and in lists that know only what follows."""
        return max(0, self.start - self.size) if self.start and not self.after else None


def asked_number(name: str, *, most: int = FARTHEST_ROW) -> int:
    """A number from the address that can be a place in a list, else 0."""
    number = request.args.get(name, 0, type=int)
    return number if 0 < number <= most else 0
