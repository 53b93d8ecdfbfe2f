"""Contacts for other programs: read, brought up to a CRM's state by its own id, changed."""

from __future__ import annotations

import marshmallow as ma
import sqlalchemy as sa
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import joinedload

from app import journey
from app.api.accounts import is_key, own_key
from app.api.protocol.bearer import actor
from app.api.protocol.fields import Choice, Day, Email, Given, Id, Many, Moment, Read, Shown, Text
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.api.protocol.today import Present, present
from app.contacts import syncing
from app.contacts.importers import cells
from app.contacts.models import Account, AskKind, Contact, ContactRole, ContactStatus, NotAskable
from app.contacts.people import Entry
from app.core import audit, text
from app.core.errors import Invalid, NotFound
from app.delivery import suppressions
from app.extensions import db

resource = Resource("contacts", "The people at customer companies.")


class ContactSchema(Shown):
    """A person at an account. Only one who is active and has no reason against it is ever asked by a program."""

    id = Id(required=True)
    external_id = ma.fields.String(required=True, allow_none=True)
    email = ma.fields.String(required=True, allow_none=True)
    first_name = ma.fields.String(required=True)
    last_name = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    role = Choice(ContactRole, required=True)
    account_id = Id(required=True, allow_none=True)
    account_external_id = ma.fields.String(
        attribute="account.external_id", allow_none=True, dump_default=None, required=True
    )
    language = ma.fields.String(required=True, allow_none=True)
    time_zone = ma.fields.String(required=True, allow_none=True)
    country = ma.fields.String(required=True, allow_none=True)
    status = Choice(ContactStatus, required=True)
    left_on = Day(required=True, allow_none=True)
    not_askable = Choice(NotAskable, required=True, allow_none=True)
    unsubscribed_at = Moment(required=True, allow_none=True)
    bounced_at = Moment(required=True, allow_none=True)
    rest_days = ma.fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "At least so many days between two asks, as the person wished."},
    )
    unwanted_kind = Choice(
        AskKind,
        required=True,
        allow_none=True,
        metadata={"description": "What the person does not want to be asked about."},
    )
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class ContactChangesSchema(Given):
    """What of a contact is to be different; what is left out stays.

    Nobody who unsubscribed, left or was erased becomes active again. Who bounced does with another address.
    `status: unsubscribed` always counts here.
    """

    external_id = Text(120, allow_none=True)
    email = Email(allow_none=True)
    first_name = Text(120, blank=True)
    last_name = Text(120, blank=True)
    title = Text(200, blank=True)
    role = Choice(ContactRole)
    account_id = Id(allow_none=True)
    account_external_id = Text(
        120, metadata={"description": "Your id of the account, instead of account_id."}
    )
    language = Read(cells.language, 60, allow_none=True)
    time_zone = Read(cells.zone, 64, allow_none=True)
    country = Text(64, allow_none=True)
    status = Choice(ContactStatus, but=(ContactStatus.ERASED,))
    left_on = Day(
        allow_none=True, metadata={"description": "The day somebody left; today when status is left."}
    )


class ContactStateSchema(ContactChangesSchema):
    """A contact as your system has it; what is left out stays. A new one needs an address or a name.

    `status: active` is no contradiction to an unsubscribe or a bounce that is known here: it is passed over. So is a
    `status: unsubscribed` that you only repeat, when the person has wished to be asked again since you first said it;
    it counts anew once you have said `active` in between.
    """

    external_id = Text(120, metadata={"description": "The one in the address, if it is given at all."})


class ContactFilters(Filters):
    external_id = Many(Text(120))
    email = Many(Text(320), metadata={"description": "In any case of letters."})
    first_name = Many(Text(120, blank=True))
    last_name = Many(Text(120, blank=True))
    role = Many(Choice(ContactRole))
    account_id = Many(Id())
    account_external_id = Many(Text(120))
    language = Many(Text(16))
    time_zone = Many(Text(64))
    status = Many(Choice(ContactStatus))
    left_on = Many(Day())
    not_askable = Many(Choice(NotAskable))


def reached_at(addresses: list[str]) -> sa.ColumnElement[bool]:
    """Contacts with one of these mailboxes; what is no address is nobody's."""
    return Contact.email_key.in_([key for address in addresses if (key := key_of(address))])


def key_of(address: str) -> str | None:
    try:
        return text.email_key(address)
    except text.UnreadableText:
        return None


