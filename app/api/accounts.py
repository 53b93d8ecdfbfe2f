"""Accounts for other programs: read, brought up to a CRM's state by its own id, changed."""

from __future__ import annotations

from collections.abc import Callable

import marshmallow as ma
import sqlalchemy as sa
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import InstrumentedAttribute, joinedload, selectinload

from app import journey
from app.api.protocol.bearer import actor
from app.api.protocol.fields import (
    Attributes,
    Choice,
    Day,
    Email,
    Given,
    Id,
    Many,
    Moment,
    Money,
    Read,
    Shown,
    Text,
    Whole,
    Worded,
    passed,
)
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.api.protocol.today import Present, present
from app.auth.models import Staff
from app.contacts import syncing
from app.contacts.importers import cells
from app.contacts.models import Account, AccountDomain, Stage
from app.core import audit
from app.core.database.columns import attribute
from app.core.errors import Invalid, NotFound
from app.extensions import db
from app.health import snapshots
from app.health.models import Colour
from app.health.snapshots import NAMES, Told

resource = Resource("accounts", "Customer companies, the unit of everything.")
PLAIN = (
    "id",
    "external_id",
    "name",
    "tier",
    "segment",
    "stage",
    "arr",
    "currency",
    "time_zone",
    "renewal_on",
    "started_on",
    "created_at",
    "updated_at",
)
LOADED = (selectinload(Account.domains), joinedload(Account.owner))


def domain(cell: str) -> str:
    """One mail domain in its usual form."""
    found = cells.domains(cell)
    if len(found) != 1:
        raise cells.Unreadable(str(_("This must be one mail domain.")))
    return found[0]


def currency(cell: str) -> str:
    if not (len(cell) == 3 and cell.isascii() and cell.isalpha()):
        raise cells.Unreadable(str(_("Write the three letters of a currency, like EUR.")))
    return cell.upper()


class ScoreShortSchema(Shown):
    """A score 0..100, null without enough evidence, and its colour."""

    score = ma.fields.Float(required=True, allow_none=True)
    colour = Choice(Colour, required=True)


class HealthShortSchema(Shown):
    """The four scores of an account as they are now; `accounts/{id}/health` says what they are made of."""

    relationship = ma.fields.Nested(ScoreShortSchema, required=True)
    adoption = ma.fields.Nested(ScoreShortSchema, required=True)
    value = ma.fields.Nested(ScoreShortSchema, required=True)
    health = ma.fields.Nested(ScoreShortSchema, required=True)
    version = ma.fields.String(required=True)
    as_of = Day(required=True)


