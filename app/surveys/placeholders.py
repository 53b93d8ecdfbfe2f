"""The names in braces that staff may use in the words of a program: a closed list, filled in by plain replacement.

What somebody types is never evaluated, so no word reaches into the program. A name that is not on the list, and a brace
without its partner, are refused where they are typed, because a customer would read them as they stand. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask_babel import gettext as _

from app.core.errors import Invalid

PERSONAL = ("first_name", "account")  # Another value for each person, put in when a mail is finished.
COMMON = ("company", "product", "sender")
KNOWN = (*PERSONAL, *COMMON)
BRACES = re.compile(r"\{([^{}\n]*)\}|[{}]")


def wrong(text: str) -> str | None:
    """What is wrong with the first placeholder that cannot be used, with its position counted from 1; None if nothing is."""
    for found in BRACES.finditer(text):
        if found.group(1) in KNOWN:
            continue
        known = ", ".join(f"{{{name}}}" for name in KNOWN)
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
        if (said := wrong(text))
    }
    if errors:
        raise Invalid(_("These words cannot be used."), errors=errors)
