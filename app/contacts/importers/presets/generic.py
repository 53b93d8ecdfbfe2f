"""The product's own convention, and what a list kept by hand usually looks like."""

from app.contacts.importers.presets.base import Preset
from app.contacts.models import ContactRole

ROLES = {
    "Decision Maker": ContactRole.DECISION_MAKER,
    "Champion": ContactRole.CHAMPION,
    "Admin": ContactRole.ADMIN,
    "Administrator": ContactRole.ADMIN,
    "Power User": ContactRole.POWER_USER,
    "User": ContactRole.USER,
    "End User": ContactRole.USER,
    "Other": ContactRole.OTHER,
    "Entscheider": ContactRole.DECISION_MAKER,
    "Fürsprecher": ContactRole.CHAMPION,
    "Anwender": ContactRole.USER,
}

PRESET = Preset(
    name="generic",
    title="JustAsk",
    has_own_ids=False,
    contacts={
        "external_id": ("External ID", "Contact ID"),
        "email": ("Email", "E-Mail Address", "Email Address", "Contact Email"),
        "name": ("Full Name", "Contact Name", "Contact", "Ansprechpartner", "Kontakt"),
        "first_name": ("First Name", "Given Name"),
        "last_name": ("Last Name", "Surname", "Family Name"),
        "title": ("Title", "Job Title"),
        "role": ("Role", "Rolle"),
        "account_external_id": ("Account External ID", "Account ID", "Kundennr.", "Kundennummer"),
        "account_name": ("Account Name", "Account", "Company", "Company Name", "Kunde", "Firma"),
        "account_owner": ("Account Owner Email", "Account Owner"),
        "language": ("Language",),
        "time_zone": ("Time Zone", "Timezone"),
        "country": ("Country",),
        "status": ("Status",),
        "left_on": ("Left On",),
        "opted_out": ("Unsubscribed", "Opted Out"),
        "opted_out_on": ("Unsubscribed On", "Opted Out On"),
        "lifecycle": ("Lifecycle Stage",),
    },
    accounts={
        "external_id": ("External ID", "Account External ID", "Account ID", "Kundennr.", "Kundennummer"),
        "name": ("Name", "Account Name", "Account", "Company", "Company Name", "Kunde", "Firma"),
        "domains": ("Domains", "Domain", "Website"),
        "tier": ("Tier",),
        "stage": ("Stage",),
        "arr": ("ARR", "Annual Recurring Revenue", "Jahresumsatz (ARR)", "Jahresumsatz"),
        "currency": ("Currency",),
        "owner": ("Owner Email", "Owner", "Account Owner"),
        "started_on": ("Started On", "Customer Since"),
        "renewal_on": ("Renewal On", "Renewal Date", "Vertragsende"),
    },
    roles=ROLES,
    segments=None,
)
