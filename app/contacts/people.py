"""People entered and changed by hand. Nothing here makes anybody askable who said no, left or was erased.

An address that unsubscribed or bounced is so for whoever carries it. Only a new address ends a bounce, because it is
another mailbox; and only the explicit word of a member of staff that a person is there after all ends a departure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.importing.matching.owners import own_domains
from app.contacts.models import Account, Contact, ContactRole, ContactStatus, NotAskable
from app.core import text
from app.core.errors import Invalid, Refused

PLAIN = ("first_name", "last_name", "title", "language", "time_zone")
OVERRULED = frozenset({NotAskable.LIFECYCLE, NotAskable.OWN_DOMAIN, NotAskable.ROLE_MAILBOX})
Suppressed = Callable[[str], str | None]


@dataclass(frozen=True)
class PersonGiven:
    """What a form says about a person. `role_from` is the first day in the role; language and zone None: not known."""

    first_name: str
    last_name: str
    email: str
    role: ContactRole
    role_from: date
    title: str = ""
    language: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True)
class Entry:
    """The circumstances of an entry. `suppressed` tells why an address must not be written to, or None."""

    now: datetime
    today: date
    suppressed: Suppressed


def add(session: Session, account: Account, given: PersonGiven, when: Entry) -> Contact:
    """A new person at the account. Invalid names each field that cannot be taken."""
    contact = Contact(account=account, account_id=account.id, status=ContactStatus.ACTIVE)
    with session.no_autoflush:
        change(session, contact, given, when)
    session.add(contact)
    session.flush()
    return contact


def change(session: Session, contact: Contact, given: PersonGiven, when: Entry) -> dict[str, str]:
    """Bring the person up to the form; what changed, by field, for the audit trail."""
    if contact.status is ContactStatus.ERASED:
        raise Refused(_("This person asked to be erased; nothing can be entered about them."))
    lock(session, contact)
    email, email_key = checked(session, contact, given, today=when.today)
    if email_key and email_key != contact.email_key and when.suppressed(email_key) == ContactStatus.ERASED:
        raise Refused(_("This person asked to be erased; nothing can be entered about them."))
    before = told(contact)
    for name in PLAIN:
        setattr(contact, name, getattr(given, name))
    if given.role != contact.role or not contact.roles:
        contact.take_role(given.role, on=given.role_from)
    is_new = contact.id is None
    if is_new or email_key != contact.email_key:
        move(session, contact, email, email_key, when)
    else:
        contact.email = email
    return difference(before, told(contact))


def lock(session: Session, contact: Contact) -> None:
    """Let two entries of one press of a button come one after the other, so that the second finds the first."""
    session.execute(sa.select(Account.id).where(Account.id == contact.account_id).with_for_update())


def told(contact: Contact) -> dict[str, str]:
    """The facts that may change."""
    names = (*PLAIN, "email_key", "role", "status")
    return {name: str(getattr(contact, name) or "–") for name in names}


def difference(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    """What changed: the fields by name, and role and status in full. Names and addresses stay out of the trail."""
    changed = [name for name in after if before[name] != after[name]]
    full = {name: f"{before[name]} → {after[name]}" for name in changed if name in {"role", "status"}}
    return {"changed": ", ".join(changed)} | full if changed else {}


def checked(
    session: Session, contact: Contact, given: PersonGiven, *, today: date
) -> tuple[str | None, str | None]:
    """The address and its canonical form; Invalid for everything that cannot stand."""
    errors, email, email_key = {}, None, None
    if not (given.first_name or given.last_name or given.email):
        errors["last_name"] = _("Give a name or an address.")
    try:
        email = text.email(given.email) if given.email else None
        email_key = text.email_key(email) if email else None
    except text.UnreadableText as error:
        errors["email"] = str(error)
    if email_key and taken(session, contact, email_key):
        errors["email"] = _("Somebody at this account has this address already.")
    if given.role != contact.role and given.role_from > today:
        errors["role_from"] = _("A role cannot begin in the future.")
    elif given.role != contact.role and contact.roles and given.role_from < contact.roles[-1].from_on:
        errors["role_from"] = _("The present role began later than that.")
    if errors:
        raise Invalid(_("This person cannot be kept like that."), errors=errors)
    return email, email_key


def taken(session: Session, contact: Contact, email_key: str) -> bool:
    query = sa.select(Contact.id).where(
        Contact.account_id == contact.account_id, Contact.email_key == email_key
    )
    return session.scalar(query) not in {None, contact.id}


def move(session: Session, contact: Contact, email: str | None, email_key: str | None, when: Entry) -> None:
    """Give the person another mailbox, with all that is known of it. What the person said themselves stays."""
    contact.email, contact.email_key = email, email_key
    if contact.not_askable != NotAskable.LIFECYCLE:
        contact.not_askable = reason_of(session, email_key) or homeless(contact)
    contact.bounced_at = None
    if contact.status is ContactStatus.BOUNCED:
        contact.status = ContactStatus.ACTIVE
    if email_key:
        inherit(session, contact, when)


def reason_of(session: Session, email_key: str | None) -> NotAskable | None:
    """Why nobody is asked at this address, whoever it is; as an import decides it."""
    if not email_key:
        return NotAskable.INVALID_EMAIL
    if text.domain_of(email_key) in own_domains(session):
        return NotAskable.OWN_DOMAIN
    return NotAskable.ROLE_MAILBOX if text.is_role_mailbox(email_key) else None


def homeless(contact: Contact) -> NotAskable | None:
    return NotAskable.NO_ACCOUNT if contact.account_id is None else None


def transfer(session: Session, contact: Contact, account: Account | None) -> None:
    """Work at that account from now on; what was asked and answered before stays with the former one."""
    contact.account, contact.account_id = account, account.id if account else None
    if contact.not_askable is NotAskable.NO_ACCOUNT:
        contact.not_askable = reason_of(session, contact.email_key)
    contact.not_askable = contact.not_askable or homeless(contact)


def inherit(session: Session, contact: Contact, when: Entry) -> None:
    """An address that unsubscribed or bounced, at whatever account, stays so for a person who newly carries it."""
    query = sa.select(Contact).where(Contact.email_key == contact.email_key)
    others = [other for other in session.scalars(query) if other is not contact]
    reason = when.suppressed(contact.email_key)
    if any(other.unsubscribed_at for other in others) or (reason and "bounce" not in reason):
        contact.unsubscribe(now=when.now)
    elif any(other.bounced_at for other in others) or reason:
        contact.bounce(now=when.now)


def depart(contact: Contact, *, on: date, today: date) -> None:
    """The person left the account on that day. Invalid when the day has not come."""
    if contact.status is ContactStatus.ERASED:
        raise Refused(_("This person asked to be erased; nothing can be entered about them."))
    if on > today:
        raise Invalid(
            _("A departure is entered once it has happened."),
            errors={"left_on": _("This day has not come yet.")},
        )
    contact.leave(on=on)


def come_back(contact: Contact) -> None:
    """The person is there after all; an opt-out or a bounce from before still stands."""
    if contact.status is not ContactStatus.LEFT:
        raise Refused(_("This person has not left."))
    contact.come_back()


def overrule(contact: Contact) -> NotAskable:
    """Somebody knows better than the rule that kept this person from being asked; the reason that fell."""
    reason = contact.not_askable
    if reason not in OVERRULED:
        raise Refused(_("Nothing stands here that a word of ours could change."))
    contact.not_askable = None
    return reason
