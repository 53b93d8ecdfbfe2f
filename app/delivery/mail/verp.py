"""Return paths that name the mail they belong to, so that a bounce is told apart without reading its body. Pure.

A path is `b-<mail>-<mac>@domain`: the 128 bits of the mail's Message-ID and an HMAC over them, both in base32, because
some servers on the way change the case of what stands before the @. It is 45 characters long of the 64 allowed there.
Who invents a path makes no bounce of ours: without the secret key the HMAC does not fit.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

from app.delivery.mail.headers import wire_address

MAC_BYTES = 10
MAIL = re.compile(r"[0-9a-f]{32}")
PATH = re.compile(r"b-([a-z2-7]{26})-([a-z2-7]{16})")


class ReturnPaths:
    """Makes and reads the return paths of an installation; the first key signs, all keys are accepted."""

    def __init__(self, keys: Sequence[str], domain: str):
        domain = domain.strip().rstrip(".").lower()
        self.domain = domain if domain.isascii() else wire_address(f"b@{domain}").partition("@")[2]
        self._keys = [hashlib.blake2b(b"justask bounce", key=key.encode()[:64]).digest() for key in keys]

    def make(self, message_id: str) -> str | None:
        """The return path of the mail with this Message-ID; None without a domain, or for an id that is not ours."""
        mail = message_id.strip("<> ").partition("@")[0]
        if not self.domain or not MAIL.fullmatch(mail):
            return None
        octets = bytes.fromhex(mail)
        return f"b-{base32(octets)}-{mac(self._keys[0], octets)}@{self.domain}"

    def read(self, address: str) -> str | None:
        """What stands before the @ of the Message-ID whose return path this is; None for every other address.

        The domain is not looked at: mail may have come through another name of the same mailbox.
        """
        found = PATH.fullmatch(address.strip("<> \t").partition("@")[0].lower())
        if found is None:
            return None
        octets = _octets(found[1])
        genuine = [hmac.compare_digest(mac(key, octets), found[2]) for key in self._keys]
        return octets.hex() if any(genuine) else None


def mac(key: bytes, octets: bytes) -> str:
    """16 characters that fit these octets and this key, readable whatever their case became on the way."""
    return base32(hashlib.blake2b(octets, key=key, digest_size=MAC_BYTES).digest())


def base32(octets: bytes) -> str:
    return base64.b32encode(octets).decode().rstrip("=").lower()


def _octets(text: str) -> bytes:
    """The 16 octets of 26 characters; two bits of the last one say nothing."""
    return base64.b32decode(text.upper() + "======")
