"""The known systems, one small file each. A new one is a file and its line here."""

from app.contacts.importers.presets import gainsight, generic, hubspot, salesforce
from app.contacts.importers.presets.base import Preset

PRESETS: dict[str, Preset] = {
    p.name: p for p in (salesforce.PRESET, hubspot.PRESET, gainsight.PRESET, generic.PRESET)
}
AUTO = "auto"
NAMES = (AUTO, *PRESETS)
