"""Accounts entered and changed by hand. What an account was before stays dated where scores depend on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.importers import cells
from app.contacts.importing.matching.placing import FREE_MAIL
from app.contacts.models import Account, AccountDomain, Stage
from app.core.errors import Invalid

PLAIN = (
    "name",
    "tier",
    "arr",
    "currency",
    "owner_id",
    "time_zone",
    "renewal_on",
    "started_on",
    "external_id",
)


@dataclass(frozen=True)
class AccountGiven:
    """What a form says about an account. `domains` are mail domains as somebody writes them, in one line."""

    name: str
    stage: Stage
    started_on: date
    tier: int | None = None
    arr: Decimal | None = None
    currency: str = "USD"
    owner_id: int | None = None
    time_zone: str | None = None
    renewal_on: date | None = None
    domains: str = ""
    external_id: str | None = None


def add(session: Session, given: AccountGiven, *, today: date) -> Account:
    """A new account. Invalid names each field that cannot be taken."""
    account = Account(segment={}, started_on=given.started_on)
    change(session, account, given, today=today)
    session.add(account)
    session.flush()
    return account


def change(session: Session, account: Account, given: AccountGiven, *, today: date) -> dict[str, str]:
    """Bring the account up to the form; what changed, as "before → after" by field, for the audit trail."""
    domains = checked(session, account, given)
    before = told(account)
    for name in PLAIN:
        setattr(account, name, getattr(given, name))
    account.enter(given.stage, on=today)
    known = {row.domain: row for row in account.domains}
    account.domains = [known.get(domain) or AccountDomain(domain=domain) for domain in domains]
    after = told(account)
    return {name: f"{before[name]} → {after[name]}" for name in after if before[name] != after[name]}


def told(account: Account) -> dict[str, str]:
    """The account's facts in short words."""
    plain = {name: str(getattr(account, name) or "–")[:80] for name in PLAIN}
    domains = ", ".join(sorted(row.domain for row in account.domains))[:200]
    return plain | {"stage": str(account.stage or "–"), "domains": domains or "–"}


def checked(session: Session, account: Account, given: AccountGiven) -> Sequence[str]:
    """The mail domains, read; Invalid for everything that cannot stand."""
    errors = {}
    if not given.name:
        errors["name"] = _("An account needs a name.")
    elif given.name != account.name and not given.external_id and name_taken(session, given.name):
        errors["name"] = _("There is an account of exactly this name already.")
    if given.arr is not None and not 0 <= given.arr < cells.LARGEST_AMOUNT:
        errors["arr"] = _("Write what the contract is worth a year, without a minus.")
    if given.external_id and id_taken(session, account, given.external_id):
        errors["external_id"] = _("Another account has this id.")
    try:
        domains = cells.domains(given.domains)
    except cells.Unreadable as error:
        domains, errors["domains"] = (), str(error)
    known = {row.domain for row in account.domains}
    free = [domain for domain in domains if domain in FREE_MAIL and domain not in known]
    if free:
        errors["domains"] = _(
            "Anybody can have an address at %(domain)s, so it does not tell who works here.", domain=free[0]
        )
    if errors:
        raise Invalid(_("This account cannot be kept like that."), errors=errors)
    return domains


def name_taken(session: Session, name: str) -> bool:
    """Accounts may share a name only where an id tells them apart."""
    return session.scalar(sa.select(sa.exists().where(Account.name == name)))


def id_taken(session: Session, account: Account, external_id: str) -> bool:
    query = sa.select(Account.id).where(Account.external_id == external_id)
    return session.scalar(query) not in {None, account.id}


def are_any(session: Session) -> bool:
    """Whether there is any account at all."""
    return session.scalar(sa.select(Account.id).limit(1)) is not None


def usual_currency(session: Session) -> str:
    """The currency that most accounts have."""
    query = sa.select(Account.currency).group_by(Account.currency).order_by(sa.func.count().desc())
    return session.scalar(query.limit(1)) or "USD"
