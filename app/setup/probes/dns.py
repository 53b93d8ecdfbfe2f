"""Asking DNS, and what it says about a domain that sends mail: the records of SPF, DKIM and DMARC (RFC 7208, 6376, 7489)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence

from flask_babel import lazy_gettext as _l

from app.core.processes.memory.imports import Later
from app.setup.probes.findings import Finding, bad, care, good, unknown

dns = Later("dns.resolver")
faults = Later("dns.exception")
crypto = Later("cryptography.exceptions")
rsa = Later("cryptography.hazmat.primitives.asymmetric.rsa")
serialization = Later("cryptography.hazmat.primitives.serialization")

LOOKUP_SECONDS = 4.0
SELECTORS = (
    "default",
    "mail",
    "dkim",
    "google",
    "selector1",
    "selector2",
    "k1",
    "k2",
    "s1",
    "s2",
    "mx",
    "smtp",
)
ENOUGH_BITS = 1024

Lookup = Callable[[str, str], list[str]]  # name and type of record to its texts; none where there is none


class CouldNotLookUp(Exception):
    """DNS gave no answer, which says nothing about the record."""


def lookup(servers: Sequence[str] = (), port: int = 53, seconds: float = LOOKUP_SECONDS) -> Lookup:
    """A lookup at these servers; without any, at those of this machine."""

    def ask(name: str, kind: str) -> list[str]:
        try:
            resolver = dns.Resolver(configure=not servers)
            if servers:
                resolver.nameservers, resolver.port = list(servers), port
            answer = resolver.resolve(name, kind, lifetime=seconds, search=False)
        except (dns.NXDOMAIN, dns.NoAnswer):
            return []
        except (faults.DNSException, OSError, ValueError) as error:
            raise CouldNotLookUp(type(error).__name__) from None
        return [text_of(record) for record in answer]

    return ask


def text_of(record) -> str:
    """A record as text; the strings of a TXT record belong together."""
    if hasattr(record, "strings"):
        return b"".join(record.strings).decode("utf-8", "replace")
    return str(getattr(record, "exchange", record)).rstrip(".")


def not_looked_up(name: str, kind: str = "TXT") -> Finding:
    """The finding when DNS was silent: it must not look as if the record were missing."""
    return unknown(
        _l(
            "This could not be looked up: DNS does not answer on this machine. That says nothing about your record."
        ),
        _l("Look from another machine, then compare with what is asked for here:"),
        f"dig +short {kind} {name}",
    )


def dkim(domain: str, selector: str, ask: Lookup) -> Finding:
    """Whether a key is published with which receivers check our provider's signature."""
    tried = [selector] if selector else SELECTORS
    try:
        for name in tried:
            place = f"{name}._domainkey.{domain}"
            records = [r for r in ask(place, "TXT") if "p=" in r]
            if records:
                return about_key(place, records[0])
    except CouldNotLookUp:
        return not_looked_up(f"{selector or 'SELECTOR'}._domainkey.{domain}")
    if selector:
        return bad(
            _l("There is no key at %(place)s.", place=place),
            _l(
                "Copy the record your mail provider shows for this domain, often a CNAME, into your DNS. Check the selector's spelling."
            ),
        )
    return unknown(
        _l("No key was found under the usual names of %(domain)s.", domain=domain),
        _l(
            "Fill in the selector: your mail provider names it, and it stands after s= in the line DKIM-Signature of the test mail. If there is no such line, switch DKIM on at the provider."
        ),
    )


def about_key(place: str, record: str) -> Finding:
    tags = tags_of(record)
    if not tags.get("p"):
        return bad(
            _l("The key at %(place)s was withdrawn.", place=place),
            _l("Copy the present record of your mail provider into your DNS."),
            record,
        )
    bits = bits_of(tags["p"])
    if bits is None or tags.get("v", "DKIM1") != "DKIM1":
        return bad(
            _l("The key at %(place)s cannot be read, so signatures fail.", place=place),
            _l("Copy the record once more, all of it; long records are often cut when they are pasted."),
            record,
        )
    if 0 < bits < ENOUGH_BITS:
        return bad(
            _l(
                "The key at %(place)s has only %(bits)s bits; receivers no longer take it.",
                place=place,
                bits=bits,
            ),
            _l("Make a key of 2048 bits at your mail provider."),
            record,
        )
    if "y" in tags.get("t", "").split(":"):
        return care(
            _l("The key at %(place)s is marked as a trial (t=y), so receivers may ignore it.", place=place),
            _l("Take t=y out of the record once the test mail passes."),
            record,
        )
    return good(
        _l(
            "A key is published at %(place)s. Whether your server signs with it shows in the test mail: dkim=pass.",
            place=place,
        ),
        record,
    )


