"""The box that the settings name."""

from __future__ import annotations

from pathlib import Path

import config
from app.delivery.inbound.boxes.imap import ImapBox
from app.delivery.inbound.boxes.items import Box
from app.delivery.inbound.boxes.maildir import Maildir

MAILDIR = "maildir:"


def box_of(settings: config.Settings) -> Box | None:
    """The box of JUSTASK_INBOUND_URL; None without one. Raises ValueError in words without the password."""
    url = settings.INBOUND_URL
    if not url:
        return None
    return Maildir(Path(url.removeprefix(MAILDIR))) if url.startswith(MAILDIR) else ImapBox.from_url(url)
