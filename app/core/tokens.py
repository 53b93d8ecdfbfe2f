"""Links that cannot be guessed and that the database alone cannot rebuild.

A row stores a random nonce; the token is the nonce and an HMAC under a key derived from the secret key. A dump of
the database therefore holds no usable link. Former secret keys stay valid for reading.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator, Sequence

NONCE_BYTES = 16
MAC_BYTES = 16
NONCE_LENGTH = 22
PAIR_BYTES, PAIRS = 33, 256  # 33 bytes are 44 characters without padding.
TOKEN_LENGTH = 44


def new_nonce() -> str:
    """128 random bits as 22 URL-safe characters."""
    return secrets.token_urlsafe(NONCE_BYTES)


def new_nonces() -> Iterator[str]:
    """As many as are wanted, 132 random bits each; one by one they would cost five times as much."""
    while True:
        words = base64.urlsafe_b64encode(os.urandom(PAIR_BYTES * PAIRS)).decode()
        for start in range(0, len(words), NONCE_LENGTH):
            yield words[start : start + NONCE_LENGTH]


class Signer:
    """Makes and reads the tokens of one purpose; the first key signs, all keys are accepted."""

    def __init__(self, keys: Sequence[str], purpose: str = "answer"):
        self.keys = [
            hashlib.blake2b(f"justask {purpose}".encode(), key=k.encode()[:64]).digest() for k in keys
        ]

    def token(self, nonce: str) -> str:
        return nonce + self._mac(self.keys[0], nonce)

    def nonce(self, token: str) -> str | None:
        """The nonce of a genuine token, else None."""
        if len(token) != TOKEN_LENGTH or not token.isascii():
            return None
        nonce, mac = token[:NONCE_LENGTH], token[NONCE_LENGTH:]
        genuine = [hmac.compare_digest(self._mac(key, nonce), mac) for key in self.keys]
        return nonce if any(genuine) else None

    @staticmethod
    def _mac(key: bytes, nonce: str) -> str:
        digest = hashlib.blake2b(nonce.encode(), key=key[:64], digest_size=MAC_BYTES).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def fingerprint(key: str, text: str) -> str:
    """What is kept of a text that may be known again but not read; it needs the key, since addresses can be guessed."""
    derived = hashlib.blake2b(b"justask fingerprint", key=key.encode()[:64]).digest()
    return hashlib.blake2b(text.encode(), key=derived[:64], digest_size=24).hexdigest()


def digest(secret: str) -> str:
    """The form in which a high-entropy secret (an API key) is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()
