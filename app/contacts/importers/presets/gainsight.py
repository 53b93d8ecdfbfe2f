"""Gainsight: exports of companies and of company persons."""

from app.contacts.importers.presets.base import Preset
from app.contacts.importers.presets.generic import ROLES

PRESET = Preset(
    name="gainsight",
    title="Gainsight",
    signs=("GSID", "Company GSID", "Company Person GSID", "Lifecycle in Weeks", "CSM"),
    contacts={
        "external_id": ("Company Person GSID", "Person GSID", "GSID"),
        "email": ("Email", "Person Email"),
        "first_name": ("First Name",),
        "last_name": ("Last Name",),
        "title": ("Title",),
        "role": ("Role",),
        "account_external_id": ("Company GSID", "Company ID"),
        "account_name": ("Company Name", "Company"),
        "account_owner": ("CSM Email", "CSM"),
        "time_zone": ("Timezone",),
        "opted_out": ("Is Email Opt Out", "Email Opt Out"),
        "opted_out_on": ("Email Opt Out Date", "Opted Out On"),
    },
    accounts={
        "external_id": ("GSID", "Company GSID"),
        "name": ("Name", "Company Name"),
        "domains": ("Website", "Domain"),
        "tier": ("Tier",),
        "arr": ("ARR",),
        "currency": ("Currency ISO Code", "Currency"),
        "owner": ("CSM Email", "CSM"),
        "started_on": ("Original Contract Date",),
        "renewal_on": ("Renewal Date",),
    },
    roles=ROLES,
    segments=("Industry", "Stage", "Status"),
)
