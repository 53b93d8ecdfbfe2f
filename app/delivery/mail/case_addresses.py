"""Addresses that name the follow-up a mail belongs to: one for whoever we wrote to, one for a colleague's Bcc. Pure.

An address is `case-<number>-<mac>@domain`, or `log-...` for the Bcc, which no customer ever sees; the HMAC over both
words keeps anybody from making up either. Without a domain of our own, what a colleague puts into Bcc stands behind a
plus in our sender's mailbox (RFC 5233), and replies come to the sender as they always do.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from email.utils import parseaddr
from enum import StrEnum
from typing import NamedTuple

import config
from app.delivery.mail.headers import wire_address
from app.delivery.mail.verp import ReturnPaths, mac

ADDRESS = re.compile(r"(?:[^+]{1,64}\+)?(case|log)-([1-9]\d{0,17})-([a-z2-7]{16})")
NAMED = re.compile(r"(case|log):([1-9]\d{0,17})")


class Door(StrEnum):
    """By which address a mail came to a follow-up."""

    CASE = "case"
    LOG = "log"


class Named(NamedTuple):
    """A follow-up that a mail names, and by which address; as text, what is kept with the mail."""

    door: Door
    task_id: int

    def __str__(self) -> str:
        return f"{self.door.value}:{self.task_id}"


class CaseAddresses:
    """Makes and reads the addresses of an installation; the first key signs, all keys are accepted."""

    def __init__(self, keys: Sequence[str], domain: str, sender: str):
        self.domain = ReturnPaths(keys, domain).domain
        self.sender = wire_address(sender)
        self._keys = [hashlib.blake2b(b"justask case", key=key.encode()[:64]).digest() for key in keys]

    @classmethod
    def of(cls, settings: config.Settings) -> CaseAddresses:
        keys = [settings.SECRET_KEY, *settings.SECRET_KEYS_OLD]
        return cls(keys, settings.BOUNCE_DOMAIN, parseaddr(settings.MAIL_FROM)[1])

    def reply_to(self, task_id: int) -> str:
        """Where what a person writes back should go; empty without a domain of our own."""
        return f"{self._local(Door.CASE, task_id)}@{self.domain}" if self.domain else ""

    def bcc(self, task_id: int) -> str:
        """What a colleague puts into Bcc, so that their own mail is logged on the follow-up."""
        local = self._local(Door.LOG, task_id)
        mailbox, _at, domain = self.sender.rpartition("@")
        return f"{local}@{self.domain}" if self.domain else f"{mailbox}+{local}@{domain}"

    def read(self, address: str) -> Named | None:
        """The follow-up that an address of ours names; None for every other address. The domain is not looked at."""
        found = ADDRESS.fullmatch(address.strip("<> \t").rpartition("@")[0].lower())
        if found is None:
            return None
        named = Named(Door(found[1]), int(found[2]))
        octets = str(named).encode()
        genuine = [hmac.compare_digest(mac(key, octets), found[3]) for key in self._keys]
        return named if any(genuine) else None

    def _local(self, door: Door, task_id: int) -> str:
        named = Named(door, task_id)
        return f"{door.value}-{task_id}-{mac(self._keys[0], str(named).encode())}"


def named(about: str | None) -> Named | None:
    """The follow-up that is kept with a mail that came in; None where it names something else, or nothing."""
    found = NAMED.fullmatch(about or "")
    return Named(Door(found[1]), int(found[2])) if found else None
