"""Files that somebody uploaded: kept between the look at what would happen and the import, then only their report.

The file itself goes when it has been imported or put away, and after a day at the latest; the lines of a report,
which quote people's data, go after a month, its counts stay.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column, relationship

from app.auth.models import Staff
from app.contacts.importers.layout import IGNORE, SEGMENT, Kind
from app.contacts.importers.presets import AUTO
from app.contacts.importers.reading import Reading
from app.contacts.importers.report import Report
from app.contacts.importing.files import read_file
from app.core.database.columns import Id, Json, Moment, UtcDateTime, choice, reference
from app.core.errors import Invalid, Refused
from app.extensions import Base

MOST_BYTES = 5 * 1024 * 1024
FILE_KEPT = timedelta(days=1)
LINES_KEPT = timedelta(days=30)
RUN_AT_MOST = timedelta(minutes=10)
SAMPLES_SHOWN = 3
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class ImportFile(Base):
    """One uploaded file. `report` foretells the import until `done_at`, and tells it from then on."""

    __tablename__ = "import_files"

    id: Mapped[Id]
    kind: Mapped[Kind] = mapped_column(choice(Kind, "import_kind"))
    name: Mapped[str] = mapped_column(sa.String(200))
    content: Mapped[bytes | None] = deferred(mapped_column(sa.LargeBinary))
    preset: Mapped[str] = mapped_column(sa.String(32), default=AUTO)
    mapping: Mapped[dict] = mapped_column(Json, default=dict)
    columns: Mapped[list] = mapped_column(Json, default=list)
    report: Mapped[dict] = mapped_column(Json, default=dict)
    staff_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL")
    created_at: Mapped[Moment] = mapped_column(index=True)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rows_done: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    staff: Mapped[Staff | None] = relationship()

    @property
    def is_waiting(self) -> bool:
        """True while the file has neither been imported nor been put away."""
        return self.done_at is None and self.gone_at is None

    def is_running(self, now: datetime) -> bool:
        """Whether its rows are being brought in at this moment, as far as anybody knows."""
        return self.is_waiting and self.started_at is not None and self.started_at >= now - RUN_AT_MOST

    @property
    def seems_to_list_people(self) -> bool:
        """Whether a file that is read as one of accounts has a column of mail addresses that would be an attribute."""
        unread = [column["samples"] for column in self.columns if column["field"] == SEGMENT]
        return self.kind == Kind.ACCOUNTS and any(map(are_addresses, unread))

    def finish(self, report: dict, *, now: datetime) -> None:
        """The import is done: keep what it did, let go of the file."""
        self.report, self.done_at, self.content = report, now, None

    def put_away(self, *, now: datetime) -> None:
        self.gone_at, self.content = now, None


@dataclass(frozen=True)
class Column:
    """A column as the page shows it: header, the first values, and the field it is read as."""

    header: str
    samples: list[str]
    field: str


@dataclass(frozen=True)
class Source:
    """What it takes to read a file: its bytes, and how somebody wants it read."""

    kind: Kind
    name: str
    content: bytes | None
    preset: str = AUTO
    mapping: Mapping[str, str] | None = None

    @classmethod
    def of(cls, file: ImportFile) -> Source:
        return cls(file.kind, file.name, file.content, file.preset, file.mapping)

    def read(self, session: Session) -> Reading:
        """The rows; Refused once the file is gone, Invalid when it is too large or cannot be understood."""
        if self.content is None:
            raise Refused(_("This file is no longer here. Upload it again."))
        if len(self.content) > MOST_BYTES:
            words = _(
                "The file is larger than %(n)s MB. Split it, or use the command `justask %(kind)s import`.",
                n=5,
                kind=self.kind.value,
            )
            raise Invalid(words)
        stream = io.BytesIO(self.content)
        return read_file(session, self.kind, stream, name=self.name, preset=self.preset, mapping=self.mapping)


def foretell(
    session: Session, source: Source, bring: Callable[..., Iterator], *, now: datetime
) -> tuple[dict, list[dict]]:
    """The report of a dry run of `bring` and the columns of a file. The session must only be reading."""
    reading = source.read(session)
    report = Report.of(reading, is_dry_run=True)
    for _touched in bring(session, reading, report, now=now):
        pass
    return report.as_dict(), [asdict(column) for column in columns_of(reading)]


def columns_of(reading: Reading) -> list[Column]:
    """The columns that have a header, each with some of its values."""
    rows = list(islice(reading.table.rows(), 50))
    fields = {place: name for name, places in reading.layout.columns.items() for place in places}
    fields |= dict.fromkeys(reading.layout.segments, SEGMENT)
    found = []
    for place, header in enumerate(reading.layout.headers):
        if not header:
            continue
        values = dict.fromkeys(value[:60] for row in rows if (value := row.cells[place].strip()))
        found.append(Column(header, list(values)[:SAMPLES_SHOWN], fields.get(place, IGNORE)))
    return found


def are_addresses(samples: list[str]) -> bool:
    return bool(samples) and all(ADDRESS.fullmatch(one) for one in samples)


def chosen_mapping(
    columns: list[dict], given: Mapping[str, str], former: Mapping[str, str]
) -> dict[str, str]:
    """The columns that somebody reads otherwise than the preset does, from what the form gives per header."""
    read_as = {column["header"]: column["field"] for column in columns}
    changed = {h: field for h, field in given.items() if h in read_as and field and field != read_as[h]}
    return {**former, **changed}


def claim(session: Session, file: ImportFile, *, now: datetime) -> None:
    """Let one import of this file run at a time; Refused while another does. One that died may be taken up again."""
    free = sa.or_(ImportFile.started_at.is_(None), ImportFile.started_at < now - RUN_AT_MOST)
    is_mine = (ImportFile.id == file.id, ImportFile.done_at.is_(None), ImportFile.gone_at.is_(None), free)
    taken = session.execute(sa.update(ImportFile).where(*is_mine).values(started_at=now))
    if taken.rowcount == 0:
        raise Refused(
            _("This file is being imported already, or has been. Look at its page again in a moment.")
        )


def note_progress(session: Session, file_id: int, rows: int) -> None:
    """Keep how many rows have been brought in, with the chunk that brought them."""
    session.execute(sa.update(ImportFile).where(ImportFile.id == file_id).values(rows_done=rows))


def recent(session: Session, limit: int = 30) -> list[ImportFile]:
    """The newest uploads."""
    return list(session.scalars(sa.select(ImportFile).order_by(ImportFile.id.desc()).limit(limit)))


def tidy(session: Session, *, now: datetime) -> int:
    """Put away files that nobody imported within a day, and drop the lines of old reports; how many were touched."""
    touched = 0
    old = sa.and_(
        ImportFile.gone_at.is_(None), ImportFile.done_at.is_(None), ImportFile.created_at < now - FILE_KEPT
    )
    for file in session.scalars(sa.select(ImportFile).where(old)):
        file.put_away(now=now)
        touched += 1
    since = (ImportFile.created_at < now - LINES_KEPT, ImportFile.created_at > now - 3 * LINES_KEPT)
    for file in session.scalars(sa.select(ImportFile).where(*since)):
        if file.columns or file.report.get("issues"):
            file.report = {**file.report, "issues": []}
            file.columns = []
            touched += 1
    return touched