def bits_of(key: str) -> int | None:
    """The size of a public key in bits, 0 for the short kinds that are always enough; None when it is no key."""
    try:
        raw = base64.b64decode("".join(key.split()), validate=True)
        if len(raw) == 32:
            return 0
        loaded = serialization.load_der_public_key(raw)
    except (binascii.Error, ValueError, crypto.UnsupportedAlgorithm):
        return None
    return loaded.key_size if isinstance(loaded, rsa.RSAPublicKey) else 0


def dmarc(domain: str, return_domain: str, ask: Lookup) -> Finding:
    """What receivers are told to do with mail in our name that fails, and whether ours can pass."""
    try:
        home, records = nearest_policy(domain, ask)
    except CouldNotLookUp:
        return not_looked_up(f"_dmarc.{domain}")
    if not records:
        return bad(
            _l(
                "%(domain)s has no DMARC record. Large mail providers want one from whoever sends to many.",
                domain=domain,
            ),
            _l(
                "Begin with a record that only watches. Add this TXT record at _dmarc.%(domain)s:",
                domain=domain,
            ),
            f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}",
        )
    if len(records) > 1:
        return bad(
            _l(
                "There are %(count)s DMARC records at _dmarc.%(home)s, so receivers heed none.",
                count=len(records),
                home=home,
            ),
            _l("Keep one of them."),
            " | ".join(records),
        )
    return about_record(domain, home, return_domain, records[0])


def about_record(domain: str, home: str, return_domain: str, record: str) -> Finding:
    """What the one record of `home` means for mail of `domain` whose bounces go to `return_domain`."""
    tags = tags_of(record)
    policy = (tags.get("sp") if home != domain and "sp" in tags else tags.get("p", "")).lower()
    if policy not in ("none", "quarantine", "reject"):
        return bad(
            _l("The DMARC record at _dmarc.%(home)s has no policy that receivers know.", home=home),
            _l("It needs p=none, p=quarantine or p=reject, right after v=DMARC1."),
            record,
        )
    if return_domain != domain and not is_below(return_domain, home):
        return care(
            _l(
                "Bounces go to %(other)s, which is not part of %(home)s, so SPF does not count for DMARC.",
                other=return_domain,
                home=home,
            ),
            _l(
                "Then every mail needs a DKIM signature of %(domain)s. Otherwise use a bounce domain below %(home)s.",
                domain=domain,
                home=home,
            ),
            record,
        )
    return good(about_policy(policy, home), record)


def about_policy(policy: str, home: str) -> str:
    if policy == "none":
        return _l(
            "The record at _dmarc.%(home)s asks receivers to watch only. That is enough to begin with.",
            home=home,
        )
    if policy == "quarantine":
        return _l(
            "The record at _dmarc.%(home)s sends what fails into spam, so SPF or DKIM above must pass.",
            home=home,
        )
    return _l(
        "The record at _dmarc.%(home)s has what fails refused, so SPF or DKIM above must pass.", home=home
    )


def nearest_policy(domain: str, ask: Lookup) -> tuple[str, list[str]]:
    """The records of the domain, or of the nearest one above it that has any, never of a top-level domain."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        home = ".".join(labels[start:])
        records = [
            r for r in ask(f"_dmarc.{home}", "TXT") if r.replace(" ", "").lower().startswith("v=dmarc1")
        ]
        if records:
            return home, records
    return domain, []


def is_below(name: str, home: str) -> bool:
    return name == home or name.endswith(f".{home}")


def tags_of(record: str) -> dict[str, str]:
    """`v=DMARC1; p=none` as a mapping, names in lower case."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, sign, value in pairs if sign}
