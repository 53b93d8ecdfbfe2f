"""Salesforce: reports of contacts and accounts, and exports of the Data Loader."""

from flask_babel import lazy_gettext as _l

from app.contacts.importers.presets.base import Preset
from app.contacts.importers.presets.generic import ROLES
from app.contacts.models import ContactRole

PRESET = Preset(
    name="salesforce",
    title="Salesforce",
    signs=(
        "Email Opt Out",
        "HasOptedOutOfEmail",
        "Mailing Country",
        "Mailing State/Province",
        "Billing Country",
        "Billing State/Province",
        "SystemModstamp",
        "LastActivityDate",
    ),
    contacts={
        "external_id": ("Contact ID", "Contact ID (18)", "Id"),
        "email": ("Email",),
        "first_name": ("First Name", "FirstName"),
        "last_name": ("Last Name", "LastName"),
        "title": ("Title",),
        "role": ("Role", "Contact Role", "Contact Roles", "Roles"),
        "account_external_id": ("Account ID", "AccountId"),
        "account_name": ("Account Name", "Account.Name"),
        "account_owner": ("Account Owner Email", "Account Owner"),
        "language": ("Language",),
        "time_zone": ("Time Zone",),
        "country": ("Mailing Country", "MailingCountry"),
        "opted_out": ("Email Opt Out", "HasOptedOutOfEmail"),
        "opted_out_on": ("Email Opt Out Date", "Opted Out On"),
        "lifecycle": ("Type", "Account Type", "Account.Type"),
    },
    accounts={
        "external_id": ("Account ID", "Id"),
        "name": ("Account Name", "Name"),
        "domains": ("Website",),
        "tier": ("Tier", "Customer Tier"),
        "arr": ("ARR", "Annual Recurring Revenue"),
        "currency": ("Account Currency", "Currency", "CurrencyIsoCode"),
        "owner": ("Account Owner Email", "Owner.Email", "Account Owner"),
        "started_on": ("Customer Since",),
        "renewal_on": ("Renewal Date",),
    },
    roles={
        **ROLES,
        "Economic Decision Maker": ContactRole.DECISION_MAKER,
        "Business User": ContactRole.USER,
    },
    segments=("Industry", "Type", "Billing Country", "Rating"),
    remarks={
        "Annual Revenue": _l("'Annual Revenue' is what the company itself earns; it was not read as ARR."),
    },
)
