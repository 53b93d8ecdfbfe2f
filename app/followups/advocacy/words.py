"""What favours and their states are called on the pages of staff."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from app.followups.advocacy.models import FavourKind, FavourState

KINDS = {
    FavourKind.REFERENCE: _("Be a reference"),
    FavourKind.REVIEW: _("Write a review"),
    FavourKind.REFERRAL: _("Recommend us to somebody"),
    FavourKind.CASE_STUDY: _("Be a case study"),
    FavourKind.TALK: _("Give a talk"),
    FavourKind.BETA: _("Try new parts early"),
    FavourKind.UPSELL: _("Look at what more would help them"),
}
STATES = {
    FavourState.OFFERED: _("Asked, no answer"),
    FavourState.ACCEPTED: _("Accepted"),
    FavourState.DECLINED: _("Declined"),
    FavourState.FULFILLED: _("Done"),
}
TONES = {
    FavourState.OFFERED: "plain",
    FavourState.ACCEPTED: "busy",
    FavourState.DECLINED: "faint",
    FavourState.FULFILLED: "good",
}
