"""One row of a file as an account or a person, with the reasons for what could not be taken. Pure.

A value that cannot be read is left out and named in an issue; the row is refused only when nobody could say whom or
which company it means.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from flask_babel import gettext as _

from app.contacts.importers import cells as read
from app.contacts.importers.cells import Unreadable
from app.contacts.importers.layout import Layout
from app.contacts.models import ContactRole, ContactStatus, NotAskable, Stage
from app.contacts.stages.names import stage_of
from app.contacts.words import STAGES
from app.core import text
from app.core.files.tables import Row, fold

T = TypeVar("T")
ANGLED = re.compile(r"<([^<>]+)>")
PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_+'%-]+(?:\.[A-Za-z0-9_+'%-]+)*")
MANY = re.compile(r"[;,\s]+")
PRECEDENCE = list(ContactRole)


@dataclass(frozen=True, slots=True)
class Issue:
    """Why a value, or a whole row, was not taken: its line, the column and value meant, and the reason in words."""

    line: int
    column: str
    value: str
    reason: str
    is_rejected: bool = False


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A person as a file tells. None or an empty text means that the file says nothing.

    `not_askable` are the reasons that lie in the row itself; `is_customer` is None without a lifecycle stage.
    `takes_mail` is a plain word for mail, not the mere lack of one against it.
    """

    line: int
    external_id: str
    email: str
    email_key: str
    first_name: str
    last_name: str
    title: str
    role: ContactRole | None
    account_external_id: str
    account_name: str
    account_owner: str
    language: str
    time_zone: str
    country: str
    status: ContactStatus | None
    left_on: date | None
    has_opted_out: bool
    is_customer: bool | None
    not_askable: tuple[NotAskable, ...] = ()
    issues: tuple[Issue, ...] = ()
    takes_mail: bool = False
    opted_out_on: date | None = None


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as a file tells. None or an empty text means that the file says nothing."""

    line: int
    external_id: str
    name: str
    domains: tuple[str, ...]
    tier: int | None
    stage: Stage | None
    arr: Decimal | None
    currency: str
    owner: str
    started_on: date | None
    renewal_on: date | None
    segment: dict[str, str]
    issues: tuple[Issue, ...] = ()


class _Cells:
    """The cells of one row by field, collecting issues."""

    def __init__(self, row: Row, layout: Layout):
        self.row = row
        self.layout = layout
        self.issues: list[Issue] = []

    def __getitem__(self, name: str) -> str:
        return self.layout.cell(self.row.cells, name)

    def take(self, name: str, reader: Callable[[str], T], missing: T) -> T:
        """What `reader` makes of the cell; `missing` when it is empty or, with an issue, unreadable."""
        cell = self[name]
        if not cell:
            return missing
        try:
            return reader(cell)
        except Unreadable as problem:
            self.note(name, cell, str(problem))
            return missing

    def words(self, name: str, limit: int) -> str:
        cell = self[name]
        return self.take(name, lambda cell: read.words(cell, limit), "") if cell else ""

    def day(self, name: str) -> date | None:
        if name not in self.layout.columns:
            return None
        return self.take(name, lambda cell: read.day(cell, day_first=self.layout.day_first.get(name)), None)

    def note(self, name: str, cell: str, reason: str) -> None:
        column = self.layout.header_of(name, self.row.cells)
        self.issues.append(Issue(self.row.line, column, cell, reason))

    def reject(self, name: str, reason: str) -> Issue:
        column = self.layout.header_of(name, self.row.cells)
        return Issue(self.row.line, column, self[name], reason, is_rejected=True)

    def reject_if_shifted(self, name: str) -> Issue | None:
        """A row with too many cells and an unreadable key field: its values stand in wrong columns."""
        if not self.row.beyond:
            return None
        found, width = len(self.row.cells) + len(self.row.beyond), len(self.row.cells)
        return self.reject(
            name,
            _(
                "This line has %(n)s cells instead of %(m)s; a separator may stand unquoted.",
                n=found,
                m=width,
            ),
        )

    def note_beyond(self) -> None:
        rest = [cell for cell in self.row.beyond if cell.strip()]
        if rest:
            self.issues.append(
                Issue(
                    self.row.line,
                    "",
                    "; ".join(rest),
                    _("This stands beyond the last column and was left out."),
                )
            )


def contact_from(row: Row, layout: Layout, own_domains: frozenset[str] = frozenset()) -> ContactRow | Issue:
    """The person of a row, or the issue for which the row is refused."""
    if row.problem:
        return Issue(row.line, "", "", row.problem, is_rejected=True)
    cells = _Cells(row, layout)
    email, key, is_invalid = _address(cells)
    if is_invalid and (shifted := cells.reject_if_shifted("email")):
        return shifted
    first, last = cells.words("first_name", 120), cells.words("last_name", 120)
    if not (first or last):
        first, last = parts_of_name(cells.words("name", 240))
    if not (email or is_invalid or first or last):
        return cells.reject("email", _("Neither a name nor an e-mail address."))
    cells.note_beyond()
    is_customer = layout.preset.is_customer(cells["lifecycle"]) if cells["lifecycle"] else None
    status, left_on = _status(cells)
    has_opted_out, opted_out_on = _opt_out(cells, status)
    account_id, account_name = _account(cells)
    return ContactRow(
        line=row.line,
        external_id=cells.take("external_id", read.identifier, ""),
        email=email,
        email_key=key,
        first_name=first,
        last_name=last,
        title=cells.words("title", 200),
        role=_role(cells),
        account_external_id=account_id,
        account_name=account_name,
        account_owner=cells.words("account_owner", 200),
        language=cells.take("language", read.language, ""),
        time_zone=cells.take("time_zone", read.zone, ""),
        country=cells.words("country", 64),
        status=status,
        left_on=left_on,
        has_opted_out=has_opted_out,
        is_customer=is_customer,
        not_askable=tuple(_reasons(key, is_customer, own_domains)),
        issues=tuple(cells.issues),
        takes_mail=not has_opted_out and bool(cells["opted_out"] or status is ContactStatus.ACTIVE),
        opted_out_on=opted_out_on,
    )


def parts_of_name(whole: str) -> tuple[str, str]:
    """First and last name of a whole one: "Lee, Kim" as of a register, else the last word is the last name."""
    if "," in whole:
        last, _comma, first = whole.partition(",")
    else:
        first, _blank, last = whole.rpartition(" ")
    return first.strip()[:120], last.strip()[:120]


def account_from(row: Row, layout: Layout) -> AccountRow | Issue:
    """The account of a row, or the issue for which the row is refused."""
    if row.problem:
        return Issue(row.line, "", "", row.problem, is_rejected=True)
    cells = _Cells(row, layout)
    external_id, name = cells.take("external_id", read.identifier, ""), cells.words("name", 200)
    if not (external_id or name):
        return cells.reject("name", _("Neither a name nor an id of an account."))
    arr, currency = cells.take("arr", read.amount, (None, None))
    if arr is None and cells["arr"] and (shifted := cells.reject_if_shifted("arr")):
        return shifted
    cells.note_beyond()
    return AccountRow(
        line=row.line,
        external_id=external_id,
        name=name,
        domains=cells.take("domains", read.domains, ()),
        tier=cells.take("tier", read.tier, None),
        stage=cells.take("stage", _stage, None),
        arr=arr,
        currency=cells.take("currency", _currency, "") or currency or "",
        owner=cells.words("owner", 200),
        started_on=cells.day("started_on"),
        renewal_on=cells.day("renewal_on"),
        segment=_segment(cells),
        issues=tuple(cells.issues),
    )


def _address(cells: _Cells) -> tuple[str, str, bool]:
    """Address, its canonical form, and whether something stands there that is no address."""
    cell = cells["email"]
    if not cell:
        return "", "", False
    candidates = [part for part in MANY.split(cell) if "@" in part]
    if angled := ANGLED.search(cell):
        candidates = [angled[1]]
    if len(candidates) > 1:
        cells.note("email", cell, _("More than one address; the first was taken."))
    one = candidates[0] if len(candidates) > 1 or angled else cell
    try:
        return (*address(one.removeprefix("mailto:").strip()), False)
    except text.UnreadableText:
        cells.note("email", cell, _("Not an e-mail address; this person cannot be asked."))
        return "", "", True


def address(found: str) -> tuple[str, str]:
    """An e-mail address as `text.email` and `text.email_key` give it; plain ones are checked once per domain."""
    local, at, domain = found.rpartition("@")
    if not (at and len(found) <= 254 and len(local) <= 64 and PLAIN_LOCAL.fullmatch(local)):
        return text.email(found), text.email_key(found)
    shown, canonical = _domain(domain)
    return f"{local}@{shown}", f"{local.casefold()}@{canonical}"


@lru_cache(maxsize=8192)
def _domain(domain: str) -> tuple[str, str]:
    probe = f"x@{domain}"
    return text.domain_of(text.email(probe)), text.domain_of(text.email_key(probe))


def _role(cells: _Cells) -> ContactRole | None:
    """The weightiest of the roles in the cell; a cell without a known one is named and says nothing."""
    cell = cells["role"]
    if not cell:
        return None
    known = cells.layout.preset.folded_roles
    parts = [part.strip() for part in cell.split(";") if part.strip()]
    found = [known[fold(part)] for part in parts if fold(part) in known]
    if not found:
        cells.note(
            "role",
            cell,
            _("Not one of our roles: a new person gets the role other, a known one keeps theirs."),
        )
    return min(found, key=PRECEDENCE.index, default=None)


def _status(cells: _Cells) -> tuple[ContactStatus | None, date | None]:
    cell, left_on = cells["status"], cells.day("left_on")
    try:
        status = ContactStatus(cell.casefold()) if cell else None
    except ValueError:
        cells.note("status", cell, _("Not a status. There are: %(all)s.", all=", ".join(ContactStatus)))
        status = None
    if left_on and status in {None, ContactStatus.ACTIVE}:
        status = ContactStatus.LEFT
    return status, left_on


def _opt_out(cells: _Cells, status: ContactStatus | None) -> tuple[bool, date | None]:
    """Whether the person wants no mail, and since which day; a day alone says so, a flag that cannot be read too."""
    on = cells.day("opted_out_on")
    if not cells["opted_out"]:
        return status is ContactStatus.UNSUBSCRIBED or on is not None, on
    has_opted_out = cells.take("opted_out", read.flag, True) or status is ContactStatus.UNSUBSCRIBED
    return has_opted_out, on if has_opted_out else None


def _account(cells: _Cells) -> tuple[str, str]:
    """Id and name of the account: the primary one of several, with the name that stands at its place."""
    external_id, name = (
        cells.take("account_external_id", read.identifier, ""),
        cells.words("account_name", 1000),
    )
    ids = [part.strip() for part in cells["account_external_ids"].split(";") if part.strip()]
    if len(ids) > 1:
        names = [part.strip() for part in name.split(";")]
        if not external_id:
            external_id = ids[0]
            cells.note(
                "account_external_ids",
                cells["account_external_ids"],
                _("Several accounts; the first was taken."),
            )
        if external_id in ids and len(names) == len(ids):
            name = names[ids.index(external_id)]
    elif ids and not external_id:
        external_id = ids[0]
    if len(name) > 200:
        cells.note("account_name", name, _("Longer than %(n)s characters.", n=200))
        name = ""
    return external_id, name


def _reasons(key: str, is_customer: bool | None, own_domains: frozenset[str]) -> list[NotAskable]:
    found = []
    if not key:
        found.append(NotAskable.INVALID_EMAIL)
    elif text.domain_of(key) in own_domains:
        found.append(NotAskable.OWN_DOMAIN)
    elif text.is_role_mailbox(key):
        found.append(NotAskable.ROLE_MAILBOX)
    if is_customer is False:
        found.append(NotAskable.LIFECYCLE)
    return found


def _stage(cell: str) -> Stage:
    if stage := stage_of(cell, STAGES):
        return stage
    raise Unreadable(_("Not a stage. There are: %(all)s.", all=", ".join(Stage)))


def _currency(cell: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", cell):
        raise Unreadable(_("Not a currency. Write its three letters, like EUR."))
    return cell.upper()


def _segment(cells: _Cells) -> dict[str, str]:
    found = {}
    for place, header in cells.layout.segments.items():
        value = cells.row.cells[place].strip()
        if value:
            found[header] = value[:200]
    return found
