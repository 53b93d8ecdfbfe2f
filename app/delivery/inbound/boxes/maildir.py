"""A maildir on this machine. What was taken moves into its subfolder `Handled`, where an administrator may delete it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from app.delivery.inbound.boxes.items import BoxFault, Cursor, Item
from app.delivery.inbound.reading.letter import MOST_READ

HANDLED = ".Handled"


class Maildir:
    """See `Box`. Its cursor is empty: what lies in it is still to be taken."""

    def __init__(self, path: Path):
        self.path = path
        self.name = f"maildir:{path}"

    def look(self, cursor: Cursor) -> Iterator[Item]:
        unreadable = []
        for path in self._paths():
            try:
                with path.open("rb") as file:
                    raw = file.read(MOST_READ + 1)
            except FileNotFoundError:
                continue  # Somebody else took it meanwhile.
            except OSError as error:
                unreadable.append(f"{path.name} ({error.strerror})")
                continue
            yield Item(raw, {}, partial(self._put_away, path))
        if unreadable:
            raise BoxFault(
                f"{len(unreadable)} mails in {self.path} cannot be read: {', '.join(unreadable[:3])}."
            )

    def _paths(self) -> list[Path]:
        """All mails, the oldest first: names begin with the time of delivery."""
        found = []
        for folder in ("new", "cur"):
            try:
                entries = list(os.scandir(self.path / folder))
            except OSError as error:
                raise BoxFault(f"{self.path / folder} cannot be read: {error.strerror}.") from None
            found += [
                Path(entry.path) for entry in entries if not entry.name.startswith(".") and entry.is_file()
            ]
        return sorted(found, key=lambda path: (path.name, path.parent.name))

    def _put_away(self, path: Path) -> None:
        handled = self.path / HANDLED
        try:
            for folder in ("cur", "new", "tmp"):
                (handled / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
            (handled / "maildirfolder").touch()
            path.replace(handled / "cur" / f"{path.name.partition(':')[0]}:2,S")
        except FileNotFoundError:
            return
        except OSError as error:
            raise BoxFault(f"Mails in {self.path} cannot be moved to {HANDLED}: {error.strerror}.") from None
