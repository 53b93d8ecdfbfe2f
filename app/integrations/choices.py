"""By which ways each person wants to be told."""

from __future__ import annotations

from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from app.delivery.inbound.sealing import seal, unseal
from app.integrations.models import ChatKind, ChatScope, NoticeChoice


def of(session: Session, staff_id: int) -> NoticeChoice:
    """What a person has chosen, else what holds for whoever has chosen nothing; that is not kept."""
    return session.get(NoticeChoice, staff_id) or usual(staff_id)


def usual(staff_id: int) -> NoticeChoice:
    """What holds for whoever has chosen nothing."""
    mails = {"mail_at_once": True, "mail_daily": True, "daily_hour": 8}
    return NoticeChoice(staff_id=staff_id, **mails, chat_scope=ChatScope.URGENT, chat_host="")


def known(session: Session) -> dict[int, NoticeChoice]:
    """Everybody's own choices."""
    return {chosen.staff_id: chosen for chosen in session.scalars(sa.select(NoticeChoice))}


def kept(session: Session, staff_id: int) -> NoticeChoice:
    """The row of a person, made when there is none."""
    found = of(session, staff_id)
    session.add(found)
    return found


def set_chat(settings: config.Settings, chosen: NoticeChoice, kind: ChatKind | None, url: str) -> None:
    """Let chat go to a webhook, to the same as before (an empty `url`), or nowhere (no `kind`)."""
    chosen.chat_kind = kind
    if kind is None:
        chosen.chat_sealed, chosen.chat_host = None, ""
    elif url:
        chosen.chat_sealed, chosen.chat_host = seal(settings, url.encode()), urlsplit(url).hostname or ""
    chosen.chat_fault = chosen.chat_fault_at = None


def chat_url(settings: config.Settings, chosen: NoticeChoice) -> str | None:
    """The address of a person's webhook; None without one, or when it was sealed under a key that is gone."""
    raw = unseal(settings, chosen.chat_sealed) if chosen.chat_kind and chosen.chat_sealed else None
    return raw.decode() if raw else None