class AccountSchema(Shown):
    """A customer company."""

    id = Id(required=True)
    external_id = ma.fields.String(required=True, allow_none=True)
    name = ma.fields.String(required=True)
    domains = ma.fields.List(ma.fields.String(), required=True)
    tier = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "Null counts as 2."})
    segment = ma.fields.Dict(required=True, keys=ma.fields.String(), values=ma.fields.String())
    stage = Choice(Stage, required=True)
    arr = ma.fields.Float(required=True, allow_none=True)
    currency = ma.fields.String(required=True)
    owner_email = ma.fields.String(allow_none=True, required=True)
    time_zone = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Of everybody there whose own zone is not known."},
    )
    renewal_on = Day(required=True, allow_none=True)
    started_on = Day(required=True)
    health = ma.fields.Nested(HealthShortSchema, required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class AccountChangesSchema(Given):
    """What of an account is to be different; what is left out stays. `domains` are all of them, `segment` only what changes."""

    external_id = Text(120, allow_none=True)
    name = Text(200)
    domains = Many(Read(domain, 255), most=100)
    tier = Whole(1, 3, allow_none=True)
    segment = Attributes(metadata={"description": "Values are kept as text; null takes an attribute away."})
    stage = Choice(Stage)
    arr = Money(allow_none=True)
    currency = Read(currency, 3)
    owner_email = Email(allow_none=True)
    time_zone = Read(cells.zone, 64, allow_none=True)
    renewal_on = Day(allow_none=True)
    started_on = Day()


class AccountStateSchema(AccountChangesSchema):
    """An account as your system has it; what is left out stays. A new one needs a name."""

    external_id = Text(120, metadata={"description": "The one in the address, if it is given at all."})


class SegmentFilter(Worded, ma.fields.Dict):
    """`segment[size]=large`: the accounts with that attribute."""

    def __init__(self, **options):
        super().__init__(keys=ma.fields.String(), values=Text(200), **options)


class AccountFilters(Filters):
    external_id = Many(Text(120))
    name = Many(Text(200))
    domains = Many(Text(255))
    tier = Many(Whole(1, 3, text=True))
    segment = SegmentFilter(metadata={"description": "As `segment[size]=large`."})
    stage = Many(Choice(Stage))
    currency = Many(Text(3))
    time_zone = Many(Text(64))
    owner_email = Many(Text(320, blank=True), metadata={"description": "Empty: accounts without an owner."})
    renewal_on = Many(Day())
    arr_from = Whole(0, 10**12, text=True, metadata={"description": "ARR of that much or more."})
    arr_to = Whole(0, 10**12, text=True, metadata={"description": "ARR of that much or less."})
    renewal_from = Day(metadata={"description": "Renewal on that day or later."})
    renewal_to = Day(metadata={"description": "Renewal on that day or before."})


def owned_by_in(column: InstrumentedAttribute) -> Callable[[list[str]], sa.ColumnElement[bool]]:
    """A filter by the owner's address over a column of staff ids; the empty address stands for nobody."""

    def owned_by(emails: list[str]) -> sa.ColumnElement[bool]:
        wanted = [email.lower() for email in emails if email]
        found = column.in_(sa.select(Staff.id).where(sa.func.lower(Staff.email).in_(wanted)))
        return sa.or_(found, column.is_(None)) if "" in emails else found

    return owned_by


WHERE = {
    "external_id": Account.external_id.in_,
    "name": Account.name.in_,
    "domains": lambda names: Account.domains.any(AccountDomain.domain.in_([n.lower() for n in names])),
    "tier": Account.tier.in_,
    "segment": lambda pairs: sa.and_(*(attribute(Account.segment, n) == v for n, v in pairs.items())),
    "stage": Account.stage.in_,
    "currency": Account.currency.in_,
    "time_zone": Account.time_zone.in_,
    "owner_email": owned_by_in(Account.owner_id),
    "renewal_on": Account.renewal_on.in_,
    "arr_from": lambda amount: Account.arr >= amount,
    "arr_to": lambda amount: Account.arr <= amount,
    "renewal_from": lambda day: Account.renewal_on >= day,
    "renewal_to": lambda day: Account.renewal_on <= day,
}


def told(accounts: list[Account]) -> list[dict]:
    """Accounts with their scores, which are read for all of them at once."""
    db.session.flush()
    at = present()
    scores = snapshots.current_of(db.session, [a.id for a in accounts], today=at.today, zone=at.zone)
    return [
        {name: getattr(account, name) for name in PLAIN}
        | {
            "domains": [row.domain for row in account.domains],
            "owner_email": account.owner.email if account.owner else None,
            "health": in_short(scores[account.id]),
        }
        for account in accounts
    ]


def in_short(found: Told) -> dict:
    scores = {name: {"score": found.score(name), "colour": found.colour(name)} for name in NAMES}
    return scores | {"version": found.version, "as_of": found.as_of}


@resource.lists("/accounts", AccountSchema, filters=AccountFilters, stamp=Account.updated_at, told=told)
def find(asked):
    """List accounts"""
    return sa.select(Account).where(*matching(WHERE, asked)).options(*LOADED)


@resource.reads("/accounts/<int:account_id>", AccountSchema)
def show(account_id: int):
    """Show an account"""
    return told([syncing.account_of_id(db.session, account_id)])[0]


@resource.reads("/accounts/by-external-id/<path:external_id>", AccountSchema)
def show_by_external_id(external_id: str):
    """Show the account that your system calls so"""
    found = syncing.account_of_key(db.session, external_id) if is_key(external_id) else None
    if found is None:
        raise NotFound(_("There is no such account."))
    return told([found])[0]


@resource.writes("PATCH", "/accounts/<int:account_id>", AccountSchema, takes=AccountChangesSchema)
def change(given: dict, account_id: int):
    """Change an account"""
    account = syncing.account_of_id(db.session, account_id, lock=True)
    return changed(account, given, present())


@resource.writes(
    "PUT",
    "/accounts/by-external-id/<path:external_id>",
    AccountSchema,
    takes=AccountStateSchema,
    or_status=201,
)
def put(given: dict, external_id: str):
    """Make or change the account that your system calls so"""
    given = given | {"external_id": own_key(external_id, given)}
    account = syncing.account_of_key(db.session, given["external_id"])
    at = present()
    if account is not None:
        return changed(account, {name: v for name, v in given.items() if name != "external_id"}, at)
    account = syncing.add_account(db.session, given, today=at.today)
    audit.note(db.session, actor(), "account.add", subject=f"account:{account.id}", now=at.now)
    journey.account_changed(db.session, account, now=at.now)
    return told([account])[0], 201


def changed(account: Account, given: dict, at: Present) -> dict:
    """Change it, with its line in the audit trail and the mark on its score."""
    changes = syncing.change_account(db.session, account, given, today=at.today)
    if changes:
        account.updated_at = at.now
        subject = f"account:{account.id}"
        audit.note(db.session, actor(), "account.change", subject=subject, now=at.now, **changes)
        journey.account_changed(db.session, account, now=at.now)
    return told([account])[0]


def own_key(in_address: str, given: dict) -> str:
    """The caller's id of a thing, which the body may say again but not otherwise."""
    if not is_key(in_address):
        words = str(_("This cannot be an id."))
        raise Invalid(words, errors={"external_id": words})
    if given.get("external_id", in_address) != in_address:
        words = str(_("The address says another external_id."))
        raise Invalid(words, errors={"external_id": words})
    return in_address


def is_key(given: str) -> bool:
    """Whether this can be the id of a thing in another system: short, and the same after the text gate."""
    try:
        return bool(given) and "\ufffd" not in given and passed(given, limit=120) == given
    except ma.ValidationError:
        return False
