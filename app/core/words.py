"""Speaking a given language for a while: the respondent's on public pages, the company's in what is stored for staff."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from flask_babel import force_locale

FALLBACK = "en"


@contextmanager
def speaking(language: str | None) -> Iterator[Locale]:
    """Inside the block, gettext and dates are in `language`; an unknown one falls back on its base, then on English."""
    locale = locale_of(language or FALLBACK)
    with force_locale(locale):
        yield locale


@lru_cache(maxsize=256)
def locale_of(language: str) -> Locale:
    for name in (language, language.replace("_", "-").partition("-")[0], FALLBACK):
        try:
            return Locale.parse(name.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale(FALLBACK)
