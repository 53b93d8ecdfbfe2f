"""Whether a mail that was posted comes from the mail provider: signed by Standard Webhooks, or with the secret itself.

The library checks text in UTF-8. Mails may hold other octets, so for those the same check is made here.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from standardwebhooks.webhooks import Webhook, WebhookVerificationError, hmac_data

PREFIX = "whsec_"
BEARER = "Bearer "
TOLERANCE = timedelta(minutes=5)
LONGEST_MOMENT = 12


def is_genuine(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, *, now: datetime) -> bool:
    """Whether one of the secrets was used. A secret that begins with whsec_ may sign; any may be sent as it is."""
    given = headers.get("Authorization", "")
    if given.startswith(BEARER):
        token = given.removeprefix(BEARER).strip().encode()
        return any(hmac.compare_digest(secret.encode(), token) for secret in secrets)
    return any(is_signed(secret, headers, body, now) for secret in secrets if secret.startswith(PREFIX))


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except UnicodeDecodeError:
        return are_signed_octets(secret, headers, body, now)
    except (WebhookVerificationError, ValueError, RuntimeError):
        return False
    return True


def are_signed_octets(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    number, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if (
        not number
        or not at.isascii()
        or not at.isdigit()
        or len(at) > LONGEST_MOMENT
        or abs(now.timestamp() - int(at)) > TOLERANCE.total_seconds()
    ):
        return False
    key = base64.b64decode(secret.removeprefix(PREFIX) + "==")
    signature = base64.b64encode(hmac_data(key, f"{number}.{at}.".encode() + body)).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(f"v1,{signature}".encode(), one.encode()) for one in given)
