"""What scores, their parts, ceilings and evidence are called: one glossary for pages and files."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.contacts.models import ContactRole
from app.contacts.words import ROLES
from app.core.language.wording import number, whole

SCORES = {
    "relationship": _l("Relationship"),
    "value": _l("Value"),
    "adoption": _l("Adoption"),
    "health": _l("Health"),
}
SCORE_MEANINGS = {
    "relationship": _l(
        "Do we know the right people, do they answer, are they happy, do we speak, do we keep promises?"
    ),
    "value": _l("What our customers say they get for their money, time and effort."),
    "adoption": _l("How much of the product is used, as reported from outside."),
    "health": _l("The three together, and never more than 50 above the weakest of them."),
}
PARTS = {
    "footprint": _l("Footprint"),
    "engagement": _l("Engagement"),
    "sentiment": _l("Sentiment"),
    "recency": _l("Recency"),
    "followup": _l("Follow-up"),
    "usage": _l("Usage"),
}
PART_MEANINGS = {
    "footprint": _l("Of the people we should know in each role, how many we do know."),
    "engagement": _l("How reliably the people we ask answer."),
    "sentiment": _l("How likely they are to recommend us, newest answers first."),
    "recency": _l("How long ago somebody there last answered, met or replied."),
    "followup": _l("Whether we did in time what we promised after answers and silences."),
    "usage": _l("The last figure that was reported."),
}
COLOURS = {"green": _l("Good"), "yellow": _l("Watch"), "red": _l("At risk"), "grey": _l("No score yet")}
STRENGTHS = {
    "solid": _l("solid: fresh, and from most roles"),
    "thin": _l("thin: old, or from few roles"),
    "weak": _l("weak: hardly anybody has said so lately"),
}


def part_label(name: str) -> str:
    """The name of a part, a role or a score, or of the ceiling that binds."""
    if name in ROLE_NAMES:
        return str(ROLES[ContactRole(name)])
    known = PARTS.get(name) or SCORES.get(name)
    return str(known) if known else ceiling_label(name)


def part_meaning(name: str) -> str:
    return str(PART_MEANINGS.get(name) or SCORE_MEANINGS.get(name) or "")


def ceiling_label(name: str) -> str:
    """What holds a score down, in two or three words."""
    kind, _mark, who = name.partition(":")
    of_role = {
        "silent": _("%(role)s silent", role=role_of(who)),
        "unasked": _("%(role)s never asked", role=role_of(who)),
        "unhappy": _("%(role)s unhappy", role=role_of(who)),
        "weakest": _("Weakest: %(score)s", score=str(SCORES.get(who, who))),
    }
    plain = {
        "single_thread": _("Too few voices"),
        "low_engagement": _("Few answer"),
        "low_sentiment": _("Low sentiment"),
        "unconfirmed": _("No buyer has said so"),
    }
    return of_role.get(kind) or plain.get(kind) or name.replace("_", " ")


def ceiling_words(name: str, limit: float) -> str:
    """What the binding ceiling says, in a sentence."""
    kind, _mark, who = name.partition(":")
    role, most = role_of(who).lower(), number(whole(limit))
    silent = (
        _("A %(role)s who stays silent holds this at %(most)s at most.", role=role, most=most)
        if limit < SELDOM
        else _("A %(role)s who answers too seldom holds this at %(most)s at most.", role=role, most=most)
    )
    of_role = {
        "silent": silent,
        "unasked": _(
            "No %(role)s was ever asked; until one is, this is %(most)s at most.", role=role, most=most
        ),
        "unhappy": _("An unhappy %(role)s holds this at %(most)s at most.", role=role, most=most),
        "weakest": _(
            "%(score)s is the weakest of the three and holds this at %(most)s at most, 50 above it.",
            score=str(SCORES.get(who, who)),
            most=most,
        ),
    }
    plain = {
        "single_thread": _(
            "Too few people here take part in the conversation; that holds this at %(most)s at most.",
            most=most,
        ),
        "low_engagement": _(
            "Few of those we ask answer; that holds this at %(most)s at most, 50 above their engagement.",
            most=most,
        ),
        "low_sentiment": _(
            "People here are unhappy; that holds this at %(most)s at most, 50 above their sentiment.",
            most=most,
        ),
        "unconfirmed": _(
            "No decision maker has said lately what it is worth; until one does, this is %(most)s at most.",
            most=most,
        ),
    }
    return of_role.get(kind) or plain.get(kind) or _("Held at %(most)s at most.", most=most)


def role_of(name: str) -> str:
    return str(ROLES[ContactRole(name)]) if name in ROLE_NAMES else name


def evidence_words(part: str, evidence: Mapping[str, int]) -> str:
    """The whole numbers behind a part, in words; empty when nothing is known."""
    if not evidence:
        return ""
    if part in ROLE_NAMES or part == "sentiment":
        return people_words(evidence)
    found = {
        "footprint": lambda e: _(
            "%(known)s of %(expected)s people known", known=e["known"], expected=e["expected"]
        ),
        "engagement": lambda e: _(
            "%(answered)s of %(asked)s asks answered", answered=e["answered"], asked=e["asked"]
        ),
        "recency": recency_words,
        "followup": followup_words,
        "usage": lambda e: (
            ngettext("reported %(num)s day ago", "reported %(num)s days ago", e["days"])
            if e["days"]
            else _("reported today")
        ),
    }
    return found[part](evidence) if part in found else ""


def people_words(evidence: Mapping[str, int]) -> str:
    people = ngettext("%(num)s person has answered", "%(num)s people have answered", evidence["people"])
    if "newest_days" not in evidence:
        return people
    days = evidence["newest_days"]
    newest = ngettext("last %(num)s day ago", "last %(num)s days ago", days) if days else _("last today")
    return f"{people}, {newest}"


def recency_words(evidence: Mapping[str, int]) -> str:
    days = evidence["days"]
    if not evidence["signals"]:
        return ngettext(
            "nothing heard in the %(num)s day since the start",
            "nothing heard in the %(num)s days since the start",
            days,
        )
    return (
        ngettext("last heard %(num)s day ago", "last heard %(num)s days ago", days)
        if days
        else _("heard today")
    )


def followup_words(evidence: Mapping[str, int]) -> str:
    names = {"in_time": _("in time"), "late": _("late"), "overdue": _("overdue")}
    told = [f"{evidence[key]} {words}" for key, words in names.items() if evidence.get(key)]
    return ", ".join(told) or _("nothing was due yet")


ROLE_NAMES = frozenset(ContactRole)
SELDOM = 60.5
