"""At which account a person of a file works: by the account's id, else its exact name, else the mail domain.

A mail domain decides only when exactly one account has it; the addresses anybody can get never do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from flask_babel import gettext as _

from app.contacts.importers.rows import ContactRow, Issue
from app.core import text

FREE_MAIL = frozenset(
    [
        *("126.com", "163.com", "aol.com", "bluewin.ch", "comcast.net", "free.fr", "freenet.de", "gmail.com"),
        *(
            "gmx.at",
            "gmx.ch",
            "gmx.de",
            "gmx.net",
            "googlemail.com",
            "hotmail.com",
            "hotmail.co.uk",
            "hotmail.fr",
        ),
        *("icloud.com", "laposte.net", "libero.it", "live.com", "mac.com", "mail.com", "mail.ru", "me.com"),
        *(
            "msn.com",
            "naver.com",
            "orange.fr",
            "outlook.com",
            "outlook.de",
            "outlook.fr",
            "pm.me",
            "proton.me",
        ),
        *("protonmail.com", "qq.com", "rediffmail.com", "seznam.cz", "sfr.fr", "t-online.de", "uol.com.br"),
        *(
            "virgilio.it",
            "wanadoo.fr",
            "web.de",
            "wp.pl",
            "yahoo.co.jp",
            "yahoo.co.uk",
            "yahoo.com",
            "yahoo.de",
        ),
        *("yahoo.es", "yahoo.fr", "yahoo.it", "yandex.ru", "ymail.com", "zoho.com"),
    ]
)
SHORT_ID = re.compile(r"[A-Za-z0-9]{15}")
LONG_ID = re.compile(r"[A-Za-z0-9]{15}[A-Z0-5]{3}")
CHECK_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def spellings(key: str) -> tuple[str, ...]:
    """The ids that are the same as `key`, the short one first: Salesforce writes 15 letters, or these and 3 to check.

    The three letters say which of the fifteen are capitals, five at a time.
    """
    if SHORT_ID.fullmatch(key):
        return key, key + check_letters(key)
    if LONG_ID.fullmatch(key) and check_letters(key[:15]) == key[15:]:
        return key[:15], key
    return (key,)


def check_letters(key: str) -> str:
    fives = (key[i : i + 5] for i in (0, 5, 10))
    return "".join(CHECK_LETTERS[sum(c.isupper() << n for n, c in enumerate(five))] for five in fives)


@dataclass(slots=True, eq=False)
class Place:
    """An account as far as an import of people knows it. `systems` are those that have given it an id."""

    id: int | None
    external_id: str | None
    name: str
    owner_id: int | None = None
    systems: set[str] = field(default_factory=set)
    owner_named: str = ""
    new_key: str | None = None
    is_new: bool = False


class Places:
    """The accounts that the rows of a chunk may mean."""

    def __init__(self, system: str | None):
        self.system = system
        self.by_key: dict[str, Place] = {}
        self.by_name: dict[str, list[Place]] = defaultdict(list)
        self.new: list[Place] = []
        self.adopted: list[Place] = []

    def know(self, place: Place, keys: Iterable[str]) -> None:
        """Add an account that is known by `keys` and by its name."""
        for key in keys:
            self.by_key[spellings(key)[0]] = place
        if place not in self.by_name[place.name]:
            self.by_name[place.name].append(place)

    def of(self, row: ContactRow) -> tuple[Place | None, list[Issue]]:
        """The account of a row, made if need be; None when only the mail domain could tell, or nothing."""
        if row.account_external_id:
            return self._by_id(row)
        named = self.by_name.get(row.account_name, []) if row.account_name else []
        if len(named) > 1:
            words = _("%(n)s accounts have this name; give the id of the account.", n=len(named))
            return None, [Issue(row.line, "account_name", row.account_name, words)]
        return (named[0] if named else None), []

    def make(self, row: ContactRow) -> Place:
        """A new account from the id and name in a row."""
        key = row.account_external_id or None
        place = Place(
            None, key, row.account_name or row.account_external_id, owner_named=row.account_owner, is_new=True
        )
        if self.system and key:
            place.new_key = key
            place.systems.add(self.system)
        self.know(place, [key] if key else [])
        self.new.append(place)
        return place

    def _by_id(self, row: ContactRow) -> tuple[Place | None, list[Issue]]:
        key = spellings(row.account_external_id)[0]
        if key in self.by_key:
            return self.by_key[key], []
        strangers = [
            p for p in self.by_name.get(row.account_name, []) if not p.is_new and not self._has_own_id(p)
        ]
        if len(strangers) != 1:
            words = _("Another account has this name and another id; they are kept apart.")
            named = self.by_name.get(row.account_name)
            return self.make(row), [Issue(row.line, "account_name", row.account_name, words)] if named else []
        (place,) = strangers
        place.new_key = row.account_external_id
        if self.system:
            place.systems.add(self.system)
        self.by_key[key] = place
        self.adopted.append(place)
        words = _(
            "An account of exactly this name was known under another id, or none; it is taken for the same."
        )
        return place, [Issue(row.line, "account_name", row.account_name, words)]

    def _has_own_id(self, place: Place) -> bool:
        """True when the account already has an id that this file's system gave, so another id means another account."""
        return self.system in place.systems if self.system else place.external_id is not None


class MailDomains:
    """Which accounts a mail domain points to: as noted at the accounts, and as seen in the file so far."""

    def __init__(self) -> None:
        self._seen: dict[str, set[int]] = defaultdict(set)
        self._noted: dict[str, set[int]] = {}

    def note(self, pairs: Iterable[tuple[str, int]]) -> None:
        """The domains of accounts, for the chunk at hand."""
        self._noted = defaultdict(set)
        for domain, account_id in pairs:
            self._noted[domain].add(account_id)

    def see(self, email_key: str, account_id: int) -> None:
        domain = text.domain_of(email_key)
        if domain not in FREE_MAIL:
            self._seen[domain].add(account_id)

    def of(self, email_key: str) -> set[int]:
        """The accounts that have the domain of an address; none for free mail."""
        domain = text.domain_of(email_key)
        if domain in FREE_MAIL:
            return set()
        return self._noted.get(domain, set()) | self._seen.get(domain, set())