WHERE = {
    "external_id": Contact.external_id.in_,
    "email": reached_at,
    "first_name": Contact.first_name.in_,
    "last_name": Contact.last_name.in_,
    "role": Contact.role.in_,
    "account_id": Contact.account_id.in_,
    "account_external_id": lambda keys: Contact.account.has(Account.external_id.in_(keys)),
    "language": Contact.language.in_,
    "time_zone": Contact.time_zone.in_,
    "status": Contact.status.in_,
    "left_on": Contact.left_on.in_,
    "not_askable": Contact.not_askable.in_,
}


@resource.lists("/contacts", ContactSchema, filters=ContactFilters, stamp=Contact.updated_at)
def find(asked):
    """List contacts"""
    return sa.select(Contact).where(*matching(WHERE, asked)).options(joinedload(Contact.account))


@resource.reads("/contacts/<int:contact_id>", ContactSchema)
def show(contact_id: int):
    """Show a contact"""
    return syncing.contact_of_id(db.session, contact_id)


@resource.reads("/contacts/by-external-id/<path:external_id>", ContactSchema)
def show_by_external_id(external_id: str):
    """Show the contact that your system calls so"""
    found = syncing.contact_of_key(db.session, external_id) if is_key(external_id) else None
    if found is None:
        raise NotFound(_("There is no such contact."))
    return found


@resource.writes("PATCH", "/contacts/<int:contact_id>", ContactSchema, takes=ContactChangesSchema)
def change(given: dict, contact_id: int):
    """Change a contact"""
    contact = syncing.contact_of_id(db.session, contact_id, lock=True)
    return changed(contact, placed(given), is_sync=False)


@resource.writes(
    "PUT",
    "/contacts/by-external-id/<path:external_id>",
    ContactSchema,
    takes=ContactStateSchema,
    or_status=201,
)
def put(given: dict, external_id: str):
    """Make or change the contact that your system calls so

    Somebody of the same account with the same address, whom no system has named yet, is taken for the same person.
    """
    key = own_key(external_id, given)
    told = placed(given) | {"external_id": key}
    contact = syncing.contact_of_key(db.session, key)
    if contact is not None:
        return changed(contact, {n: v for n, v in told.items() if n != "external_id"}, is_sync=True)
    contact = syncing.contact_without_key(db.session, told)
    if contact is not None:
        return changed(contact, told, is_sync=True)
    at = present()
    contact, _changes = syncing.add_contact(db.session, told, entry(at))
    audit.note(db.session, actor(), "contact.add", subject=f"contact:{contact.id}", now=at.now)
    follow(contact, told, at, is_sync=True)
    return contact, 201


def placed(given: dict) -> dict:
    """What was sent, with the account by its id."""
    found = {name: value for name, value in given.items() if name != "account_external_id"}
    if "account_external_id" not in given:
        return found
    account = syncing.account_of_key(db.session, given["account_external_id"])
    if account is None or found.get("account_id", account.id) != account.id:
        words = str(
            _("There is no such account.")
            if account is None
            else _("This is another account than account_id.")
        )
        raise Invalid(words, errors={"account_external_id": words})
    return found | {"account_id": account.id}


def entry(at: Present) -> Entry:
    return Entry(at.now, at.today, lambda key: suppressions.reasons(db.session, [key]).get(key))


def changed(contact: Contact, told: dict, *, is_sync: bool) -> Contact:
    """Change the person, with a line in the audit trail and the marks on the scores."""
    at, former = present(), contact.account
    changes = syncing.change_contact(db.session, contact, told, entry(at), is_sync=is_sync)
    if changes:
        contact.updated_at = at.now
        audit.note(
            db.session, actor(), "contact.change", subject=f"contact:{contact.id}", now=at.now, **changes
        )
    if former is not None and former is not contact.account:
        journey.account_changed(db.session, former, now=at.now)
    follow(contact, told, at, is_sync=is_sync)
    return contact


def follow(contact: Contact, told: dict, at: Present, *, is_sync: bool) -> None:
    """What follows: an unsubscribe wherever the person is known, and the mark on the score."""
    says_no = syncing.says_no(db.session, contact, told, now=at.now, is_sync=is_sync)
    if says_no and contact.unsubscribed_at is None:
        journey.contact_unsubscribed(db.session, contact, now=at.now, actor=actor())
    journey.contact_changed(db.session, contact, now=at.now)
