"""The page on which people say how they want to be asked: how often, about what, or not at all, and again after all.

What the form says is read here as strictly as an answer: a form that is not ours changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from app.contacts.models import AskKind
from app.contacts.wishes import ONCE_A_YEAR, TWICE_A_YEAR, Wishes
from app.core.language.words import addressing
from app.public import pages
from app.public.forms import Form
from app.responses.asks import Ask
from app.surveys import wording

OFTEN = {"any": None, "twice": TWICE_A_YEAR, "once": ONCE_A_YEAR}


def read(values: Mapping[str, list[str]]) -> Wishes | None:
    """What was chosen, None when the form does not say. To want no kind is to want nothing."""
    often, kinds = values.get("often", []), set(values.get("kinds", []))
    if len(often) != 1 or often[0] not in OFTEN or not kinds <= set(AskKind):
        return None
    unwanted = [kind for kind in AskKind if kind not in kinds]
    if len(unwanted) == len(AskKind):
        return Wishes(is_unsubscribed=True)
    return Wishes(OFTEN[often[0]], unwanted[0] if unwanted else None)


def shown(
    ask: Ask,
    form: Form,
    token: str,
    told: Wishes,
    *,
    is_told: bool = False,
    is_unclear: bool = False,
    problem: str | None = None,
) -> str:
    """The page as things stand; `is_told`: they were just told and hold, `is_unclear`: nothing was changed.

    `problem` says why what is chosen on the page does not hold yet.
    """
    with addressing(form.language):
        return pages.render(
            "preferences",
            ask,
            form.language,
            company=wording.names(ask)["company"],
            action=f"/u/{token}",
            skip_url=f"/u/{token}?once=1" if ask.may_be_skipped else None,
            back_url=f"/a/{token}",
            often=frequencies(),
            kinds=kinds(),
            chosen_often=next((name for name, days in OFTEN.items() if days == told.rest_days), "any"),
            unwanted_kind=told.unwanted_kind,
            is_off=told.is_unsubscribed,
            is_told=is_told,
            is_unclear=is_unclear,
            problem=problem,
            **pages.tongues(form, "/u/", token),
        )


def frequencies() -> dict[str, str]:
    """How often somebody may be asked, in words, in the language in force."""
    return {
        "any": _("As often as now"),
        "twice": _("Twice a year at most"),
        "once": _("Once a year at most"),
    }


def kinds() -> dict[str, str]:
    """What somebody may be asked about, in words, in the language in force."""
    return {
        AskKind.GENERAL.value: _("Now and then, how things are going in general"),
        AskKind.EVENTS.value: _("Right after something happened, such as the start or a support case"),
    }
