"""Secrets of webhooks and the signature of Standard Webhooks (https://www.standardwebhooks.com), made by its library."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import config
from app.core.processes.memory.imports import Later
from app.delivery.inbound.sealing import seal, unseal
from app.integrations.webhooks.models import Webhook

standard: Any = Later("standardwebhooks.webhooks")
PREFIX = "whsec_"
OCTETS = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(OCTETS)).decode()


def sealed(settings: config.Settings, secret: str) -> bytes:
    return seal(settings, secret.encode())


def secrets_of(settings: config.Settings, webhook: Webhook, *, now: datetime) -> list[str]:
    """The secrets in force, the newest first; none when they were sealed under a key that is gone."""
    boxes = [webhook.secret_sealed]
    if webhook.former_sealed and webhook.former_until and now < webhook.former_until:
        boxes.append(webhook.former_sealed)
    return [raw.decode() for box in boxes if (raw := unseal(settings, box)) is not None]


def headers(message_id: str, keys: Sequence[str], body: bytes, *, at: datetime) -> dict[str, str]:
    """The three headers: one signature for each secret, of the id, the moment of this try and the octets."""
    words = body.decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(standard.Webhook(key).sign(message_id, at, words) for key in keys),
    }
