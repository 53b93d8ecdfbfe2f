"""What roles, stages, states and reasons are called on pages; one glossary for lists, forms and filters."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.contacts.models import AskKind, Contact, ContactRole, ContactStatus, NotAskable, Stage, Wish
from app.contacts.stages.names import Names
from app.contacts.wishes import ONCE_A_YEAR, TWICE_A_YEAR

ROLES = {
    ContactRole.DECISION_MAKER: _l("Decision maker"),
    ContactRole.CHAMPION: _l("Champion"),
    ContactRole.ADMIN: _l("Administrator"),
    ContactRole.POWER_USER: _l("Power user"),
    ContactRole.USER: _l("User"),
    ContactRole.OTHER: _l("Other"),
}
ROLE_MEANINGS = {
    ContactRole.DECISION_MAKER: _l("signs the contract"),
    ContactRole.CHAMPION: _l("speaks for us inside the company"),
    ContactRole.ADMIN: _l("runs the product there"),
    ContactRole.POWER_USER: _l("works with it every day"),
    ContactRole.USER: _l("uses it"),
    ContactRole.OTHER: _l("anybody else, or not known yet"),
}
STAGES = Names(
    {
        Stage.ONBOARDING: _l("Onboarding"),
        Stage.STEADY: _l("Steady"),
        Stage.RENEWAL: _l("Renewal"),
        Stage.LOST: _l("Lost"),
    }
)
STATUSES = {
    ContactStatus.ACTIVE: _l("Active"),
    ContactStatus.LEFT: _l("Left"),
    ContactStatus.BOUNCED: _l("Mail came back"),
    ContactStatus.UNSUBSCRIBED: _l("Unsubscribed"),
    ContactStatus.ERASED: _l("Erased"),
}
STATUS_TONES = {
    ContactStatus.ACTIVE: "plain",
    ContactStatus.LEFT: "faint",
    ContactStatus.BOUNCED: "care",
    ContactStatus.UNSUBSCRIBED: "care",
    ContactStatus.ERASED: "faint",
}
NOT_ASKABLE = {
    NotAskable.LIFECYCLE: _l("Not a customer yet"),
    NotAskable.OWN_DOMAIN: _l("One of us"),
    NotAskable.ROLE_MAILBOX: _l("Shared mailbox"),
    NotAskable.INVALID_EMAIL: _l("No usable address"),
    NotAskable.NO_ACCOUNT: _l("No account"),
}
AS_PLANNED = _l("As often as the programs ask, about everything.")
UNWANTED = {
    AskKind.GENERAL: _l("Not now and then in general, only after events."),
    AskKind.EVENTS: _l("Not after events such as a support case."),
}
RESTS = {TWICE_A_YEAR: _l("Twice a year at most."), ONCE_A_YEAR: _l("Once a year at most.")}
TOLD_BY = {
    "respondent": _l("by themselves"),
    "staff": _l("by a colleague"),
    "key": _l("by another system"),
    "import": _l("by an import"),
    "command": _l("by a command"),
}


def wished(told: Contact | Wish) -> list[str]:
    """How somebody wants to be asked, in sentences; empty: as the programs ask."""
    is_off = told.unsubscribed_at is not None if isinstance(told, Contact) else told.is_unsubscribed
    if is_off:
        return [_("Not at all.")]
    days, kind = told.rest_days, told.unwanted_kind
    found = [str(RESTS.get(days) or _("At most every %(days)s days.", days=days))] if days else []
    return [*found, str(UNWANTED[kind])] if kind else found
