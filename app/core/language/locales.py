"""What Babel knows of a language, without what none of our pages says: every web process holds it in memory.

A language takes half a megabyte, most of it names of countries, currencies, time zones and units of measure. What Babel
knows of all languages together takes two, most of it the likely scripts of languages that it has no words of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from babel import core, localedata

UNSAID = (
    "compact_currency_formats",
    "compact_decimal_formats",
    "compound_unit_patterns",
    "currency_names",
    "currency_names_plural",
    "currency_symbols",
    "datetime_skeletons",
    "interval_formats",
    "meta_zones",
    "time_zones",
    "unit_display_names",
)
NAMES = ("languages", "scripts", "territories", "variants")
OF_ALL = (
    "all_currencies",
    "currency_fractions",
    "meta_zones",
    "territory_currencies",
    "territory_languages",
    "territory_zones",
    "windows_zone_mapping",
    "zone_aliases",
    "zone_territories",
)
LIKELY = "likely_subtags"
UNITS, OF_TIME = "unit_patterns", "duration-"


def load(languages: Iterable[str], naming: Collection[str]) -> None:
    """Read what is needed to write dates, times and numbers in these languages, once for the life of the process.

    Languages and countries are named only to those who read one of `naming`.
    """
    for language in ("root", *languages):
        known = localedata.load(language)
        for part in UNSAID if language in naming else UNSAID + NAMES:
            known.pop(part, None)
        known[UNITS] = {unit: said for unit, said in known[UNITS].items() if unit.startswith(OF_TIME)}
    for part in OF_ALL:
        core.get_global(part).clear()
    forget_wordless(core.get_global(LIKELY))


def forget_wordless(likely: dict[str, str]) -> None:
    """Leave out the languages that Babel has no words of: it says so to whoever asks for one, with or without."""
    spoken = {name.partition("_")[0] for name in localedata.locale_identifiers()}
    known = {tag: full for tag, full in likely.items() if full.partition("_")[0] in spoken}
    likely.clear()
    likely.update(known)
