"""The way out of this installation: where mail goes, in whose name, and who may get it during rehearsal.

One mailer lives as long as its process, because it remembers that a server is down.
"""

from __future__ import annotations

from collections.abc import Collection
from email.utils import parseaddr
from pathlib import Path

import config
from app.core.tokens import Signer
from app.delivery.mail.headers import BadAddress, wire_address
from app.delivery.mail.mailbox import Mailbox, MailboxLane
from app.delivery.mail.smtp.lane import Lane
from app.delivery.mail.smtp.pacing import read_limits
from app.delivery.mail.smtp.server import Server
from app.delivery.mail.turns import DomainTurns
from app.delivery.mail.verp import ReturnPaths

MAILBOX = "mailbox:"
FOLDER = "mailbox"
REFUSALS = 3  # Once may be a slip of the server.


class Mailer:
    """`lane` is where mail goes, `shelf` the mailbox page where the mails of a rehearsal end."""

    def __init__(
        self,
        lane: Lane | MailboxLane,
        shelf: MailboxLane,
        signer: Signer,
        sender: str,
        *,
        paths: ReturnPaths | None = None,
        allowed: Collection[str] = (),
    ):
        self.lane, self.shelf, self.signer, self.sender = lane, shelf, signer, sender
        self.paths = paths
        self.allowed = frozenset(allowed)
        self.turns = DomainTurns()
        self.noted_refusals = 0

    @classmethod
    def from_settings(cls, settings: config.Settings) -> Mailer:
        """The mailer that the settings describe."""
        shelf = MailboxLane(mailbox(settings))
        if settings.MAIL_URL.startswith(MAILBOX):
            lane: Lane | MailboxLane = shelf
        else:
            server = Server.from_url(settings.MAIL_URL)
            rates = read_limits(settings.SEND_DOMAIN_RATES)
            lane = Lane(server, settings.SEND_CONNECTIONS, rate=settings.SEND_RATE, domain_rates=rates)
        signer = Signer([settings.SECRET_KEY, *settings.SECRET_KEYS_OLD])
        sender = wire_address(parseaddr(settings.MAIL_FROM)[1])
        return cls(lane, shelf, signer, sender, paths=return_paths(settings), allowed=settings.MAIL_ALLOW)

    @property
    def leaves_the_machine(self) -> bool:
        """True when a real server is set."""
        return self.lane is not self.shelf

    def return_path(self, message_id: str) -> str:
        """Where bounces go: an address that names the message, or the sender when there is no domain for that."""
        return (self.paths and self.paths.make(message_id)) or self.sender

    def has_new_refusal(self) -> bool:
        """True once for every time the server has refused us since this was asked last, beginning with the third."""
        before, self.noted_refusals = self.noted_refusals, self.lane.refusals
        return self.noted_refusals >= REFUSALS and self.noted_refusals != before

    @property
    def has_two_hands(self) -> bool:
        """Whether two may share the way: limits and a server that is down are for one to mind."""
        return isinstance(self.lane, Lane) and self.lane.can_be_halved

    def hands(self) -> list[Mailer]:
        """Two mailers with half of the connections each, for as long as a large wave takes."""
        lanes = self.lane.halves()
        return [self._with(lane, MailboxLane(self.shelf.mailbox)) for lane in lanes]

    def _with(self, lane: Lane, shelf: MailboxLane) -> Mailer:
        return Mailer(lane, shelf, self.signer, self.sender, paths=self.paths, allowed=self.allowed)

    def close(self) -> None:
        self.lane.close()
        self.shelf.close()


def mailbox(settings: config.Settings) -> Mailbox:
    """The built-in mailbox of an installation."""
    return Mailbox(Path(settings.instance) / FOLDER)


def return_paths(settings: config.Settings) -> ReturnPaths:
    """The return paths of an installation, to make them and to read them on what comes back."""
    return ReturnPaths([settings.SECRET_KEY, *settings.SECRET_KEYS_OLD], settings.BOUNCE_DOMAIN)


def is_allowed(address: str, allowed: Collection[str]) -> bool:
    """True when the address, or the domain it is in, is on the list."""
    try:
        known = wire_address(address).casefold()
    except BadAddress:
        return False
    domain = known.rpartition("@")[2]
    return any(entry.strip().casefold().removeprefix("@") in (known, domain) for entry in allowed)
