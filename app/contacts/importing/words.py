"""The words for what an import reports and asks: fields, reasons, kinds and systems."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.contacts.importers.layout import IGNORE, SEGMENT, Kind
from app.contacts.importers.presets import AUTO, PRESETS

KINDS = {Kind.ACCOUNTS: _l("Accounts"), Kind.CONTACTS: _l("People"), Kind.HISTORY: _l("Past asks")}

HOLDS = {
    Kind.ACCOUNTS: _l("companies with ARR, tier, owner and renewal"),
    Kind.CONTACTS: _l("contacts with their e-mail address, role and account"),
    Kind.HISTORY: _l(
        "who was asked when, and the answer or the silence that followed; old ones open no follow-ups"
    ),
}

PRESET_CHOICES = [
    (AUTO, _l("Tell by the columns")),
    *((name, preset.title) for name, preset in PRESETS.items()),
]

FIELDS = {
    IGNORE: _l("not read"),
    "external_id": _l("id in that system"),
    "email": _l("e-mail address"),
    "first_name": _l("first name"),
    "last_name": _l("last name"),
    "title": _l("job title"),
    "role": _l("role"),
    "account_external_id": _l("id of the account"),
    "account_external_ids": _l("ids of several accounts"),
    "account_name": _l("name of the account"),
    "account_owner": _l("owner of the account"),
    "language": _l("language"),
    "time_zone": _l("time zone"),
    "country": _l("country"),
    "status": _l("status"),
    "left_on": _l("left on"),
    "opted_out": _l("wants no mail"),
    "opted_out_on": _l("wants no mail since"),
    "lifecycle": _l("lifecycle stage"),
    "name": _l("name"),
    "domains": _l("mail domains"),
    "tier": _l("tier"),
    "stage": _l("stage"),
    "arr": _l("ARR"),
    "currency": _l("currency"),
    "owner": _l("owner"),
    "started_on": _l("customer since"),
    "renewal_on": _l("renewal on"),
    "survey": _l("name of the survey"),
    "sent": _l("asked on"),
    "delivered": _l("whether it arrived"),
    "opened": _l("whether it was opened (not kept)"),
    "answered": _l("answered on"),
    "score": _l("score, 0 to 10"),
    "value_overall": _l("value, 0 to 10"),
    "value_goal": _l("goal, 0 to 4"),
    "value_ease": _l("ease, 1 to 7"),
    "comment": _l("comment"),
    SEGMENT: _l("segment attribute"),
}

REASONS = {
    "unsubscribed": _l("unsubscribed, here or in that system"),
    "lifecycle": _l("not a customer, by their lifecycle stage"),
    "own_domain": _l("our own people, by their mail domain"),
    "role_mailbox": _l("a shared mailbox such as info@"),
    "invalid_email": _l("without a valid e-mail address"),
    "no_account": _l("without an account"),
    "bounced": _l("whose mail came back"),
    "left": _l("who left"),
    "erased": _l("who were erased"),
}


def field_choices(kind: Kind) -> list[tuple[str, str]]:
    """What a column can be read as."""
    names = [IGNORE, *(name for name in kind.fields if name != IGNORE)]
    return [(name, FIELDS[name]) for name in names]
