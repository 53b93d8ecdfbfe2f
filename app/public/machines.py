"""Telling machines from people by what they say of themselves and by their haste; a guess, never a lock (pure).

Mail gateways open every link of a mail. A look that a machine probably took is counted apart. An answer is doubtful when
its client calls itself a gateway or a link preview, or when two other signs come together: it then waits for a review.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from app.responses.models import Doubt

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
JUST_NOW = timedelta(seconds=30)
TOO_FAST = timedelta(seconds=1)
ANSWER, SCORE, UNSUBSCRIBE, TRAP = "answer", "score-", "unsubscribe", "trap"
AHEAD = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ")


@lru_cache(maxsize=1024)
def is_gateway(agent: str) -> bool:
    """The client says itself that it is a mail gateway, a link preview or a crawler."""
    return bool(GATEWAYS.search(agent))


@lru_cache(maxsize=1024)
def is_program(agent: str) -> bool:
    """The client names itself as something that no person reads with, or hardly names itself at all."""
    return len(agent) < 16 or is_gateway(agent) or bool(PROGRAMS.search(agent))


@dataclass(frozen=True)
class Signs:
    """What is known of the client that sent a form. `made_at` is when the page of the form was made, None: not known;
    `seen` the pages of the ask that were opened within moments before.
    """

    agent: str
    environ: Mapping[str, Any]
    has_attempt: bool
    made_at: datetime | None
    seen: Collection[str]


def doubts(signs: Signs, now: datetime) -> tuple[Doubt, ...]:
    """Why an answer may be a machine's: nothing, unless it says so itself or two signs come together.

    One sign alone is a person's often enough: whose mail is scanned at the moment of the click, who types fast, whose
    browser hides its name.
    """
    scores = {page for page in signs.seen if page.startswith(SCORE)}
    found = {
        Doubt.GATEWAY: is_gateway(signs.agent),
        Doubt.TRAP: TRAP in signs.seen,
        Doubt.SCORES: len(scores) > MOST_SCORES,
        Doubt.HASTE: signs.made_at is not None and timedelta(0) <= now - signs.made_at < TOO_FAST,
        Doubt.FORM: not signs.has_attempt,
        Doubt.PROGRAM: is_program(signs.agent) and signs.has_attempt,
        Doubt.AHEAD: is_ahead(signs.environ),
    }
    said = tuple(doubt for doubt, holds in found.items() if holds)
    return said if found[Doubt.GATEWAY] or len(said) > 1 else ()


def is_ahead(environ: Mapping[str, Any]) -> bool:
    """The client says that it loads what somebody may open later."""
    said = [environ[name] for name in AHEAD if name in environ]
    return bool(said) and any("prefetch" in purpose for purpose in said)


def is_probably_machine(
    agent: str, environ: Mapping[str, Any], sent_at: datetime | None, now: datetime
) -> bool:
    """Whether a look at a link was probably not a person's; `environ` is that of WSGI."""
    is_too_soon = sent_at is not None and now - sent_at < AT_ONCE
    is_headed = environ.get("REQUEST_METHOD") == "HEAD"
    return is_headed or is_ahead(environ) or is_too_soon or is_program(agent)
