"""What a webhook of each kind wants to be sent. Pure.

Slack takes a text in its own marks, in which three characters must be escaped; Teams, through Workflows, an adaptive
card, whose text blocks read a part of Markdown. Neither may read as marks what somebody has written.
"""

from __future__ import annotations

import json
import re

from app.integrations.models import ChatKind
from app.integrations.saying import Told

LONGEST = 1500
MARKS = re.compile(r"([\\`*_{}\[\]()#+!|<>~-])")


def body(kind: ChatKind, told: Told) -> bytes:
    """The octets to post, as JSON."""
    made = slack(told) if kind is ChatKind.SLACK else teams(told)
    return json.dumps(made, ensure_ascii=False).encode()


def slack(told: Told) -> dict:
    """https://api.slack.com/messaging/webhooks describes the shape; a link is <address|words>."""
    lines = [f"<{told.link}|{escaped(told.title)}>", *map(escaped, told.lines)]
    return {"text": "\n".join(lines)[:LONGEST]}


def escaped(words: str) -> str:
    """Words as Slack shows them; what could be a mark, a mention or a link stands as it was written."""
    plain = one_line(words).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([*_~`])", "\u200b\\1", plain)


def teams(told: Told) -> dict:
    """A message with one adaptive card, version 1.4."""
    blocks = [{"type": "TextBlock", "text": unmarked(told.title), "weight": "Bolder", "wrap": True}]
    blocks += [{"type": "TextBlock", "text": unmarked(line), "wrap": True} for line in told.lines]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
        "actions": [{"type": "Action.OpenUrl", "title": "JustAsk", "url": told.link}],
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def unmarked(words: str) -> str:
    return MARKS.sub(r"\\\1", one_line(words))


def one_line(words: str) -> str:
    return " ".join(words.split())[:LONGEST]
