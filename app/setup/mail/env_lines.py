"""The lines for `justask.env` that set mail up, from what an administrator typed; and what is set now, without secrets.

Nothing here writes a file or a row: the password passes through to the person who typed it and is forgotten.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from flask_babel import lazy_gettext as _l

import config
from app.delivery.mail.mailer import MAILBOX
from app.delivery.mail.smtp.server import Server

STARTTLS, TLS, NONE = "starttls", "tls", "none"
ENCRYPTIONS = {
    STARTTLS: _l("STARTTLS, usually on port 587"),
    TLS: _l("TLS from the start, usually on port 465"),
    NONE: _l("None: only for a server on this machine"),
}
PORTS = {STARTTLS: 587, TLS: 465, NONE: 25}
KEPT_OPTIONS = ("ca", "verify", "hello")
NAMES = ("MAIL_URL", "MAIL_FROM", "BOUNCE_DOMAIN", "MAIL_ALLOW", "BASE_URL")


def mail_url(typed: Mapping, now_set: str) -> str:
    """The MAIL_URL of what was typed. Options the form does not ask for are kept while the server stays the same."""
    host = typed["host"]
    place = f"[{host}]" if ":" in host else host
    port = typed["port"] or PORTS[typed["encryption"]]
    who = quote(typed["user"] or "", safe="")
    if typed["password"]:
        who += ":" + quote(typed["password"], safe="")
    scheme = "smtps" if typed["encryption"] == TLS else "smtp"
    options = {"starttls": "1" if typed["encryption"] == STARTTLS else "0"} if scheme == "smtp" else {}
    present = urlsplit(now_set)
    if present.hostname == host.lower():
        options |= {k: v for k, v in parse_qsl(present.query) if k in KEPT_OPTIONS}
    query = f"?{urlencode(options, safe='/')}" if options else ""
    return f"{scheme}://{who}{'@' if who else ''}{place}:{port}{query}"


def mail_from(name: str | None, address: str) -> str:
    """The sender as one line of the file that reads back as the same two parts."""
    if not name:
        return address
    plain = f"{name} <{address}>"
    return plain if parseaddr(plain) == (name, address) else f'"{name}" <{address}>'


def ends_early(name: str) -> bool:
    """Whether a name holds signs that would end it early in the file or in the header."""
    return any(sign in "\"'<>\\" for sign in name)


def compose(typed: Mapping, settings: config.Settings) -> list[str]:
    """Every line to put into the file, in the order of the README; what is empty is left out."""
    values = {
        "MAIL_URL": mail_url(typed, settings.MAIL_URL),
        "MAIL_FROM": mail_from(typed["sender_name"], typed["sender"]),
        "BOUNCE_DOMAIN": typed["bounce_domain"],
        "MAIL_ALLOW": typed["allow"],
        "BASE_URL": typed["base_url"].rstrip("/"),
    }
    return [f"{config.PREFIX}{name}={value}" for name, value in values.items() if value]


@dataclass(frozen=True)
class Place:
    """The settings file: where it is, whether it exists, whether others may read it, which names the environment wins."""

    path: Path
    exists: bool
    is_open: bool
    overruled: list[str]


def place(settings: config.Settings, environ: Mapping[str, str] = os.environ) -> Place:
    path = settings.instance / "justask.env"
    try:
        mode = path.stat().st_mode
    except OSError:
        mode = None
    overruled = [config.PREFIX + name for name in NAMES if config.PREFIX + name in environ]
    return Place(path, mode is not None, bool(mode and mode & (stat.S_IRWXG | stat.S_IRWXO)), overruled)


def server_of(settings: config.Settings) -> Server | None:
    """The mail server that is set; None while every mail stays in the mailbox page."""
    return None if settings.MAIL_URL.startswith(MAILBOX) else Server.from_url(settings.MAIL_URL)


def sender_of(settings: config.Settings) -> str:
    """The address that mails come from."""
    return parseaddr(settings.MAIL_FROM)[1]


def encryption_of(server: Server) -> str:
    if server.tls:
        return TLS
    return NONE if server.starttls is False or (server.starttls is None and server.is_local) else STARTTLS


def present(settings: config.Settings) -> dict:
    """What the form shows before anybody typed: the settings as they are, without the password."""
    server = server_of(settings)
    name, address = parseaddr(settings.MAIL_FROM)
    is_example = address.endswith("@justask.example")
    found = {
        "sender_name": "" if is_example else name,
        "sender": "" if is_example else address,
        "bounce_domain": settings.BOUNCE_DOMAIN,
        "allow": ", ".join(settings.MAIL_ALLOW),
        "base_url": "" if settings.base_url_is_local else settings.BASE_URL,
    }
    if server:
        found |= {"host": server.host, "port": server.port, "user": server.user}
        found["encryption"] = encryption_of(server)
    return found
