"""Audiences: a filter kept as data, and the people it names.

A filter is a JSON object. Every key that is present must hold; within a key any of the values will do:
`tiers` (1-3, no tier counts as 2), `stages`, `roles`, `owners` (staff ids), `languages`, `countries`, `accounts` (ids),
`segment` (`{attribute: [values]}`) and `segments` (saved ones by id; stored with a copy of their filters), and those that
other packages lend (`segments/lent.py`). `null` among owners means an account without one, among languages and countries
a person whose own is not known. The empty filter names everybody at an account. Whether a person may be asked now is not
decided here but by the cadence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.auth.models import Staff
from app.contacts.models import Account, Contact, ContactRole, Stage
from app.contacts.words import ROLES, STAGES
from app.core import text
from app.core.database.columns import attribute
from app.core.errors import Invalid
from app.surveys.models import Program, Segment
from app.surveys.segments import lent
from app.surveys.wording import best, language_name

TIERS = (1, 2, 3)
MOST_VALUES = 1000
MOST_LANGUAGES = 100  # Each is two comparisons, and SQLite ends a statement of more than a thousand.
KEYS = ("tiers", "stages", "roles", "owners", "languages", "countries", "accounts", "segment", "segments")


def checked(given: Any) -> dict[str, Any]:
    """The filter in its stored form, empty keys left out; Invalid names every key that cannot be used."""
    if not isinstance(given, Mapping):
        raise Invalid(
            _("An audience is an object of filters."), errors={"audience": _("This must be an object.")}
        )
    known = (*KEYS, *lent.KNOWN)
    errors = {f"audience.{key}": _("There is no filter of this name.") for key in given if key not in known}
    kept = {}
    for key in KEYS:
        try:
            kept[key] = CHECKS[key](given.get(key))
        except (TypeError, ValueError):
            errors[f"audience.{key}"] = MEANINGS[key]()
    for key, filter in lent.KNOWN.items():
        try:
            kept[key] = values(given.get(key), filter.value)
        except (TypeError, ValueError):
            known = ", ".join(filter.values)
            errors[f"audience.{key}"] = _("This is a list of: %(known)s.", known=known)
    if errors:
        raise Invalid(_("This audience cannot be used."), errors=errors)
    return {key: value for key, value in kept.items() if value}


def move_account(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """Audiences that name one account name another instead."""
    for program in session.scalars(sa.select(Program)):
        program.audience = moved(program.audience, from_id, to_id)
    for segment in session.scalars(sa.select(Segment)):
        segment.filter = moved(segment.filter, from_id, to_id)
    session.flush()


def moved(given: Mapping[str, Any], from_id: int, to_id: int) -> dict[str, Any]:
    """A stored filter that names one account in place of another, in the copies of segments as well."""
    found = dict(given)
    if from_id in found.get("accounts", []):
        renamed = [to_id if number == from_id else number for number in found["accounts"]]
        found["accounts"] = list(dict.fromkeys(renamed))
    if "segments" in found:
        found["segments"] = [
            {**one, "filter": moved(one["filter"], from_id, to_id)} for one in found["segments"]
        ]
    return found


def values(given: Any, read: Callable[[Any], Any], most: int = MOST_VALUES) -> list:
    """Each value read and kept once, in the given order; ValueError or TypeError for what cannot be read."""
    if given is None:
        return []
    if not isinstance(given, list | tuple) or len(given) > most:
        raise TypeError(given)
    return list(dict.fromkeys(read(value) for value in given))


def whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(value)
    number = int(value)
    if not 0 < number < 2**63:
        raise ValueError(value)
    return number


def tier(value: Any) -> int:
    return TIERS[TIERS.index(whole(value))]


def segment_id(value: Any) -> int:
    """The id of a segment, given alone or with the copy that is stored."""
    return whole(value["id"] if isinstance(value, Mapping) and "id" in value else value)


def or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def short(value: Any) -> str:
    """The name of a language or an attribute, or a value of one, as the text gate lets it through."""
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise TypeError(value)
    found = text.clean(value, limit=200)
    if not found:
        raise ValueError(value)
    return found


def worth(value: Any) -> str:
    """The value of an attribute; a number is compared as its digits."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return short(str(value) if is_number else value)


