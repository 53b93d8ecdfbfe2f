"""Speaking a given language for a while: to respondents in theirs, to staff in the one their words are written in.

Respondents' words have a catalogue of their own, one file for each language that is not English:
`app/translations/<language>/LC_MESSAGES/respondents.po`. Files are read as translators write them, so nothing has to
be compiled and no second file can fall behind. Beside it `informal.po` says the sentences that address somebody as one
speaks to friends, for installations that chose so; and what an administrator put in other words goes before both.
Words for staff have no catalogue yet: staff read English.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError, localedata
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import has_app_context, request
from flask_babel import Domain, force_locale, get_domain, get_locale

from app.core.face import current as faces
from app.core.face.current import Words

FALLBACK = "en"
STAFF_LANGUAGES = (FALLBACK,)
TRANSLATIONS = Path(__file__).resolve().parents[2] / "translations"


class Catalogue(Domain):
    """The translations of one domain, each file read at its first use."""

    def __init__(self, domain: str, folder: Path = TRANSLATIONS):
        super().__init__([str(folder)], domain)
        self.folder, self.name = folder, domain

    def file(self, language: str) -> Path:
        return self.folder / language / "LC_MESSAGES" / f"{self.name}.po"

    def languages(self) -> tuple[str, ...]:
        """The languages that somebody can be addressed in, English first."""
        found = {path.parent.parent.name for path in self.folder.glob(f"*/LC_MESSAGES/{self.name}.po")}
        return FALLBACK, *sorted(found - {FALLBACK})

    def get_translations(self) -> NullTranslations:
        """Those of the locale in force, else of its language; English words have none."""
        locale = get_locale()
        if locale is None:
            return NullTranslations()
        face, key = faces.current(), (self.folder, self.name, str(locale))
        if key not in face.made:
            language = next(
                (name for name in (str(locale), locale.language) if self.file(name).exists()), FALLBACK
            )
            face.made[key] = self.spoken(language, language in face.informal, face.corrections)
        return face.made[key]

    def spoken(self, language: str, is_informal: bool, corrections: Mapping[str, Words]) -> NullTranslations:
        """The words of a language in one form of address, with those in place that an administrator has corrected."""
        found = self.of(language)
        if is_informal:
            found = layered(found, catalogue_of(INFORMAL.of(language)))
        corrected = corrections.get(tag_of(language, is_informal), {})
        return layered(found, {keyed(*key): text for key, text in corrected.items()}) if corrected else found

    @cache  # noqa: B019 - a catalogue lives as long as the program.
    def of(self, *names: str) -> NullTranslations:
        for path in map(self.file, names):
            if path.exists():
                compiled = BytesIO()
                with path.open("rb") as written:
                    write_mo(compiled, read_po(written, locale=path.parent.parent.name))
                compiled.seek(0)
                return Translations(compiled, self.name)
        return NullTranslations()


def tag_of(language: str, is_informal: bool) -> str:
    """The name under which the words of a language in one form of address are corrected and reviewed."""
    return language + faces.INFORMAL if is_informal else language


def keyed(original: str, form: int) -> str | tuple[str, int]:
    """Where a sentence stands in a catalogue."""
    return (original, form) if form else original


def catalogue_of(found: NullTranslations) -> dict:
    """The messages by their originals; plural ones by original and number of the form."""
    return {key: text for key, text in getattr(found, "_catalog", {}).items() if key}


def layered(below: NullTranslations, above: Mapping) -> Translations:
    """The translations of `below`, with those of `above` in their place. The rule for plurals is that of `below`."""
    found = Translations()
    known = catalogue_of(below)
    found._catalog = known | {(key, 0) if (key, 0) in known else key: text for key, text in above.items()}
    found.plural = getattr(below, "plural", found.plural)
    return found


class StaffWords(Domain):
    """The words of staff pages, which have no translations yet; a page has hundreds of them, so nothing is looked up."""

    none_yet = NullTranslations()

    def gettext(self, string: str, **given: object) -> str:
        return string % given if given else string

    def get_translations(self) -> NullTranslations:
        return self.none_yet


RESPONDENTS = Catalogue("respondents")
INFORMAL = Catalogue("informal")
STAFF = StaffWords()


@contextmanager
def addressing(language: str | None) -> Iterator[Locale]:
    """Inside the block, respondents are spoken to: gettext and dates are in `language`, as far as it is known.

    A language that nobody knows is English; words that are in no catalogue are English too.
    """
    with using(RESPONDENTS, locale_of(language or FALLBACK)) as locale:
        yield locale


@contextmanager
def speaking(language: str | None) -> Iterator[Locale]:
    """Inside the block, gettext and dates are those of staff, in `language` if their pages come in it, else English."""
    locale = locale_of(language or FALLBACK)
    with using(STAFF, locale if locale.language in STAFF_LANGUAGES else locale_of(FALLBACK)) as locale:
        yield locale


def browsers_choice() -> str:
    """The language of respondents that suits the browser best: for pages of which nobody knows whom they address."""
    offered = RESPONDENTS.languages()
    wanted = (tag.replace("_", "-").partition("-")[0].lower() for tag in request.accept_languages.values())
    return next((language for language in wanted if language in offered), FALLBACK)


@contextmanager
def using(domain: Domain, locale: Locale) -> Iterator[Locale]:
    """Outside an application there are no translations to choose from, and words stay as they are written."""
    if not has_app_context():
        yield locale
        return
    before = get_domain()
    with force_locale(locale):
        domain.as_default()
        try:
            yield locale
        finally:
            before.as_default()


@lru_cache(maxsize=64)
def own_name(language: str) -> str:
    """A language in its own words, as somebody who speaks no other would look for it."""
    locale = locale_of(language)
    is_plain = str(locale) == locale.language
    name = is_plain and _names_in(locale.language).get(locale.language)
    name = name or locale.get_display_name(locale) or language
    return name[:1].upper() + name[1:]


def _names_in(language: str) -> Mapping[str, str]:
    """What languages are called in that one. Asked for a name, Babel keeps a megabyte for each in every web process."""
    with open(localedata.resolve_locale_filename(language), "rb") as file:
        return pickle.load(file)["languages"]  # noqa: S301 - a file of Babel's own


@lru_cache(maxsize=256)
def locale_of(language: str) -> Locale:
    """The locale of a contact's language (`pt-BR`: itself, else `pt`); English for one that nobody knows."""
    for name in (language, language.replace("_", "-").partition("-")[0], FALLBACK):
        try:
            return Locale.parse(name.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale(FALLBACK)
