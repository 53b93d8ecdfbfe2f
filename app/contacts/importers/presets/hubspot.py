"""HubSpot: the exports of contacts and of companies."""

from flask_babel import lazy_gettext as _l

from app.contacts.importers.presets.base import Preset
from app.contacts.importers.presets.generic import ROLES

PRESET = Preset(
    name="hubspot",
    title="HubSpot",
    signs=("Record ID", "Associated Company IDs", "Company Domain Name"),
    contacts={
        "external_id": ("Record ID", "Contact ID"),
        "email": ("Email",),
        "first_name": ("First Name",),
        "last_name": ("Last Name",),
        "title": ("Job Title",),
        "role": ("Buying Role",),
        "account_external_id": (
            "Associated Company IDs (Primary)",
            "Primary Associated Company ID",
            "Associated Company ID",
        ),
        "account_external_ids": ("Associated Company IDs",),
        "account_name": ("Associated Company (Primary)", "Associated Company", "Company Name"),
        "language": ("Preferred language", "Language"),
        "time_zone": ("Time Zone",),
        "country": ("Country/Region",),
        "opted_out": ("Unsubscribed from all email",),
        "opted_out_on": ("Unsubscribed On", "Opted Out On"),
        "lifecycle": ("Lifecycle Stage",),
    },
    accounts={
        "external_id": ("Record ID", "Company ID"),
        "name": ("Company name", "Name"),
        "domains": ("Company Domain Name", "Website URL"),
        "tier": ("Customer tier", "Tier"),
        "arr": ("ARR", "Annual Recurring Revenue"),
        "currency": ("Currency",),
        "owner": ("Company owner",),
        "started_on": ("Customer since",),
        "renewal_on": ("Renewal date",),
    },
    roles=ROLES,
    segments=("Industry", "Country/Region", "Lifecycle Stage", "Type"),
    remarks={
        "Annual Revenue": _l("'Annual Revenue' is what the company itself earns; it was not read as ARR."),
    },
)
