"""Keeping the octets of a mail that could not be read, encrypted under the secret key.

It may hold links that open an answer page, and the database alone must not.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import config
from app.core.processes.memory.imports import Later

fernet = Later("cryptography.fernet")


def seal(settings: config.Settings, raw: bytes) -> bytes:
    return _box(settings).encrypt(raw)


def unseal(settings: config.Settings, sealed: bytes) -> bytes | None:
    """The octets, or None when they were sealed under a key that is no longer known."""
    try:
        return _box(settings).decrypt(sealed)
    except fernet.InvalidToken:
        return None


def _box(settings: config.Settings) -> Any:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEYS_OLD]
    return fernet.MultiFernet([fernet.Fernet(base64.urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str) -> bytes:
    return hashlib.blake2b(b"justask set aside", key=key.encode()[:64], digest_size=32).digest()
