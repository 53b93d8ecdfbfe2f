"""Bringing a file of accounts into the database: in chunks, restartable, and the same file again changes nothing.

An account is known by its id, else by its exact name when no other id of the same system stands against it. An empty
cell says nothing; within one file the first row about an account counts and later ones only fill gaps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, selectinload

from app.contacts.importers.cells import is_damaged
from app.contacts.importers.reading import Reading
from app.contacts.importers.report import Report, good_rows
from app.contacts.importers.rows import AccountRow, Issue
from app.contacts.importing.matching.owners import Owners
from app.contacts.importing.matching.placing import spellings
from app.contacts.importing.merging import Touched
from app.contacts.importing.stores import lock_imports
from app.contacts.models import Account, AccountDomain, AccountKey, Stage

ROWS_PER_COMMIT = 500
PLAIN = ("tier", "arr", "started_on", "renewal_on")


def import_accounts(
    session: Session, reading: Reading, report: Report, *, now: datetime, today: date
) -> Iterator[Touched]:
    """Create and update accounts; yields what was touched, where the door commits.

    A report that says dry run makes it one: nothing is written, and a reading transaction is enough.
    """
    preset = reading.layout.preset
    system = preset.name if preset.has_own_ids else None
    run = _Run(session, system, Owners.load(session), report, now, today)
    for rows in good_rows(reading, report, ROWS_PER_COMMIT):
        with session.no_autoflush:
            changed = run.take(rows)
        yield Touched(accounts=frozenset(changed))


class _Run:
    """One import of accounts, from chunk to chunk."""

    def __init__(
        self, session: Session, system: str | None, owners: Owners, report: Report, now: datetime, today: date
    ):
        self.session = session
        self.system = system
        self.owners = owners
        self.report = report
        self.now = now
        self.today = today
        self.known = _Known()
        self.met: set[int] = set()
        self.met_unsaved: dict[int, Account] = {}
        self.new_keys: list[tuple[Account, str]] = []

    def take(self, rows: list[AccountRow]) -> set[int]:
        """Bring in one chunk."""
        if not self.report.is_dry_run:
            lock_imports(self.session)
            self.known = _Known()
        self._load(rows)
        changed = [account for row in rows if (account := self._take_row(row))]
        if self.report.is_dry_run:
            return set()
        self.session.flush()
        self._save_keys()
        self.met |= {account.id for account in self.met_unsaved.values()}
        self.met_unsaved = {}
        return {account.id for account in changed}

    def _save_keys(self) -> None:
        keys = [AccountKey(account_id=a.id, system=self.system, key=key) for a, key in self.new_keys]
        self.session.add_all(keys)
        self.session.flush()
        self.new_keys = []

    def _load(self, rows: list[AccountRow]) -> None:
        """The accounts the rows may mean. A dry run takes them out of the session, where nothing is written then."""
        ids = {spelling for row in rows if row.external_id for spelling in spellings(row.external_id)}
        names = {row.name for row in rows} - {""}
        keys = self._keys(AccountKey.key.in_(ids), AccountKey.system == self.system) if self.system else []
        wanted = sa.or_(
            Account.external_id.in_(ids),
            Account.name.in_(names),
            Account.id.in_({k.account_id for k in keys}),
        )
        loading = (selectinload(Account.domains), selectinload(Account.stages))
        accounts = self.session.scalars(sa.select(Account).where(wanted).options(*loading)).all()
        keys += self._keys(AccountKey.account_id.in_({account.id for account in accounts}))
        for account in accounts:
            if self.report.is_dry_run:
                self.session.expunge(account)
            self.known.add(account)
        for key in keys:
            self.known.add_key(key.account_id, key.system, key.key, self.system)

    def _keys(self, *conditions: sa.ColumnElement[bool]) -> list[sa.Row]:
        columns = (AccountKey.account_id, AccountKey.system, AccountKey.key)
        return list(self.session.execute(sa.select(*columns).where(*conditions)).all())

    def _take_row(self, row: AccountRow) -> Account | None:
        """Bring one account up to its row; the account when anything changed."""
        account, is_new = self._meant_by(row)
        if account is None:
            self.report.reject(
                Issue(
                    row.line,
                    "name",
                    row.external_id,
                    _("This id is not known and the row has no name."),
                    True,
                )
            )
            return None
        is_again = account.id in self.met if account.id else id(account) in self.met_unsaved
        before = _state(account)
        self._identify(account, row)
        self._merge(account, row, is_again=is_again)
        is_changed = is_new or before != _state(account)
        self.report.count(is_new=is_new, is_changed=is_changed)
        if is_changed:
            account.updated_at = self.now
        if account.id:
            self.met.add(account.id)
        else:
            self.met_unsaved[id(account)] = account
        return account if is_changed else None

    def _meant_by(self, row: AccountRow) -> tuple[Account | None, bool]:
        account = self.known.by_id(row.external_id) or self._by_name(row)
        if account or not row.name:
            return account, False
        account = Account(name=row.name, segment={}, currency="USD", started_on=row.started_on or self.today)
        account.enter(row.stage or Stage.STEADY, on=self.today)
        if not self.report.is_dry_run:
            self.session.add(account)
        return account, True

    def _by_name(self, row: AccountRow) -> Account | None:
        """The one account of this name, unless both have an id and these differ."""
        named = self.known.named(row.name)
        if not row.external_id:
            return self._the_one(row, named)
        strangers = [account for account in named if not self.known.has_id_of(account, self.system)]
        if named and not strangers:
            self._note(
                row, "name", row.name, _("Another account has this name and another id; they are kept apart.")
            )
        if len(strangers) != 1:
            return None
        words = _(
            "An account of exactly this name was known under another id, or none; it is taken for the same."
        )
        self._note(row, "name", row.name, words)
        return strangers[0]

    def _the_one(self, row: AccountRow, named: list[Account]) -> Account | None:
        if len(named) > 1:
            words = _(
                "%(n)s accounts have this name and the row has no id; the first was taken.", n=len(named)
            )
            self._note(row, "name", row.name, words)
        return named[0] if named else None

    def _identify(self, account: Account, row: AccountRow) -> None:
        """Keep the id of a row with its account."""
        if row.external_id and self.known.by_id(row.external_id) is not account:
            account.external_id = account.external_id or row.external_id
            self.known.learn(account, row.external_id, self.system)
            if self.system:
                self.new_keys.append((account, row.external_id))
        self.known.add(account)

    def _merge(self, account: Account, row: AccountRow, *, is_again: bool) -> None:
        if not (is_damaged(row.name) and not is_damaged(account.name)):
            self._put(account, row, "name", row.name, is_again)
        for name in PLAIN:
            self._put(account, row, name, getattr(row, name), is_again)
        if row.arr is not None and row.currency:
            self._put(account, row, "currency", row.currency, is_again)
        if row.stage and row.stage != account.stage and not is_again:
            account.enter(row.stage, on=self.today)
        self._own(account, row, is_again)
        noted = {domain.domain for domain in account.domains}
        account.domains.extend(AccountDomain(domain=domain) for domain in row.domains if domain not in noted)
        fresh = {k: v for k, v in row.segment.items() if not (is_again and k in account.segment)}
        if {**account.segment, **fresh} != account.segment:
            account.segment = {**account.segment, **fresh}

    def _put(self, account: Account, row: AccountRow, name: str, value: object, is_again: bool) -> None:
        known = getattr(account, name)
        if value in (None, "") or value == known:
            return
        if is_again and known is not None and name != "currency":
            words = _(
                "An earlier line says %(known)s about the same account; that one was kept.", known=known
            )
            self._note(row, name, str(value), words)
        elif not is_again or known is None:
            setattr(account, name, value)

    def _own(self, account: Account, row: AccountRow, is_again: bool) -> None:
        owner_id = self.owners.match(row.owner)
        if row.owner and owner_id is None and not is_again:
            self.report.owners_unmatched[row.owner] += 1
        if owner_id and not (is_again and account.owner_id):
            account.owner_id = owner_id

    def _note(self, row: AccountRow, column: str, value: str, reason: str) -> None:
        self.report.note_all([Issue(row.line, column, value, reason)])


class _Known:
    """Accounts by id and name."""

    def __init__(self) -> None:
        self._by_id: dict[str, Account] = {}
        self._named: dict[str, list[Account]] = defaultdict(list)
        self._stored: dict[int, Account] = {}
        self._systems: dict[int, set[str]] = defaultdict(set)

    def add(self, account: Account) -> None:
        """Know an account; one that is known under the same database id stays as it is."""
        account = self._stored.setdefault(account.id, account) if account.id else account
        if account.external_id:
            self._by_id.setdefault(spellings(account.external_id)[0], account)
        if account not in self._named[account.name]:
            self._named[account.name].append(account)

    def add_key(self, account_id: int, system: str, key: str, own: str | None) -> None:
        account = self._stored[account_id]
        self._systems[id(account)].add(system)
        if system == own:
            self._by_id[spellings(key)[0]] = account

    def learn(self, account: Account, key: str, system: str | None) -> None:
        self._by_id[spellings(key)[0]] = account
        if system:
            self._systems[id(account)].add(system)

    def by_id(self, key: str) -> Account | None:
        return self._by_id.get(spellings(key)[0]) if key else None

    def named(self, name: str) -> Collection[Account]:
        return self._named.get(name, [])

    def has_id_of(self, account: Account, system: str | None) -> bool:
        return system in self._systems[id(account)] if system else account.external_id is not None


def _state(account: Account) -> tuple:
    """What an import can change, to see whether it did."""
    columns = ("external_id", "name", "stage", "currency", "owner_id", *PLAIN)
    return (
        *(getattr(account, name) for name in columns),
        frozenset(domain.domain for domain in account.domains),
        dict(account.segment),
    )
