"""What alerts are called, and what each says in a sentence that names no person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.contacts.models import ContactRole
from app.core.language.wording import number, whole
from app.followups.triggers import ROLES
from app.health.alerting.models import Severity
from app.health.alerting.rules import Kind

KINDS = {Kind.RISK: _l("Risk"), Kind.OPPORTUNITY: _l("Opportunity")}
SEVERITIES = {Severity.HIGH: _l("High"), Severity.MEDIUM: _l("Medium")}
TONES = {Severity.HIGH: "bad", Severity.MEDIUM: "care"}


def sentence(rule: str, evidence: Mapping[str, Any]) -> str:
    """What was found, in one sentence; empty for a rule that is gone."""
    said = SENTENCES.get(rule)
    return said(evidence) if said else ""


def _who(evidence: Mapping[str, Any]) -> str:
    role = evidence.get("role")
    return str(ROLES[ContactRole(role)] if role in set(ContactRole) else ROLES[ContactRole.OTHER])


def _silence(e: Mapping[str, Any]) -> str:
    if not e["asks"]:
        return _("%(who)s has left %(n)s asks in a row unanswered.", who=_who(e), n=e["silences"])
    return _(
        "%(who)s who had answered %(answers)s of %(asks)s asks has left %(silences)s in a row unanswered.",
        who=_who(e),
        answers=e["answers"],
        asks=e["asks"],
        silences=e["silences"],
    )


def _gone(e: Mapping[str, Any]) -> str:
    said = {
        "left": _("%(who)s has left.", who=_who(e)),
        "told": _("%(who)s has left, as another system tells.", who=_who(e)),
        "bounced": _("Mail to %(who)s came back more than once.", who=_who(e).lower()),
    }
    return said.get(e["how"], said["left"])


def _renewal(e: Mapping[str, Any]) -> str:
    days = ngettext("%(num)s day", "%(num)s days", e["days_left"])
    if e["value"] is None:
        return _("The renewal is %(days)s away, and nobody has told what it is worth to them.", days=days)
    return _(
        "The renewal is %(days)s away, and Value is %(value)s.", days=days, value=number(whole(e["value"]))
    )


def _fall(name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda e: _(
        "%(score)s fell from %(before)s to %(after)s in thirty days.",
        score=name,
        before=number(whole(e["before"])),
        after=number(whole(e["score"])),
    )


def _from_to(e: Mapping[str, Any]) -> str:
    return _("%(who)s gave %(before)s and now %(score)s.", who=_who(e), before=e["before"], score=e["score"])


def _percent(e: Mapping[str, Any]) -> str:
    return number(whole(e["percent"]))


SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "detractor": lambda e: _("%(who)s gave %(score)s.", who=_who(e), score=e["score"]),
    "drop": _from_to,
    "new_promoter": _from_to,
    "surprising_silence": _silence,
    "account_silent": lambda e: _(
        "%(asks)s asks to %(people)s people were left unanswered.", asks=e["asks"], people=e["people"]
    ),
    "leaver": _gone,
    "single_thread": lambda e: _(
        "Of %(asked)s people asked, hardly more than one takes part (%(threads)s).",
        asked=e["asked"],
        threads=number(e["threads"]),
    ),
    "value_before_renewal": _renewal,
    "relationship_fell": _fall("Relationship"),
    "colour_fell": lambda e: (
        _("The colour fell to at risk.") if e["after"] == "red" else _("The colour fell to watch.")
    ),
    "overdue": lambda e: _("A follow-up is overdue."),
    "goal_stuck": lambda e: _(
        "%(who)s is behind with the main goal, said %(n)s times running.", who=_who(e), n=e["answers"]
    ),
    "doubtful_answer": lambda e: _("An answer calls for a look."),
    "neglected_promoter": lambda e: _(
        "%(who)s is a promoter whom nobody has been in touch with.", who=_who(e)
    ),
    "ticket_late": lambda e: _("A ticket of severity %(n)s is past its SLA.", n=number(e["severity"])),
    "usage_fell": lambda e: _("Usage fell by %(percent)s %%.", percent=_percent(e)),
    "usage_grew": lambda e: _("Usage grew by %(percent)s %%.", percent=_percent(e)),
    "expansion": lambda e: _(
        "A decision maker gave %(score)s, and Value is %(value)s.",
        score=e["score"],
        value=number(whole(e["value"])),
    ),
    "came_back": lambda e: _("%(who)s answered after %(n)s silences in a row.", who=_who(e), n=e["silences"]),
}
