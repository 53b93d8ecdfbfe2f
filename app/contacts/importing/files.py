"""One way in for files of every kind, for the command and the page alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import BinaryIO

from sqlalchemy.orm import Session

from app.contacts.importers.layout import Kind
from app.contacts.importers.presets import AUTO
from app.contacts.importers.reading import Reading, read_accounts, read_contacts, read_history
from app.contacts.importers.report import Report
from app.contacts.importing.accounts import import_accounts
from app.contacts.importing.contacts import Suppressed, import_contacts
from app.contacts.importing.matching.owners import own_domains
from app.contacts.importing.merging import Touched
from app.core import clock
from app.core.installation import installation


def read_file(
    session: Session,
    kind: Kind,
    stream: BinaryIO,
    *,
    name: str,
    preset: str = AUTO,
    mapping: Mapping[str, str] | None = None,
) -> Reading:
    """The rows of a seekable binary file; Invalid in words when it cannot be read as a list of that kind."""
    if kind is Kind.ACCOUNTS:
        return read_accounts(stream, name=name, preset=preset, mapping=mapping)
    own = own_domains(session)
    if kind is Kind.HISTORY:
        more = {"own_domains": own, "zone": installation(session).zone}
        return read_history(stream, name=name, preset=preset, mapping=mapping, **more)
    return read_contacts(stream, name=name, preset=preset, mapping=mapping, own_domains=own)


def import_rows(
    session: Session, reading: Reading, report: Report, *, now: datetime, suppressed: Suppressed
) -> Iterator[Touched]:
    """Bring the rows in, or foretell it when the report says dry run; yields what it touched at safe points."""
    today = clock.day_of(now, installation(session).zone)
    if reading.kind is Kind.ACCOUNTS:
        return import_accounts(session, reading, report, now=now, today=today)
    return import_contacts(session, reading, report, now=now, today=today, suppressed=suppressed)
