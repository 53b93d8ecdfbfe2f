"""What causes, and what is counted one by one, are called on pages."""

from __future__ import annotations

from flask_babel import gettext as _

from app.core.language.wording import number, whole
from app.reports.freezing.rolls import Cause
from app.reports.glossary.metrics import metric


def cause_words() -> dict[Cause, tuple[str, str]]:
    """Each with a sentence on what it means."""
    return {
        Cause.LATE: (_("Came in later"), _("Answered, asked or promised after the report was frozen.")),
        Cause.EDIT: (_("Edited"), _("The person changed the answer, or took it back.")),
        Cause.REVIEW: (_("Reviewed"), _("A colleague said whether a person or a machine answered.")),
        Cause.MERGE: (_("Merged"), _("Two accounts or two people turned out to be one.")),
        Cause.ERASURE: (_("Erased"), _("The person was forgotten, or the row was taken away for good.")),
        Cause.SEGMENT: (_("Moved to another group"), _("The segment of the answer is another.")),
        Cause.PLACE: (
            _("Otherwise known"),
            _("They left, or their role, tier, owner, stage or address is another."),
        ),
        Cause.WORK: (_("Worked on"), _("Somebody was in touch, or closed the follow-up.")),
        Cause.READING: (
            _("Read anew"),
            _("A colleague corrected how it sounds, or the themes have changed."),
        ),
        Cause.TIME: (_("Time has passed"), _("An ask closed, or a promised day ended.")),
        Cause.OTHER: (_("Not explained"), _("No dated record says why.")),
    }


def register_words() -> dict[str, str]:
    return {
        "people": _("People whose vote is counted"),
        "people_before": _("People whose vote is counted before"),
        "answers": _("Answers of the days"),
        "moves": _("Moves from one ask to the next"),
        "promises": _("Promises"),
        "follow_ups": _("Follow-ups on answers"),
        "comments": _("Comments"),
        "valuing": _("People whose value answer is counted"),
        "value_answers": _("Value answers of the days"),
        "contacts": _("People known"),
        "homes": _("Accounts known"),
        "asks": _("Asks that are over"),
    }


def state_words(register: str, state: str | None) -> str:
    """What an entry was counted as; for votes the score alone, the rest is for comparing."""
    if state is None:
        return _("not counted")
    if register in {"moves", "promises"}:
        return state.replace(">", " → ").replace("_", " ")
    if register in {"valuing", "value_answers"}:
        return number(whole(float(state.partition("|")[0])))
    first = state.partition("|")[0]
    return metric(first).label if register in {"contacts", "homes"} else first
