"""The one favour that a thank-you page asks of somebody who is content, in the language in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.followups.advocacy.models import FavourKind, FavourState
from app.followups.advocacy.offering import Asked
from app.surveys import wording


def shown(
    asked: Asked | None, named: Mapping[str, str], language: str, *, is_open: bool
) -> Mapping[str, Any]:
    """What the page asks, or says to whoever has said yes; nothing to whoever would rather not."""
    if asked is None or asked.state is FavourState.DECLINED or asked.state is FavourState.FULFILLED:
        return {}
    if asked.state is FavourState.ACCEPTED:
        return {"is_accepted": True, "link": asked.offer.link}
    own = asked.offer.words.get(language, "")
    question = wording.fill(own, named) if own else questions(named["product"])[asked.kind]
    return {"kind": asked.kind.value, "question": question} if is_open else {}


def questions(product: str) -> Mapping[FavourKind, str]:
    """What each kind is asked with, unless the company has its own words."""
    return {
        FavourKind.REFERENCE: _(
            "Would you talk to somebody who is thinking about %(product)s? A short call, when it suits you.",
            product=product,
        ),
        FavourKind.REVIEW: _(
            "Would you write a short public review of %(product)s? Others rely on it.", product=product
        ),
        FavourKind.REFERRAL: _(
            "Do you know somebody for whom %(product)s would be a help too? We would be glad of an introduction.",
            product=product,
        ),
        FavourKind.CASE_STUDY: _(
            "May we tell others how you use %(product)s? Nothing appears before you have approved it.",
            product=product,
        ),
        FavourKind.TALK: _("Would you tell others about your experience, at an event of ours?"),
        FavourKind.BETA: _(
            "Would you like to try what is new in %(product)s before others do?", product=product
        ),
    }
