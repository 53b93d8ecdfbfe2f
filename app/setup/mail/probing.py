"""The six tests of the mail step by name: what each is about, and how it is run for a server and a sender."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import NamedTuple

from flask import Flask
from flask_babel import lazy_gettext as _l

from app.delivery.mail.smtp.server import Server
from app.setup.probes import dns, server, spf
from app.setup.probes.dns import Lookup
from app.setup.probes.findings import Desk, Finding

SELECTOR = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*")


class Test(NamedTuple):
    """How a test is called, and what it tells."""

    title: str
    meaning: str


TESTS = {
    "connection": Test(_l("Connection"), _l("The server answers this machine.")),
    "tls": Test(_l("TLS"), _l("Mail travels encrypted, to a server that proves its name.")),
    "sign-in": Test(_l("Sign-in"), _l("It lets us in and takes mail from our sender.")),
    "spf": Test("SPF", _l("The sender's domain names this server.")),
    "dkim": Test("DKIM", _l("Receivers can check a signature under every mail.")),
    "dmarc": Test("DMARC", _l("Receivers know what to do with forgeries.")),
}


def install(app: Flask) -> None:
    """Where tests ask DNS, and the desk that runs one set of them at a time."""
    app.extensions["dns_lookup"] = dns.lookup()
    app.extensions["probe_desk"] = Desk()


def probes(
    to: Server, sender: str, bounce_domain: str, selector: str, *, ask: Lookup, now: datetime
) -> dict[str, Callable[[], Finding]]:
    """Every test, ready to run. Bounces go to `bounce_domain`, or to the sender where it is empty."""
    domain = sender.rpartition("@")[2].encode("idna").decode().lower()
    return_domain = (bounce_domain or domain).lower()
    return {
        "connection": partial(server.connection, to),
        "tls": partial(server.tls, to, now=now),
        "sign-in": partial(server.sign_in, to, sender),
        "spf": partial(spf.spf, return_domain, to.host, ask),
        "dkim": partial(dns.dkim, domain, selector, ask),
        "dmarc": partial(dns.dmarc, domain, return_domain, ask),
    }


def clean_selector(typed: str) -> str:
    """A selector as DNS knows it; anything else counts as none. The whole name of the record may be pasted."""
    name = typed.strip().lower().partition("._domainkey")[0][:63]
    return name if SELECTOR.fullmatch(name) else ""