def attribute_values(given: Any) -> dict[str, list[str]]:
    if given is None:
        return {}
    if not isinstance(given, Mapping) or len(given) > 50:
        raise TypeError(given)
    found = {short(name): values(chosen, worth) for name, chosen in given.items()}
    return {name: chosen for name, chosen in found.items() if chosen}


CHECKS: dict[str, Callable[[Any], Any]] = {
    "tiers": lambda given: values(given, tier),
    "stages": lambda given: [s.value for s in values(given, Stage)],
    "roles": lambda given: [r.value for r in values(given, ContactRole)],
    "owners": lambda given: values(given, or_none(whole)),
    "languages": lambda given: values(given, or_none(short), MOST_LANGUAGES),
    "countries": lambda given: values(given, or_none(short)),
    "accounts": lambda given: values(given, whole),
    "segment": attribute_values,
    "segments": lambda given: values(given, segment_id),
}
MEANINGS: dict[str, Callable[[], str]] = {
    "tiers": lambda: _("Tiers are a list of 1, 2 and 3."),
    "stages": lambda: _("Stages are a list of: %(known)s.", known=", ".join(Stage)),
    "roles": lambda: _("Roles are a list of: %(known)s.", known=", ".join(ContactRole)),
    "owners": lambda: _("Owners are a list of staff ids, or null for accounts without an owner."),
    "languages": lambda: _("Languages are a list of up to 100 codes such as en, or null for not known."),
    "countries": lambda: _("Countries are a list of names as people have them, or null for not known."),
    "accounts": lambda: _("Accounts are a list of account ids."),
    "segment": lambda: _("Segment is an object of attributes, each with a list of values."),
    "segments": lambda: _("Segments are a list of segment ids."),
}


def require_known(session: Session, given: Mapping[str, Any]) -> None:
    """Invalid when a checked filter names accounts or owners that do not exist."""
    errors = {}
    for key, model in (("accounts", Account), ("owners", Staff)):
        wanted = ids(given, key)
        there = set(session.scalars(sa.select(model.id).where(model.id.in_(wanted))))
        if unknown := [str(number) for number in wanted if number not in there]:
            errors[f"audience.{key}"] = UNKNOWN[key](", ".join(unknown[:5]))
    if errors:
        raise Invalid(_("This audience cannot be used."), errors=errors)


UNKNOWN: dict[str, Callable[[str], str]] = {
    "accounts": lambda names: _("There is no account called %(names)s.", names=names),
    "owners": lambda names: _("There is no member of staff with the id %(names)s.", names=names),
}


def people(given: Mapping[str, Any]) -> sa.Select:
    """A select of the ids of the contacts whom the stored filter names."""
    query = sa.select(Contact.id).join(Account, Account.id == Contact.account_id)
    return query.where(*conditions(given))


def conditions(given: Mapping[str, Any]) -> list[sa.ColumnElement[bool]]:
    """What holds for the people of a stored filter, over contacts joined with their accounts."""
    found = [
        sa.func.coalesce(Account.tier, 2).in_(given["tiers"]) if given.get("tiers") else None,
        Account.stage.in_(given["stages"]) if given.get("stages") else None,
        Contact.role.in_(given["roles"]) if given.get("roles") else None,
        any_of(Account.owner_id, given["owners"]) if given.get("owners") else None,
        speaks(given["languages"]) if given.get("languages") else None,
        any_of(Contact.country, given["countries"]) if given.get("countries") else None,
        Account.id.in_(given["accounts"]) if given.get("accounts") else None,
        sa.or_(*[fits(one["filter"]) for one in given["segments"]]) if given.get("segments") else None,
        *(attribute(Account.segment, name).in_(chosen) for name, chosen in given.get("segment", {}).items()),
        *lent.conditions(given),
    ]
    return [condition for condition in found if condition is not None]


