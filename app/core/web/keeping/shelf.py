"""Where a web process keeps finished pages: those of one minute, and few of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import NamedTuple

from app.core.database.reading.watched import Proof

MOST_BYTES = 1_500_000
BESIDES = 1_000
"""About what a page takes besides its body and its key, in bytes."""

Key = tuple[str, ...]


class Page(NamedTuple):
    """An answer, by what whoever got it was let in, and at which version of the database it was so.

    By the proof it can be seen whether it is so at another version.
    """

    body: bytes
    headers: tuple[tuple[str, str], ...]
    ticket: Hashable
    version: Hashable = None
    proof: Proof | None = None


class Shelf:
    """At most `most` bytes of pages; those that nobody asked for the longest go first.

    A moment is whatever all pages here have in common. With the first look of another one, none of them can be right.
    """

    def __init__(self, most: int = MOST_BYTES):
        self.most = most
        self.taken = 0
        self.moment: Hashable = None
        self.pages: OrderedDict[Key, Page] = OrderedDict()
        self.lock = Lock()

    def find(self, moment: Hashable, key: Key) -> Page | None:
        with self.lock:
            self._begin(moment)
            page = self.pages.get(key)
            if page is not None:
                self.pages.move_to_end(key)
            return page

    def begin(self, moment: Hashable) -> None:
        """Let go of the pages of any other moment."""
        with self.lock:
            self._begin(moment)

    def drop(self, key: Key, page: Page) -> None:
        """Let go of this page, unless another one lies there by now."""
        with self.lock:
            if self.pages.get(key) is page:
                self._drop(key)

    def put(self, moment: Hashable, key: Key, page: Page) -> None:
        """Keep a page that was made at `moment`, unless another one has begun or it would fill a quarter of the room."""
        with self.lock:
            if moment != self.moment or size(key, page) > self.most // 4:
                return
            self._drop(key)
            self.pages[key] = page
            self.taken += size(key, page)
            while self.taken > self.most:
                self._drop(next(iter(self.pages)))

    def _begin(self, moment: Hashable) -> None:
        if moment != self.moment:
            self.pages.clear()
            self.moment, self.taken = moment, 0

    def _drop(self, key: Key) -> None:
        page = self.pages.pop(key, None)
        if page is not None:
            self.taken -= size(key, page)


def size(key: Key, page: Page) -> int:
    proof = page.proof.size if page.proof is not None else 0
    return len(page.body) + sum(map(len, key)) + proof + BESIDES
