"""SPF: whether a domain's record lets our mail server send, read as receivers read it (RFC 7208)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from flask_babel import lazy_gettext as _l

from app.setup.probes.dns import CouldNotLookUp, Lookup, not_looked_up
from app.setup.probes.findings import Finding, bad, care, good

MOST_LOOKUPS = 10
QUALIFIERS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
ADDRESS_KINDS = {4: "A", 6: "AAAA"}


class PermanentError(Exception):
    """The record cannot be used by anybody; the words say why."""

    def __init__(self, words: str):
        super().__init__(str(type(words)))
        self.words = words


@dataclass
class Reading:
    """One evaluation for one address; receivers give up after ten lookups."""

    address: str
    ask: Lookup
    lookups: int = 0

    def verdict(self, domain: str, *, is_included: bool = False) -> str:
        """`pass`, `fail`, `softfail` or `neutral`; PermanentError for a record nobody can use."""
        records = spf_records(domain, self.ask)
        if len(records) != 1:
            words = (
                _l("%(domain)s is included, but has no SPF record", domain=domain)
                if not records
                else _l("%(domain)s has %(count)s SPF records", domain=domain, count=len(records))
            )
            raise PermanentError(words)
        redirect = ""
        for term in records[0].split()[1:]:
            name, sign, value = term.partition("=")
            if sign and ":" not in name and "/" not in name:
                redirect = value if name.lower() == "redirect" else redirect
                continue
            qualifier = term[0] if term[0] in QUALIFIERS else "+"
            if self.matches(term.lstrip("+-~?"), domain):
                return QUALIFIERS[qualifier]
        if redirect:
            self.count()
            return self.verdict(redirect, is_included=is_included)
        return "neutral"

    def matches(self, term: str, domain: str) -> bool:
        name, _sign, value = term.partition(":")
        kind, slash, size = name.partition("/")
        kind = kind.lower()
        if kind == "all":
            return True
        if kind in ("ip4", "ip6"):
            return is_within(self.address, value)
        if kind not in ("a", "mx", "include", "exists", "ptr"):
            raise PermanentError(_l("the part “%(term)s” is not known", term=term))
        self.count()
        if "%" in value or kind in ("exists", "ptr"):
            return False  # These depend on the mail in hand, so nothing can be said beforehand.
        if kind == "include":
            return self.verdict(value, is_included=True) == "pass"
        host, slash, size = value.partition("/") if value else (domain, slash, size)
        hosts = self.ask(host, "MX") if kind == "mx" else [host]
        return any(
            is_within(self.address, f"{found}{slash}{size}")
            for name in hosts
            for found in self.addresses(name)
        )

    def addresses(self, host: str) -> list[str]:
        return self.ask(host, ADDRESS_KINDS[ip_address(self.address).version])

    def count(self) -> None:
        self.lookups += 1
        if self.lookups > MOST_LOOKUPS:
            raise PermanentError(_l("reading it takes more than ten lookups"))


def spf(domain: str, host: str, ask: Lookup) -> Finding:
    """Whether the record of `domain`, where bounces go, lets the mail server `host` send for it."""
    try:
        records = spf_records(domain, ask)
        if not records:
            return missing(domain, host)
        if len(records) > 1:
            return bad(
                _l(
                    "%(domain)s has %(count)s SPF records, so receivers heed none.",
                    domain=domain,
                    count=len(records),
                ),
                _l("Join them into one."),
                " | ".join(records),
            )
        addresses = addresses_of(host, ask)
        verdicts = [Reading(address, ask).verdict(domain) for address in addresses or ["192.0.2.1"]]
    except CouldNotLookUp:
        return not_looked_up(domain)
    except PermanentError as error:
        return bad(
            _l("The SPF record of %(domain)s cannot be used: %(why)s.", domain=domain, why=error.words),
            _l(
                "Receivers treat it as if it were wrong. Mend the record; your mail provider shows how it should read."
            ),
            " | ".join(records),
        )
    return judged(domain, host, records[0], addresses, verdicts)


def judged(domain: str, host: str, record: str, addresses: Sequence[str], verdicts: Sequence[str]) -> Finding:
    if any(term.lower() in ("all", "+all") for term in record.split()):
        return care(
            _l("The record of %(domain)s lets every server in the world send in its name.", domain=domain),
            _l("End it with -all or ~all instead of +all."),
            record,
        )
    if addresses and "pass" in verdicts:
        return good(_l("The record of %(domain)s lets %(host)s send.", domain=domain, host=host), record)
    if not addresses:
        return care(
            _l(
                "%(domain)s has a record. The mail server is on this machine, so it has to name the address under which this machine sends.",
                domain=domain,
            ),
            _l("The test mail shows it: spf=pass in its headers. If not, add ip4: with that address."),
            record,
        )
    return care(
        _l(
            "The record of %(domain)s does not name %(host)s (%(addresses)s).",
            domain=domain,
            host=host,
            addresses=", ".join(addresses[:3]),
        ),
        _l(
            "Providers often send from other servers than the one they take mail at, so look at the test mail: spf=pass in its headers is enough. If not, add the include: that your provider names."
        ),
        record,
    )


def missing(domain: str, host: str) -> Finding:
    words = _l(
        "%(domain)s has no SPF record, so receivers cannot tell our mail from a forgery.", domain=domain
    )
    if is_here(host):
        fix = _l(
            "Add a TXT record at %(domain)s. The mail server is on this machine: put the public address from which this machine sends in place of ADDRESS, or the part that your mail provider names, if it hands mail on to one:",
            domain=domain,
        )
        return bad(words, fix, "v=spf1 ip4:ADDRESS -all")
    fix = _l(
        "Add a TXT record at %(domain)s. Your mail provider names the part to include; for a server of your own it is the one with its name:",
        domain=domain,
    )
    return bad(words, fix, f"v=spf1 {part_of(host)} -all")


def is_here(host: str) -> bool:
    """Whether the mail server is this machine, whose own names and addresses mean nothing to receivers."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def part_of(host: str) -> str:
    """The part of a record that lets a server of that name or address send."""
    try:
        return f"ip{ip_address(host).version}:{host}"
    except ValueError:
        return f"a:{host}"


def spf_records(domain: str, ask: Lookup) -> list[str]:
    return [r for r in ask(domain, "TXT") if r.lower() == "v=spf1" or r.lower().startswith("v=spf1 ")]


def addresses_of(host: str, ask: Lookup) -> list[str]:
    """The public addresses of the mail server; none when it is on this machine."""
    try:
        found = [str(ip_address(host))]
    except ValueError:
        found = [] if host == "localhost" else [*ask(host, "A"), *ask(host, "AAAA")]
    return [address for address in found if not ip_address(address).is_loopback]


def is_within(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return False
