"""Words of a program tried out before anybody gets them: the mail as a made-up person would read it, light or dark."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.delivery import letters
from app.delivery.asking.preview import EXAMPLE, shown
from app.delivery.letters import Company
from app.surveys import audience, wording
from app.surveys.models import Program, SurveyVersion

DARK_RULES = re.compile(r"@media \(prefers-color-scheme: dark\) \{(.*?)\n\}", re.DOTALL)
RULE = re.compile(r"\.([\w-]+) \{([^}]*)\}")
STYLED = re.compile(r'(<\w+\b[^>]*?\bclass="([^"]*)"[^>]*?\bstyle="[^"]*)"')


@dataclass(frozen=True)
class Somebody:
    """A person who does not exist."""

    first_name: str
    last_name: str
    account: str


SOMEBODY = {
    "usual": Somebody("Kim", "Lee", "Northgate Foods"),
    "long": Somebody(
        "Maximiliane-Konstantina",
        "von Papadopoulou-Wolfeschlegelsteinhausen",
        "Vereinigte Donaudampfschifffahrts- und Elektrizitätsgesellschaft mbH & Co. KG",
    ),
    "nameless": Somebody("", "", "Northgate Foods"),
}


@dataclass(frozen=True)
class Own:
    """The words of a program as they are being written."""

    mail: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Tried:
    """A mail as it would be read; its links lead nowhere."""

    subject: str
    html: str
    text: str


def tried(
    version: SurveyVersion,
    language: str,
    own: Mapping[str, str],
    company: Company,
    *,
    sender: str,
    mail: str,
    somebody: Somebody,
    closes_on: date,
    is_dark: bool,
) -> Tried:
    """The mail (`invitation`, `reminder` or `last`) with the program's own words in that language."""
    ask = letters.ask_of(Own({language: own}), version, language, company, sender)
    letter = (
        letters.invitation(ask) if mail == "invitation" else letters.reminder(ask, is_last=mail == "last")
    )
    values = {
        "greeting": letters.greeting(somebody.first_name, somebody.last_name, language),
        "closes_on": letters.day_in_words(closes_on, language),
        "token": EXAMPLE,
        **letters.personal(somebody.first_name, somebody.account),
    }
    subject, html, text = (letter.fill(part, values) for part in ("subject", "html", "text"))
    return Tried(subject, shown(darkened(html) if is_dark else html), text)


def darkened(html: str) -> str:
    """The mail as a device in dark mode shows it: its own rules for the dark, put at the elements they are about."""
    rules = dict(RULE.findall("".join(DARK_RULES.findall(html))))

    def dark(found: re.Match) -> str:
        added = "".join(rules.get(name, "") for name in found.group(2).split())
        return f'{found.group(1)};{added.strip()}"' if added else found.group()

    return STYLED.sub(dark, html)


@dataclass(frozen=True)
class Readers:
    """People of an audience who speak a language (None: not known), and the language they would be asked in."""

    spoken: str | None
    asked_in: str
    people: int
    has_own_words: bool

    @property
    def is_missing(self) -> bool:
        """The survey does not exist in their language."""
        return self.spoken is not None and self.spoken != self.asked_in.partition("-")[0]


def readers(session: Session, program: Program, default: str) -> list[Readers]:
    """Who of the audience reads which language, the most first."""
    people = audience.people(program.audience)
    query = sa.select(Contact.language, sa.func.count()).where(Contact.id.in_(people))
    offered, counted = wording.languages(program.survey.current), {}
    for language, count in session.execute(query.group_by(Contact.language)):
        spoken = language.replace("_", "-").partition("-")[0].lower() if language else None
        key = spoken, wording.best(language, offered, default)
        counted[key] = counted.get(key, 0) + count
    found = [Readers(*key, count, key[1] in program.mail) for key, count in counted.items()]
    return sorted(found, key=lambda one: (-one.people, one.spoken or ""))
