"""What kinds of incoming mail are called on pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.delivery.inbound.reading.sorting import Kind

KINDS = {
    Kind.REPLY: _l("Reply"),
    Kind.AUTO_REPLY: _l("Automatic reply"),
    Kind.HARD_BOUNCE: _l("No such address"),
    Kind.SOFT_BOUNCE: _l("Came back for now"),
    Kind.DELAY: _l("Delayed"),
    Kind.COMPLAINT: _l("Marked as spam"),
    Kind.NOTICE: _l("Notice"),
}
TONES = {
    Kind.REPLY: "busy",
    Kind.AUTO_REPLY: "faint",
    Kind.HARD_BOUNCE: "bad",
    Kind.SOFT_BOUNCE: "care",
    Kind.DELAY: "faint",
    Kind.COMPLAINT: "bad",
    Kind.NOTICE: "faint",
}
ICONS = {
    Kind.REPLY: "message",
    Kind.AUTO_REPLY: "robot",
    Kind.HARD_BOUNCE: "circle-x",
    Kind.SOFT_BOUNCE: "alert-triangle",
    Kind.DELAY: "clock",
    Kind.COMPLAINT: "thumb-down",
    Kind.NOTICE: "info-circle",
}
MEANINGS = {
    Kind.REPLY: _l("Somebody wrote. It lies on a follow-up, where it waits for an answer."),
    Kind.AUTO_REPLY: _l(
        "A program answered for somebody who is away. It counts neither as an answer nor as a bounce."
    ),
    Kind.HARD_BOUNCE: _l("There is no such address. Nobody writes to it again."),
    Kind.SOFT_BOUNCE: _l("A full mailbox, a refusal or a fault that may pass. The address stays good."),
    Kind.DELAY: _l("A server is still trying. Nothing changes."),
    Kind.COMPLAINT: _l(
        "Somebody pressed “this is spam”. They get no more mail, and somebody of us has a follow-up."
    ),
    Kind.NOTICE: _l("Receipts and the like, and what colleagues wrote. Nothing follows from them."),
}
