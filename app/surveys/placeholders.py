"""The names in braces that staff may use in the words of a program: a closed list, filled in by plain replacement.

What somebody types is never evaluated, so no word reaches into the program. A name that is not on the list, and a brace
without its partner, are refused where they are typed, because a customer would read them as they stand. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask_babel import gettext as _

from app.core.errors import Invalid

PAGE = ("page_opening", "page_comment", "thanks", "thanks_low")  # Said on pages, the others in mails.
PERSONAL = ("first_name", "account")  # Another value for each person, put in when a mail is finished.
COMMON = ("company", "product", "sender")
KNOWN = (*PERSONAL, *COMMON)
ON_PAGES = (*PERSONAL, "company", "product")  # Nobody signs a page, so it has no sender.
FIRST_WORD = re.compile(r"^\{first_name\}, ", re.MULTILINE)
NEXT_WORD = re.compile(r" \{first_name\}")
BRACES = re.compile(r"\{([^{}\n]*)\}|[{}]")


def known_in(name: str) -> tuple[str, ...]:
    """The placeholders that the words of that name may hold."""
    return ON_PAGES if name in PAGE else KNOWN


def filled(text: str, named: Mapping[str, str]) -> str:
    """Words of a page with their placeholders filled in one pass; a first name that is not known leaves no gap."""
    if not named.get("first_name"):
        text = NEXT_WORD.sub("", FIRST_WORD.sub("", text))
    return BRACES.sub(lambda found: named.get(found.group(1) or "", found.group()), text)


def wrong(text: str, allowed: tuple[str, ...] = KNOWN) -> str | None:
    """What is wrong with the first placeholder that cannot be used, with its position counted from 1; None if nothing is."""
    for found in BRACES.finditer(text):
        if found.group(1) in allowed:
            continue
        known = ", ".join(f"{{{name}}}" for name in allowed)
        if found.group(1) is None:
            said = _("Character %(place)s: this brace has no partner.", place=found.start() + 1)
        else:
            said = _(
                "Character %(place)s: there is no placeholder %(name)s.",
                place=found.start() + 1,
                name=found.group(),
            )
        return f"{said} {_('There are: %(known)s.', known=known)}"
    return None


def require_known(mail: Mapping[str, Mapping[str, str]]) -> None:
    """Invalid for own words of a program, by language, that hold something else; errors by `mail.language.name`."""
    errors = {
        f"mail.{language}.{name}": said
        for language, words in mail.items()
        for name, text in words.items()
        if (said := wrong(text, known_in(name)))
    }
    if errors:
        raise Invalid(_("These words cannot be used."), errors=errors)
