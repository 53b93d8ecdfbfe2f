"""What a web process leaves out of Babel's knowledge is nothing that a page says."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
from datetime import date, time, timedelta
from babel import Locale, UnknownLocaleError, core, dates, localedata, numbers
from app.core.language import locales
from app.core.language.words import RESPONDENTS

def said(language):
    for shape in ("short", "medium", "long", "full"):
        yield dates.format_date(date(2026, 3, 4), shape, language)
    yield dates.format_time(time(15, 30), "short", locale=language)
    yield dates.format_timedelta(timedelta(days=3), add_direction=True, locale=language)
    yield dates.format_timedelta(timedelta(minutes=5), locale=language)
    yield numbers.format_decimal(1234567.8, locale=language)
    yield numbers.format_percent(0.25, locale=language)
    yield Locale.parse("pt_BR").get_display_name("en")
    yield from (*dates.get_day_names(locale=language).values(), *dates.get_month_names(locale=language).values())

def understood(tag):
    try:
        return Locale.parse(tag)
    except (UnknownLocaleError, ValueError):
        return None

likely = core.get_global("likely_subtags")
tags = ["zh_TW", "sr_Latn", "pt_AO", "iw", "en_ZZ", "und_AT", *sorted(likely)[::40], *sorted(likely.values())[::40]]
meant, many = [understood(tag) for tag in tags], len(likely)
languages = RESPONDENTS.languages()
before = [list(said(language)) for language in languages]
whole = len(localedata.load("de"))
locales.load(languages, naming={'en'})
assert len(localedata.load("de")) < whole
assert [list(said(language)) for language in languages] == before
assert len(likely) < many / 5 and [understood(tag) for tag in tags] == meant and any(meant)
print(len(languages))
"""


def test_dates_times_and_numbers_read_as_ever():
    printed = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(printed.stdout) >= 10
