"""Where a webhook, of a chat or of another program, may lead: to public addresses over https, and to what an operator has allowed.

Whoever may type an address could otherwise have our server speak to machines that only it can reach. So every address
that a name stands for is looked at, and the connection goes to the very one that was looked at: a name that stands for
another a moment later gains nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

LONGEST = 2000
TRANSLATED = IPv6Network("64:ff9b::/96")


class Forbidden(ValueError):
    """The address must not be called; the words say why."""


class Unknown(OSError):
    """No address is known of the name at present."""


@dataclass(frozen=True)
class Place:
    """Where to connect: the very address, and the name and path that are asked for there."""

    host: str
    port: int
    path: str
    is_tls: bool
    address: str = ""


def read(url: str, allowed: Sequence[str] = ()) -> Place:
    """The place that an address names, its form checked and nothing looked up. Raises Forbidden."""
    if len(url) > LONGEST or any(ord(letter) <= 32 or ord(letter) > 126 for letter in url):
        raise Forbidden("This is no web address.")
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").rstrip(".")
    except ValueError:
        raise Forbidden("This is no web address.") from None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise Forbidden("An address begins with https:// and holds no password.")
    is_tls = parts.scheme == "https"
    if not is_tls and not is_listed(host, allowed):
        raise Forbidden("The address must begin with https://.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    place = Place(host, port or (443 if is_tls else 80), path, is_tls)
    literal = literal_of(host)
    if literal is not None and not may_be_called(host, literal, allowed):
        raise Forbidden("This address is not on the public internet.")
    return place


def look_up(url: str, allowed: Sequence[str] = ()) -> Place:
    """The place with the address to connect to. Raises Forbidden, or Unknown when the name says nothing now."""
    place = read(url, allowed)
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unknown(f"No address is known of {place.host}.") from None
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    for address in addresses:
        if not may_be_called(place.host, ip_address(address), allowed):
            raise Forbidden("This name leads to an address that is not on the public internet.")
    if not addresses:
        raise Unknown(f"No address is known of {place.host}.")
    return Place(place.host, place.port, place.path, place.is_tls, addresses[0])


def may_be_called(host: str, address: IPv4Address | IPv6Address, allowed: Sequence[str]) -> bool:
    return is_public(address) or is_listed(host, allowed) or is_listed(str(address), allowed)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether everybody can reach it; what stands for an address of version 4 is judged by that."""
    inner = address
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped or address.sixtofour:
            inner = address.ipv4_mapped or address.sixtofour
        elif address.teredo:
            inner = address.teredo[1]
        elif address in TRANSLATED:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


def is_listed(host: str, allowed: Sequence[str]) -> bool:
    """Whether an operator has allowed this name, this address, or a network that it is in."""
    literal = literal_of(host)
    for entry in allowed:
        if entry.casefold() == host.casefold():
            return True
        try:
            if literal is not None and literal in ip_network(entry, strict=False):
                return True
        except ValueError:
            continue
    return False


def host_of(url: str) -> str:
    """The name in an address, for people to read."""
    return urlsplit(url).hostname or ""


def literal_of(host: str) -> IPv4Address | IPv6Address | None:
    """The address that is written out, also in the old forms that the system takes for one (0x7f.1, 2130706433)."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None
