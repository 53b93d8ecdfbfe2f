"""Brings the catalogues of respondents' words in step with the sources; a test fails while they are not.

    python tools/words.py           every catalogue, with what is left to translate
    python tools/words.py fr        the same, after beginning a catalogue for French

Beside a catalogue `informal.po` may hold the sentences that address somebody less formally; sentences that address nobody
are left out of it. Which sources hold such words is said in `babel.cfg`. A catalogue changes only when a word does: it names files but no
lines and carries no date.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "app"
MAPPING = ROOT / "babel.cfg"
FOLDER = APP / "translations"
DOMAIN, INFORMAL = "respondents", "informal"
KEYWORDS = DEFAULT_KEYWORDS | {"_l": None}
NOTE = "Translators:"
WIDTH = 120
HEADER = """\
# {language}: what respondents read. `make words` keeps this in step with the sources; only msgstr is written by hand.
msgid ""
msgstr ""
"Language: {code}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
INFORMAL_HEADER = HEADER.replace(
    "what respondents read.",
    "what respondents read where they are addressed informally, in place of the formal words.",
)


def main(arguments: list[str]) -> int:
    """Write the catalogues; 2 when a language is unknown."""
    for code in arguments:
        try:
            Locale.parse(code)
        except (UnknownLocaleError, ValueError):
            print(f"Nobody knows the language {code!r}. Give its code, as in: make words NEW=fr")
            return 2
    template = extracted()
    for code in sorted({*languages(), *arguments}):
        path = file_of(code)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(updated(code, template), "utf-8", newline="\n")
        print(f"{path.relative_to(ROOT)}: {len(template)} words, {len(untranslated(code))} to translate")
        if file_of(code, INFORMAL).exists():
            file_of(code, INFORMAL).write_text(informal(code, template), "utf-8", newline="\n")
    return 0


def languages() -> list[str]:
    """The languages that have a catalogue."""
    return sorted(path.parent.parent.name for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def file_of(code: str, domain: str = DOMAIN) -> Path:
    return FOLDER / code / "LC_MESSAGES" / f"{domain}.po"


def extracted() -> Catalog:
    """Every word for respondents that stands in the sources now."""
    with MAPPING.open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = Catalog(fuzzy=False)
    for name, line, message, comments, context in extract_from_dir(
        APP, methods, options, keywords=KEYWORDS, comment_tags=[NOTE], strip_comment_tags=True
    ):
        place = (Path("app", name).as_posix(), line)
        found.add(message, None, [place], auto_comments=comments, context=context)
    return found


def present(code: str, domain: str = DOMAIN) -> Catalog:
    """The catalogue of a language as it is, empty for a new one."""
    if not file_of(code, domain).exists():
        return Catalog(locale=code, fuzzy=False)
    with file_of(code, domain).open("rb") as written:
        return read_po(written, locale=code)


def updated(code: str, template: Catalog) -> str:
    """The text of a language's catalogue, with new words empty and those nobody says any more left out."""
    catalog = present(code)
    catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
    return as_text(code, catalog, HEADER)


def informal(code: str, template: Catalog) -> str:
    """The text of a language's informal sentences, without those whose original nobody says any more."""
    said = {message.id: message.string for message in present(code, INFORMAL) if message.id}
    catalog = Catalog(locale=code, fuzzy=False)
    for message in template:
        if message.id in said:
            catalog.add(message.id, said[message.id], message.locations, message.flags)
    return as_text(code, catalog, INFORMAL_HEADER)


def as_text(code: str, catalog: Catalog, header: str) -> str:
    body = BytesIO()
    write_po(
        body,
        catalog,
        width=WIDTH,
        omit_header=True,
        sort_by_file=True,
        ignore_obsolete=True,
        include_lineno=False,
    )
    language = Locale.parse(code).get_display_name("en")
    begin = header.format(language=language, code=code, plurals=catalog.plural_forms)
    return begin + body.getvalue().decode().strip() + "\n"


def untranslated(code: str) -> list[str]:
    """The words of a catalogue that have no translation, or one that nobody has confirmed."""
    return [
        str(message.id) for message in present(code) if message.id and (message.fuzzy or not is_full(message))
    ]


def is_full(message) -> bool:
    """Whether a message is translated in each of its plural forms."""
    return all([message.string] if isinstance(message.string, str) else message.string)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
