"""What this package holds about one person or account: telling it, forgetting it, moving it.

A person who is forgotten leaves a row without identity behind, to which the numbers of their answers still belong. An
account that is merged into another gives up its people, ids, domains and goals, and goes; so does a person of it whom
the other one knows as well.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, aliased

from app.contacts.importing.stores import MERGED
from app.contacts.importing.uploads import ImportFile
from app.contacts.models import (
    Account,
    AccountDomain,
    AccountKey,
    Contact,
    ContactKey,
    ContactStatus,
    DatedRole,
    Goal,
    OptOutElsewhere,
    Wish,
)
from app.contacts.signals import Signal
from app.contacts.syncing import account_of_key
from app.core import text
from app.core.clock import day_of
from app.core.database import telling
from app.core.errors import NotFound, Refused
from app.core.installation import installation

IDENTITY = {
    "external_id": None,
    "email": None,
    "email_key": None,
    "first_name": "",
    "last_name": "",
    "title": "",
    "language": None,
    "time_zone": None,
    "country": None,
    "rest_days": None,
    "unwanted_kind": None,
}
FILLED = ("owner_id", "tier", "arr", "renewal_on", "time_zone")
OF_PERSON = ("first_name", "last_name", "title", "language", "time_zone", "country")


def people_of(session: Session, email: str) -> list[Contact]:
    """Everybody who reads the mailbox of that address, at whatever account; NotFound when nobody does."""
    try:
        email_key = text.email_key(text.email(email))
    except text.UnreadableText:
        email_key = email.strip().casefold()
    found = list(
        session.scalars(sa.select(Contact).where(Contact.email_key == email_key).order_by(Contact.id))
    )
    if not found:
        raise NotFound(_("Nobody here has the address %(email)s.", email=email))
    return found


def tell(session: Session, contact_id: int) -> dict[str, Any]:
    """The person, their account by name, roles, wishes, ids in other systems, and lines of imports that quote them."""
    contact = session.get_one(Contact, contact_id)
    return {
        "contact": telling.rows(session, Contact, Contact.id == contact_id)[0],
        "account": contact.account.name if contact.account else None,
        "roles": telling.rows(session, DatedRole, DatedRole.contact_id == contact_id),
        "signals": telling.rows(session, Signal, Signal.contact_id == contact_id),
        "wishes": telling.rows(session, Wish, Wish.contact_id == contact_id),
        "opt_outs_elsewhere": telling.rows(
            session, OptOutElsewhere, OptOutElsewhere.contact_id == contact_id
        ),
        "ids_elsewhere": telling.rows(session, ContactKey, ContactKey.contact_id == contact_id),
        "imports": [
            {"id": file.id, "name": file.name, "created_at": telling.plain(file.created_at)}
            for file in files_about(session, contact)
        ],
    }


def forget(session: Session, contact_id: int, *, now: datetime) -> None:
    """Take away who the person was; roles stay, because past scores were computed with them."""
    contact = session.get_one(Contact, contact_id)
    for file in files_about(session, contact):
        file.report = {**file.report, "issues": []}
        file.columns = []
        if file.is_waiting:
            file.put_away(now=now)
    for table in (ContactKey, OptOutElsewhere, Signal, Wish):
        session.execute(sa.delete(table).where(table.contact_id == contact_id))
    for name, nothing in IDENTITY.items():
        setattr(contact, name, nothing)
    contact.status, contact.erased_at = ContactStatus.ERASED, now
    session.flush()


def files_about(session: Session, contact: Contact) -> list[ImportFile]:
    """Uploads that quote the address: in a file that waits to be imported, its columns, or the lines of its report."""
    if not contact.email:
        return []
    wanted = contact.email.casefold()
    open_or_told = sa.select(ImportFile).order_by(ImportFile.id)
    return [file for file in session.scalars(open_or_told) if wanted in quoted(file)]


def quoted(file: ImportFile) -> str:
    content = file.content.decode("utf-8", "replace") if file.content else ""
    return (json.dumps([file.report, file.columns], ensure_ascii=False) + content).casefold()


# Accounts


def account_named(session: Session, name: str) -> Account:
    """The account that is called so: by its id in another system, its name, or our own number; NotFound otherwise."""
    found = account_of_key(session, name)
    if found is None:
        of_name = session.scalars(sa.select(Account).where(Account.name == name).limit(2)).all()
        if len(of_name) > 1:
            raise Refused(_("Several accounts are called %(name)s. Give an id.", name=name))
        found = of_name[0] if of_name else None
    if found is None and name.isdigit() and int(name) < 2**63:
        found = session.get(Account, int(name))
    if found is None:
        raise NotFound(_("There is no account %(name)s.", name=name))
    return found


def move_account(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """People, ids, domains and goals of one account to another, which also takes what it lacks."""
    one, other = session.get_one(Account, from_id), session.get_one(Account, to_id)
    move_people(session, one, other)
    move_ids(session, one, other)
    session.execute(sa.update(Signal).where(Signal.account_id == from_id).values(account_id=to_id))
    has_goal = session.scalar(sa.select(sa.exists().where(Goal.account_id == to_id, Goal.ended_on.is_(None))))
    if has_goal:
        ends = sa.update(Goal).where(Goal.account_id == from_id, Goal.ended_on.is_(None))
        session.execute(ends.values(ended_on=today(session, now)))
    session.execute(sa.update(Goal).where(Goal.account_id == from_id).values(account_id=to_id))
    for name in FILLED:
        if getattr(other, name) is None:
            setattr(other, name, getattr(one, name))
    other.segment = {**one.segment, **other.segment}
    other.started_on = min(one.started_on, other.started_on)
    session.flush()


def move_people(session: Session, one: Account, other: Account) -> None:
    """Whoever both accounts know gives up the address of their double, who is made one with them afterwards."""
    known = {id for id, _stays in doubles(session, one.id, other.id)}
    for person in session.scalars(sa.select(Contact).where(Contact.account_id == one.id)).all():
        if person.id in known:
            person.email = person.email_key = None
        person.account = other
    session.flush()


def doubles(session: Session, one_id: int, other_id: int) -> list[tuple[int, int]]:
    """Who reads the same mailbox at both accounts: the id at the one, and that at the other, which stays."""
    double, stays = aliased(Contact), aliased(Contact)
    query = (
        sa.select(double.id, stays.id)
        .join(stays, stays.email_key == double.email_key)
        .where(double.account_id == one_id, stays.account_id == other_id)
    )
    return [(id, stays_id) for id, stays_id in session.execute(query.order_by(double.id))]


def move_person(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """The ids by which other systems know a person to another one, who also takes what they lacked, and every no."""
    double, stays = session.get_one(Contact, from_id), session.get_one(Contact, to_id)
    session.execute(sa.update(Signal).where(Signal.contact_id == from_id).values(contact_id=to_id))
    keys = sa.update(ContactKey).where(ContactKey.contact_id == from_id)
    session.execute(keys.values(contact_id=to_id))
    former, double.external_id = double.external_id, None
    session.flush()
    if former and stays.external_id is None:
        stays.external_id = former
    elif former:
        session.add(ContactKey(contact_id=to_id, system=MERGED, key=former))
    told = sa.select(Wish.id).where(Wish.contact_id == to_id)
    wishes = sa.update(Wish).where(Wish.contact_id == from_id, sa.not_(told.exists()))
    session.execute(wishes.values(contact_id=to_id))
    systems = sa.select(OptOutElsewhere.system).where(OptOutElsewhere.contact_id == to_id)
    flags = sa.update(OptOutElsewhere).where(OptOutElsewhere.contact_id == from_id)
    session.execute(flags.where(OptOutElsewhere.system.not_in(systems)).values(contact_id=to_id))
    for name in (*OF_PERSON, "rest_days", "unwanted_kind"):
        setattr(stays, name, getattr(stays, name) or getattr(double, name))
    if double.unsubscribed_at:
        stays.unsubscribe(now=double.unsubscribed_at)
    if double.bounced_at:
        stays.bounce(now=double.bounced_at)
    session.flush()


def remove_person(session: Session, contact_id: int, *, has_asks: bool, now: datetime) -> None:
    """A double, once nothing hangs on the row but past roles. With an ask that had to stay it has left for good."""
    if has_asks:
        session.get_one(Contact, contact_id).leave(on=today(session, now))
    else:
        session.execute(sa.delete(Contact).where(Contact.id == contact_id))
    session.flush()
    session.expire_all()


def move_ids(session: Session, one: Account, other: Account) -> None:
    former, one.external_id = one.external_id, None
    session.execute(sa.update(AccountKey).where(AccountKey.account_id == one.id).values(account_id=other.id))
    session.flush()
    if former and other.external_id is None:
        other.external_id = former
    elif former:
        session.add(AccountKey(account_id=other.id, system=MERGED, key=former))
    known = sa.select(AccountDomain.domain).where(AccountDomain.account_id == other.id)
    moved = sa.update(AccountDomain).where(
        AccountDomain.account_id == one.id, AccountDomain.domain.not_in(known)
    )
    session.execute(moved.values(account_id=other.id), execution_options={"synchronize_session": False})


def remove_account(session: Session, account_id: int) -> None:
    """The account itself, once nothing but its own past scores and stages hangs on it."""
    session.execute(
        sa.delete(Account).where(Account.id == account_id), execution_options={"synchronize_session": False}
    )
    session.expire_all()


def today(session: Session, now: datetime):
    return day_of(now, installation(session).zone)
