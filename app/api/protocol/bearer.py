"""Who calls: the bearer key of a request. Only the header counts, never a cookie and never the address."""

from __future__ import annotations

from flask import current_app, g, request
from flask_babel import gettext as _
from limits import RateLimitItemPerMinute

from app.api.protocol.parsing import Malformed
from app.auth import keys, limits
from app.auth.keys import Key
from app.auth.models import Scope
from app.auth.people import KEY_PREFIX
from app.core import clock
from app.core.audit import Actor
from app.core.errors import DomainError, Forbidden
from app.extensions import db

REALM = 'Bearer realm="JustAsk"'
NEVER_IN_ADDRESS = frozenset({"access_token", "api_key", "apikey", "key", "token"})


class Unknown(DomainError):
    """No key, or none in force (401)."""

    status = 401
    headers = {"WWW-Authenticate": REALM}


class TooNarrow(Forbidden):
    """The key's scope does not include this (403)."""

    def __init__(self, scope: Scope):
        super().__init__(_("This needs a key with the scope %(scope)s.", scope=scope.value))
        self.headers = {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scope.value}"'}


class TooMany(DomainError):
    """The key asked too often (429)."""

    status = 429

    def __init__(self, seconds: int):
        super().__init__(_("Too many requests. Please wait a moment and try again."))
        self.headers = {"Retry-After": str(seconds)}


def admit(scope: Scope) -> None:
    """Let the request through when its key is in force and its scope includes `scope`; the key is `the_key()` then."""
    now = clock.now()
    key = keys.in_force(db.engine, secret_sent(), now=now)
    if key is None:
        raise Unknown(_("This key is unknown, expired or revoked."))
    if is_in_address():
        raise Malformed(
            _("A key never belongs into an address, where logs keep it. Revoke it and make a new one.")
        )
    count(key)
    if not key.may(scope):
        raise TooNarrow(scope)
    keys.used(db.engine, key, now=now)
    g.api_key = key


def secret_sent() -> str:
    """The secret in the header; Unknown, with what to do instead, when there is none."""
    sent = request.authorization
    if sent is not None and sent.type == "bearer" and sent.token:
        return sent.token
    if is_in_address():
        words = _("A key is taken from the header only. Revoke this one: logs keep addresses.")
    else:
        words = _("Send a key: Authorization: Bearer ja_...")
    raise Unknown(words)


def is_in_address() -> bool:
    pairs = request.args.items(multi=True)
    return any(name.lower() in NEVER_IN_ADDRESS or value.startswith(KEY_PREFIX) for name, value in pairs)


def count(key: Key) -> None:
    """Count the request against the key; TooMany when that is one too many within a minute."""
    most = current_app.extensions["settings"].API_RATE
    limit = RateLimitItemPerMinute(most) if most else None
    if limit and not limits.take(limit, "api", str(key.id)):
        raise TooMany(limits.seconds_left(limit, "api", str(key.id), now=clock.now()))


def the_key() -> Key:
    """The key of this request."""
    return g.api_key


def may(scope: Scope) -> bool:
    """Whether whoever asks has a key of that scope; a file that is written at a terminal has none."""
    return "api_key" in g and the_key().may(scope)


def actor() -> Actor:
    """The key, as the audit trail and the domain name an actor."""
    return the_key().actor(request.remote_addr)
