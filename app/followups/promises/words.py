"""What the states and ways of promises are called on the pages of staff."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from app.followups.promises.models import PromiseState, Way

STATES = {
    PromiseState.OPEN: _("Open"),
    PromiseState.KEPT: _("Kept"),
    PromiseState.BROKEN: _("Broken"),
    PromiseState.WITHDRAWN: _("Taken back"),
}
TONES = {
    PromiseState.OPEN: "busy",
    PromiseState.KEPT: "good",
    PromiseState.BROKEN: "bad",
    PromiseState.WITHDRAWN: "faint",
}
WAYS = {Way.PHONE: _("by phone"), Way.MAIL: _("by mail")}
WANTED = {Way.PHONE: _("Wants to be called"), Way.MAIL: _("Wants to be written to")}
