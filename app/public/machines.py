"""Telling machines from people by what they say of themselves and by their haste; a guess, never a lock (pure).

Mail gateways open every link of a mail. A look that a machine probably took is counted apart; only a client that
calls itself a gateway or a link preview makes an answer suspicious, because such an answer then waits for a review.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

GATEWAYS = re.compile(
    r"barracuda|proofpoint|mimecast|safelinks|symantec|trendmicro|fireeye|forcepoint|ironport|sophos|zscaler"
    r"|googleimageproxy|ggpht|slackbot|slack-imgproxy|twitterbot|facebookexternalhit|linkedinbot|whatsapp|skypeuri"
    r"|telegrambot|discordbot|bingpreview|bingbot|googlebot|yandexbot|duckduckbot|crawler|spider|urlscan|linkcheck"
    r"|microsoft office|outlook-|ms-office|yahoomailproxy",
    re.IGNORECASE,
)
PROGRAMS = re.compile(
    r"headlesschrome|phantomjs|curl/|wget/|python|go-http|java/|okhttp|libwww|node-fetch|axios|oneoutlook|bot\b",
    re.IGNORECASE,
)
AT_ONCE = timedelta(seconds=10)
MOST_SCORES = 2
AHEAD = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ")


@lru_cache(maxsize=1024)
def is_gateway(agent: str) -> bool:
    """The client says itself that it is a mail gateway, a link preview or a crawler."""
    return bool(GATEWAYS.search(agent))


@lru_cache(maxsize=1024)
def is_program(agent: str) -> bool:
    """The client names itself as something that no person reads with, or hardly names itself at all."""
    return len(agent) < 16 or is_gateway(agent) or bool(PROGRAMS.search(agent))


def is_probably_machine(
    agent: str, environ: Mapping[str, Any], method: str, sent_at: datetime | None, now: datetime
) -> bool:
    """Whether a look at a link was probably not a person's; headers stand in `environ` as in WSGI's."""
    is_ahead = any("prefetch" in environ.get(name, "") for name in AHEAD)
    is_too_soon = sent_at is not None and now - sent_at < AT_ONCE
    return method == "HEAD" or is_ahead or is_too_soon or is_program(agent)