def fits(given: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    """Everything that a stored filter asks for holds."""
    return sa.and_(sa.true(), *conditions(given))


def any_of(column: sa.ColumnElement, wanted: list) -> sa.ColumnElement[bool]:
    """The column holds one of the values; None among them stands for nothing there."""
    given = [value for value in wanted if value is not None]
    return sa.or_(column.in_(given), column.is_(None)) if None in wanted else column.in_(given)


def speaks(wanted: list[str | None]) -> sa.ColumnElement[bool]:
    """The person's language is one of these or a variety of one: `de` also finds `de-AT`."""
    key = sa.func.lower(sa.func.replace(Contact.language, "_", "-"))
    found = []
    for language in wanted:
        if language is None:
            found.append(Contact.language.is_(None))
        else:
            found += [key == language.casefold(), key.startswith(language.casefold() + "-", autoescape=True)]
    return sa.or_(*found)


def attributes(session: Session) -> dict[str, list[str]]:
    """Every segment attribute of the accounts with its values, both sorted: what a picker offers."""
    found: dict[str, set[str]] = {}
    for segment in session.scalars(sa.select(Account.segment)):
        for name, value in segment.items():
            if value is not None:
                found.setdefault(name, set()).add(str(value))
    return {name: sorted(chosen) for name, chosen in sorted(found.items())}


def spoken(session: Session) -> list[str]:
    """The languages that contacts have, without their varieties, sorted."""
    found = session.scalars(sa.select(Contact.language).where(Contact.language.is_not(None)).distinct())
    return sorted({language.replace("_", "-").partition("-")[0].lower() for language in found})


def countries(session: Session) -> list[str]:
    """The countries that contacts have, sorted."""
    return sorted(session.scalars(sa.select(Contact.country).where(Contact.country.is_not(None)).distinct()))


def in_language(language: sa.ColumnElement, offered: list[str], default: str) -> sa.ColumnElement[str]:
    """The offered language in which somebody of that language is asked: in SQL the choice of `wording.best`."""
    fallback, cases = best(None, offered, default), language_cases(language, offered)
    if not cases:
        return sa.literal(fallback)
    # Most have one of these letter for letter, and of a large audience it takes long to write each in small letters.
    return sa.case({code: code for code in offered}, value=language, else_=sa.case(*cases, else_=fallback))


def language_cases(
    language: sa.ColumnElement, offered: list[str]
) -> list[tuple[sa.ColumnElement[bool], sa.ColumnElement]]:
    """For each offered language whether it is somebody's of that language; exact ones come first."""
    key = sa.func.lower(sa.func.replace(sa.func.coalesce(language, ""), "_", "-"))
    varieties = [language for language in offered if "-" not in language]
    cases = [(key == language.casefold(), sa.literal(language)) for language in offered]
    cases += [
        (key.startswith(language.casefold() + "-", autoescape=True), sa.literal(language))
        for language in varieties
    ]
    return cases


@dataclass(frozen=True)
class Named:
    """What staff and accounts that filters name are called, by id."""

    owners: dict[int, str]
    accounts: dict[int, str]


def named(session: Session, filters: Iterable[Mapping[str, Any]]) -> Named:
    """The names in all these filters, in two queries however many they are."""
    filters = list(filters)
    owners = {number for given in filters for number in ids(given, "owners")}
    accounts = {number for given in filters for number in ids(given, "accounts")}
    return Named(
        dict(map(tuple, session.execute(sa.select(Staff.id, Staff.name).where(Staff.id.in_(owners))))),
        dict(
            map(tuple, session.execute(sa.select(Account.id, Account.name).where(Account.id.in_(accounts))))
        ),
    )


def described(
    session: Session, given: Mapping[str, Any], known: Named | None = None
) -> list[tuple[str, str]]:
    """A stored filter in words: what it looks at, and the values that will do. Empty for everybody."""
    known = known or named(session, [given])
    accounts = sorted(known.accounts[a] for a in ids(given, "accounts") if a in known.accounts)
    found: list[tuple[str, list[str]]] = [
        (_("Tier"), [str(t) for t in given.get("tiers", [])]),
        (_("Role"), [str(ROLES[ContactRole(r)]) for r in given.get("roles", [])]),
        (_("Stage"), [str(STAGES[Stage(s)]) for s in given.get("stages", [])]),
        (_("Language"), [language_name(t) if t else _("Not known") for t in given.get("languages", [])]),
        (_("Country"), [country or _("Not known") for country in given.get("countries", [])]),
        *lent.described(given),
        (_("Owner"), [known.owners.get(o, f"#{o}") if o else _("Nobody") for o in given.get("owners", [])]),
        (_("Account"), accounts),
        (_("Saved segment"), [one["name"] for one in given.get("segments", [])]),
        *given.get("segment", {}).items(),
    ]
    return [(label, ", ".join(chosen)) for label, chosen in found if chosen]


def ids(given: Mapping[str, Any], name: str) -> list[int]:
    return [number for number in given.get(name, []) if number]
