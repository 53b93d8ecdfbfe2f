"""A POST that is sent again, because its answer got lost, does nothing again and gets the first answer.

The answer is kept in the transaction of what it answers, under the caller's key and `Idempotency-Key`, for a day.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Request, Response
from flask_babel import gettext as _
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.api.protocol.parsing import Malformed
from app.core.database import upserts
from app.core.database.columns import Moment, quotes, reference
from app.core.errors import DomainError, Invalid
from app.extensions import Base

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
SENDABLE = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_FOR = timedelta(days=1)
FORGOTTEN = 410
SECRET = {"Cache-Control": "no-store"}
SHORTEST_WORDS, AT_ONCE = 3, 50
TELLING = frozenset(
    {"external_id", "email", "last_name", "title", "comment", "words", "closing_comment", "reason"}
)  # The columns that say who somebody is, or hold what was written.


class Forgotten(DomainError):
    """What was asked for was done, and what came of it is no longer known (410)."""

    status = FORGOTTEN


class KeptAnswer(Base):
    """The answer to a POST. Until the transaction that makes it is over, `status` is 0."""

    __tablename__ = "api_answers"

    api_key_id: Mapped[int] = reference("api_keys.id", primary_key=True, index=False)
    key: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    status: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    body: Mapped[str] = mapped_column(sa.Text, default="")
    created_at: Mapped[Moment] = mapped_column(index=True)


@dataclass(frozen=True)
class Once:
    """A POST that wants to be done once."""

    api_key_id: int
    key: str
    fingerprint: str


def wish(request: Request, api_key_id: int) -> Once | None:
    """What the header asks for; None without it, and for methods that do the same thing twice anyway."""
    key = request.headers.get(HEADER)
    if request.method != "POST" or key is None:
        return None
    if not SENDABLE.fullmatch(key):
        words = _("An Idempotency-Key has 1 to 255 visible characters.")
        raise Malformed(words, errors={HEADER: words})
    sent = f"{request.path}?{request.query_string.decode('latin-1')}\n".encode() + request.get_data()
    return Once(api_key_id, key, hashlib.sha256(sent).hexdigest())


def begin(session: Session, once: Once, *, now: datetime) -> Response | None:
    """Take the key, or the answer that was kept under it; on PostgreSQL this waits for a twin under way.

    Invalid when the key was used for something else.
    """
    dialect = session.get_bind().dialect.name
    row = {
        "api_key_id": once.api_key_id,
        "key": once.key,
        "fingerprint": once.fingerprint,
        "status": 0,
        "body": "",
        "created_at": now,
    }
    take = (
        upserts.insert(dialect, KeptAnswer.__table__)
        .values(row)
        .on_conflict_do_nothing()
        .returning(KeptAnswer.key)
    )
    if session.scalar(take) is not None:
        return None
    kept = session.get_one(KeptAnswer, (once.api_key_id, once.key))
    if kept.fingerprint != once.fingerprint:
        words = _("This Idempotency-Key was used for another request.")
        raise Invalid(words, errors={HEADER: words})
    if kept.status == FORGOTTEN:
        raise Forgotten(
            _(
                "This was done. Its answer is no longer kept, because it held a secret, or a person who was erased."
            )
        )
    response = Response(kept.body, kept.status, content_type="application/json")
    response.headers[REPLAYED] = "true"
    return response


def keep(session: Session, once: Once, response: Response) -> None:
    """Keep the answer, in the transaction of what it answers; of one that holds a secret, only that there was one."""
    row, is_secret = (
        session.get_one(KeptAnswer, (once.api_key_id, once.key)),
        SECRET.items() <= dict(response.headers).items(),
    )
    row.status = FORGOTTEN if is_secret else response.status_code
    row.body = "" if is_secret else response.get_data(as_text=True)


def forget_about(session: Session, words: Collection[str], contact_ids: Collection[int]) -> int:
    """Empty kept answers that hold these words or are about these people, who asked to be erased; how many there were.

    The key stays taken: a launch or a note that is sent again is still not done a second time.
    """
    held = [quotes(KeptAnswer.body, said) for said in words if len(said) >= SHORTEST_WORDS]
    held += [KeptAnswer.body.contains(f'"contact_id":"{id}"') for id in contact_ids]
    forgotten = {"body": "", "status": FORGOTTEN}
    count = 0
    for start in range(0, len(held), AT_ONCE):
        about = sa.update(KeptAnswer).where(sa.or_(*held[start : start + AT_ONCE]))
        count += session.execute(about.values(forgotten)).rowcount
    return count


def words_of(told: Any) -> set[str]:
    """Who a person was and what was written by and about them, from all that is told of them."""
    if isinstance(told, list):
        return {said for part in told for said in words_of(part)}
    if not isinstance(told, dict):
        return set()
    own = {value for name, value in told.items() if name in TELLING and isinstance(value, str)}
    return own | {said for value in told.values() for said in words_of(value)}


def forget_old(session: Session, *, now: datetime) -> int:
    """Delete what was kept for a day; how many there were."""
    return session.execute(sa.delete(KeptAnswer).where(KeptAnswer.created_at < now - KEPT_FOR)).rowcount
