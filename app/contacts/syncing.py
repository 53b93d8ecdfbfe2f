"""What other systems say of accounts and people: known by their ids, and brought up to what is told.

What is told holds new values by field; a field that is not in it stays. The rules are those of entering by hand. A no
of a person stands above any system: it is passed over when a system tells its whole state of things (`is_sync`), and
said when somebody asked for just that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.auth.models import Staff
from app.auth.people import find_staff
from app.contacts import companies, people
from app.contacts.companies import AccountGiven
from app.contacts.importing.matching.placing import spellings
from app.contacts.models import Account, AccountKey, Contact, ContactKey, ContactRole, ContactStatus, Stage
from app.contacts.people import Entry, PersonGiven
from app.contacts.wishes import elsewhere
from app.core import text
from app.core.errors import Invalid, NotFound, Refused

MOST_ATTRIBUTES = 200
API = "api"
OF_ACCOUNT = (
    "name",
    "tier",
    "arr",
    "currency",
    "time_zone",
    "renewal_on",
    "started_on",
    "stage",
    "external_id",
)
OF_PERSON = ("first_name", "last_name", "title", "role", "language", "time_zone")
Told = Mapping[str, Any]
Changes = dict[str, str]


# Accounts


def account_of_id(session: Session, id: int, *, lock: bool = False) -> Account:
    """The account of that id, held against others who would change it with `lock`; NotFound otherwise."""
    account = session.get(Account, id, with_for_update=lock or None)
    if account is None:
        raise NotFound(_("There is no such account."))
    return account


def account_of_key(session: Session, external_id: str) -> Account | None:
    """The account that its owner, or exactly one of the systems files came from, calls by this id."""
    known = spellings(external_id)
    found = session.scalars(
        sa.select(Account).where(Account.external_id.in_(known)).order_by(Account.id)
    ).first()
    if found is None:
        ids = session.scalars(
            sa.select(AccountKey.account_id).where(AccountKey.key.in_(known)).distinct()
        ).all()
        found = session.get(Account, ids[0]) if len(ids) == 1 else None
    return found


def add_account(session: Session, told: Told, *, today: date) -> Account:
    """A new account; Invalid without a name."""
    given = AccountGiven(name="", stage=Stage.STEADY, started_on=today)
    account = companies.add(session, told_of_account(session, given, told), today=today)
    account.segment = merged({}, told.get("segment", {}))
    return account


def change_account(session: Session, account: Account, told: Told, *, today: date) -> Changes:
    """Bring the account up to what is told; what changed, by field, for the audit trail."""
    changes = companies.change(
        session, account, told_of_account(session, as_given(account), told), today=today
    )
    segment = merged(account.segment, told.get("segment", {}))
    if segment != account.segment:
        names = sorted(
            name
            for name in segment.keys() | account.segment
            if segment.get(name) != account.segment.get(name)
        )
        account.segment = segment
        changes["segment"] = ", ".join(names)[:200]
    return changes


def as_given(account: Account) -> AccountGiven:
    """The account as a form would show it."""
    values = {name: getattr(account, name) for name in OF_ACCOUNT}
    domains = " ".join(row.domain for row in account.domains)
    return AccountGiven(owner_id=account.owner_id, domains=domains, **values)


def told_of_account(session: Session, given: AccountGiven, told: Told) -> AccountGiven:
    values = {name: told[name] for name in OF_ACCOUNT if name in told}
    if "domains" in told:
        values["domains"] = " ".join(told["domains"])
    if "owner_email" in told:
        owner = owner_named(session, told["owner_email"])
        values["owner_id"] = owner.id if owner else None
    return replace(given, **values)


def owner_named(session: Session, email: str | None) -> Staff | None:
    """The member of staff with that address, nobody for None; Invalid when no active one has it."""
    if email is None:
        return None
    person = find_staff(session, email)
    if person is None or not person.active:
        words = _("No member of staff has this address.")
        raise Invalid(words, errors={"owner_email": words})
    return person


def merged(segment: Mapping[str, str], told: Mapping[str, str | None]) -> dict[str, str]:
    """The attributes with changes in them; None takes one away."""
    found = {name: value for name, value in {**segment, **told}.items() if value is not None}
    if len(found) > MOST_ATTRIBUTES:
        words = _("An account has at most %(most)d attributes.", most=MOST_ATTRIBUTES)
        raise Invalid(words, errors={"segment": words})
    return found


# People


def contact_of_id(session: Session, id: int, *, lock: bool = False) -> Contact:
    """The person of that id, held against others who would change them with `lock`; NotFound otherwise."""
    contact = session.get(Contact, id, with_for_update=lock or None)
    if contact is None:
        raise NotFound(_("There is no such contact."))
    return contact


def contact_of_key(session: Session, external_id: str) -> Contact | None:
    """The person that their owner, or exactly one of the systems files came from, calls by this id."""
    found = session.scalars(sa.select(Contact).where(Contact.external_id == external_id)).first()
    if found is None:
        ids = session.scalars(
            sa.select(ContactKey.contact_id).where(ContactKey.key == external_id).distinct()
        ).all()
        found = session.get(Contact, ids[0]) if len(ids) == 1 else None
    return found


def contact_without_key(session: Session, told: Told) -> Contact | None:
    """The person of the account and mailbox that are told, if no system has named them yet."""
    if not told.get("email") or not told.get("account_id"):
        return None
    of = (Contact.account_id == told["account_id"], Contact.email_key == text.email_key(told["email"]))
    return session.scalars(sa.select(Contact).where(*of, Contact.external_id.is_(None))).first()


def add_contact(session: Session, told: Told, when: Entry) -> tuple[Contact, Changes]:
    """A new person; Invalid without an account, or with neither a name nor an address."""
    if not told.get("account_id"):
        words = _("A new contact needs an account.")
        raise Invalid(words, errors={"account_id": words})
    account = the_account(session, told["account_id"])
    blank = PersonGiven(first_name="", last_name="", email="", role=ContactRole.OTHER, role_from=when.today)
    contact = people.add(session, account, told_of_person(blank, told), when)
    return contact, finish(session, contact, told, when, is_sync=True)


def change_contact(
    session: Session, contact: Contact, told: Told, when: Entry, *, is_sync: bool = False
) -> Changes:
    """Bring the person up to what is told; what changed, by field, for the audit trail.

    A wish to unsubscribe is left to the caller, because it concerns more rows than this one.
    """
    with session.no_autoflush:
        changes = move_to_account(session, contact, told)
        changes |= people.change(session, contact, told_of_person(as_shown(contact, when), told), when)
        return changes | finish(session, contact, told, when, is_sync=is_sync)


def move_to_account(session: Session, contact: Contact, told: Told) -> Changes:
    former = contact.account_id
    if told.get("account_id", former) == former:
        return {}
    account = the_account(session, told["account_id"]) if told["account_id"] is not None else None
    people.transfer(session, contact, account)
    return {"account": f"{former or '–'} → {contact.account_id or '–'}"}


def as_shown(contact: Contact, when: Entry) -> PersonGiven:
    """The person as a form would show them."""
    values = {name: getattr(contact, name) for name in OF_PERSON}
    return PersonGiven(role_from=when.today, email=contact.email or "", **values)


def told_of_person(given: PersonGiven, told: Told) -> PersonGiven:
    values = {name: told[name] for name in OF_PERSON if name in told}
    if "email" in told:
        values["email"] = told["email"] or ""
    return replace(given, **values)


def the_account(session: Session, account_id: int) -> Account:
    account = session.get(Account, account_id)
    if account is None:
        words = _("There is no such account.")
        raise Invalid(words, errors={"account_id": words})
    return account


def finish(session: Session, contact: Contact, told: Told, when: Entry, *, is_sync: bool) -> Changes:
    """What only systems tell: their id of the person, the country, the status."""
    before = {name: getattr(contact, name) for name in ("external_id", "country", "status", "left_on")}
    if told.get("external_id") not in {None, contact.external_id}:
        require_free_id(session, contact, told["external_id"])
    for name in ("external_id", "country"):
        if name in told:
            setattr(contact, name, told[name])
    take_status(contact, told, when, is_sync=is_sync)
    return {
        name: f"{was or '–'} → {now or '–'}"
        for name, was in before.items()
        if was != (now := getattr(contact, name))
    }


def says_no(session: Session, contact: Contact, told: Told, *, now: datetime, is_sync: bool) -> bool:
    """Whether a system says of the person that they want no mail, other than by repeating what they took back here."""
    status = told.get("status")
    if status not in {ContactStatus.UNSUBSCRIBED, ContactStatus.ACTIVE}:
        return False
    session.flush()
    is_no = status is ContactStatus.UNSUBSCRIBED
    holds = elsewhere.hear(session, contact, API, says_no=is_no, now=now)
    return holds or (is_no and not is_sync)


def require_free_id(session: Session, contact: Contact, external_id: str) -> None:
    if contact_of_key(session, external_id) not in {None, contact}:
        words = _("Another contact has this id.")
        raise Invalid(words, errors={"external_id": words})


def take_status(contact: Contact, told: Told, when: Entry, *, is_sync: bool) -> None:
    """The status that is told, as far as it may be. A day of leaving means that the person left."""
    wanted, left_on = told.get("status"), told.get("left_on")
    if left_on and wanted not in {None, ContactStatus.LEFT}:
        words = _("Only somebody who left has a day of leaving.")
        raise Invalid(words, errors={"left_on": words})
    if left_on or wanted is ContactStatus.LEFT:
        people.depart(contact, on=left_on or contact.left_on or when.today, today=when.today)
    elif wanted is ContactStatus.BOUNCED:
        contact.bounce(now=when.now)
    elif not is_sync and (field := taken_back(contact, told)):
        words = _("This person is %(status)s here and stays so.", status=contact.status.value)
        raise Refused(words, errors={field: words})


def taken_back(contact: Contact, told: Told) -> str | None:
    """The field by which a no, a bounce or a departure would be taken back."""
    if told.get("status") is ContactStatus.ACTIVE and contact.status is not ContactStatus.ACTIVE:
        return "status"
    return "left_on" if contact.left_on and told.get("left_on", contact.left_on) is None else None
