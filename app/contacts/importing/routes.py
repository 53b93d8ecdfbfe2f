"""The pages on which files of accounts and people are uploaded, looked at and brought in (a door)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session

from app import journey
from app.auth import access
from app.contacts import companies
from app.contacts.importers.layout import Kind
from app.contacts.importers.presets import AUTO
from app.contacts.importers.reading import Reading
from app.contacts.importers.report import Report, write_issues
from app.contacts.importing import uploads, words
from app.contacts.importing.matching import owners
from app.contacts.importing.merging import Touched
from app.contacts.importing.uploads import ImportFile, Source
from app.core import audit, clock, text
from app.core.database import transactions
from app.core.errors import Invalid, NotFound
from app.delivery import suppressions
from app.extensions import db
from app.responses.history.taking import import_any

blueprint = Blueprint("imports", __name__, url_prefix="/imports")
GROUPS_SHOWN = 60
PLACES_SHOWN = 8


@blueprint.get("/")
@access.manager
def index():
    return start_page(kind=request.args.get("kind", ""))


def start_page(*, kind: str = "", preset: str = AUTO, refusal: str | None = None, status: int = 200):
    """The upload form and what was imported before; a refused upload comes back with its reason."""
    page = render_template(
        "imports/index.html",
        kind=kind if kind in set(Kind) else first_kind(),
        preset=preset,
        refusal=refusal,
        files=uploads.recent(db.session),
        matches=owners.matches(db.session),
        words=words,
        now=clock.now(),
    )
    return page, status


def first_kind() -> Kind:
    """What is brought in first: accounts while there are none, then the people there."""
    return Kind.CONTACTS if companies.are_any(db.session) else Kind.ACCOUNTS


@blueprint.post("/")
@access.manager
def upload():
    """Look at a file: keep it, say what would happen, write nothing of it."""
    given = request.files.get("file")
    kind, preset = request.form.get("kind", ""), request.form.get("preset", AUTO)
    if kind not in set(Kind) or given is None or not given.filename:
        return start_page(
            kind=kind, preset=preset, refusal=_("Choose a file and say what it lists."), status=400
        )
    name = text.line(given.filename.replace("\\", "/").rpartition("/")[2], limit=200) or "file.csv"
    with given.stream:
        source = Source(Kind(kind), name, given.read(), preset)
    try:
        report, columns = look_at(source)
    except Invalid as refusal:
        return start_page(kind=kind, preset=preset, refusal=refusal.words, status=400)
    file = ImportFile(
        kind=source.kind,
        name=name,
        content=source.content,
        preset=preset,
        mapping={},
        columns=columns,
        report=report,
        staff_id=current_user.id,
        created_at=clock.now(),
    )
    db.session.add(file)
    db.session.commit()
    return redirect(url_for("imports.show", file_id=file.id), 303)


def look_at(source: Source) -> tuple[dict, list[dict]]:
    """What would happen, found in a reading transaction so that nobody waits; afterwards the session writes again."""
    transactions.read(db.session)
    try:
        return uploads.foretell(db.session, source, bring_rows, now=clock.now())
    finally:
        transactions.write(db.session)


def bring_rows(session: Session, reading: Reading, report: Report, *, now: datetime) -> Iterator[Touched]:
    """Bring in the rows of a file of any kind, with what others must do about them."""
    suppressed = partial(suppressions.reasons, session)
    more = {"suppressed": suppressed, "told": journey.past_answer_told}
    return import_any(session, reading, report, now=now, **more)


@blueprint.get("/<int:file_id>")
@access.manager
def show(file_id: int):
    return import_page(the_file(file_id))


@blueprint.get("/<int:file_id>/progress")
@access.manager
def progress(file_id: int):
    """How far an import has come; the page that asks is loaded anew once it is over."""
    file = the_file(file_id)
    page = render_template("imports/progress.html", file=file)
    return page, 200, {} if file.is_running(clock.now()) else {"HX-Refresh": "true"}


def import_page(file: ImportFile, *, refusal: str | None = None, status: int = 200):
    """What would happen, or did."""
    issues = file.report.get("issues", [])
    page = render_template(
        "imports/show.html",
        file=file,
        report=file.report,
        refused=grouped([issue for issue in issues if issue["rejected"]]),
        noted=grouped([issue for issue in issues if not issue["rejected"]]),
        staff=owners.candidates(db.session) if file.report.get("owners_unmatched") else [],
        refusal=refusal,
        words=words,
        is_running=file.is_running(clock.now()),
        now=clock.now(),
    )
    return page, status


def grouped(found: list[dict]) -> list[dict]:
    """Issues of one reason and column together, with the first of their lines and values and how many more there are."""
    groups: dict[tuple[str, str], list[dict]] = {}
    for issue in found:
        groups.setdefault((issue["reason"], issue["column"]), []).append(issue)
    return [
        {"reason": reason, "column": column, "places": places[:PLACES_SHOWN], "count": len(places)}
        for (reason, column), places in list(groups.items())[:GROUPS_SHOWN]
    ]


def the_file(file_id: int) -> ImportFile:
    file = db.session.get(ImportFile, file_id)
    if file is None:
        raise NotFound(_("There is no such import."))
    return file


@blueprint.post("/<int:file_id>/columns")
@access.manager
def read_otherwise(file_id: int):
    """Look again, with columns read as somebody chose; or all of it as a list of people instead of accounts."""
    file = the_file(file_id)
    kind = Kind.CONTACTS if request.form.get("kind") == Kind.CONTACTS else file.kind
    given = {
        name.removeprefix("column:"): value
        for name, value in request.form.items()
        if name.startswith("column:")
    }
    preset = request.form.get("preset", file.preset)
    is_same = preset == file.preset and kind == file.kind
    mapping = uploads.chosen_mapping(file.columns, given, file.mapping) if is_same else {}
    source = Source(kind, file.name, file.content, preset, mapping)
    try:
        report, columns = look_at(source)
    except Invalid as refusal:
        return import_page(the_file(file_id), refusal=refusal.words, status=400)
    file = the_file(file_id)
    file.kind, file.preset, file.mapping = kind, preset, mapping
    file.report, file.columns = report, columns
    db.session.commit()
    return redirect(url_for("imports.show", file_id=file_id), 303)


@blueprint.post("/<int:file_id>/result")
@access.manager
def run(file_id: int):
    """Bring the rows in, committing at each safe point; pressed again after a failure, it finishes the rest."""
    file = the_file(file_id)
    if file.done_at:
        return redirect(url_for("imports.show", file_id=file_id), 303)
    uploads.claim(db.session, file, now=clock.now())
    remember_owners(file)
    source = Source.of(file)
    db.session.commit()
    try:
        report = bring_in(source, file_id)
    except Exception:
        db.session.rollback()
        the_file(file_id).started_at = None
        db.session.commit()
        raise
    the_file(file_id).finish(report.as_dict(), now=clock.now())
    db.session.commit()
    words = _(
        "Imported: %(created)s new, %(updated)s changed.", created=report.created, updated=report.updated
    )
    flash(words, "success")
    return redirect(url_for("imports.show", file_id=file_id), 303)


def bring_in(source: Source, file_id: int) -> Report:
    """Write the rows, chunk by chunk, and with each how far it has come."""
    now, actor = clock.now(), access.actor()
    reading = source.read(db.session)
    report = Report.of(reading)
    for touched in bring_rows(db.session, reading, report, now=now):
        journey.rows_imported(db.session, touched, now=now)
        uploads.note_progress(db.session, file_id, report.rows)
        db.session.commit()
    counts = {name: getattr(report, name) for name in ("rows", "created", "updated", "skipped", "rejected")}
    audit.note(db.session, actor, f"{source.kind}.import", now=now, file=source.name, **counts)
    return report


def remember_owners(file: ImportFile) -> None:
    """Keep who was picked for the owners that the file names and nobody knows."""
    staff = {person.id for person in owners.candidates(db.session)}
    for number, unmatched in enumerate(file.report.get("owners_unmatched", [])):
        picked = request.form.get(f"owner-{number}", type=int)
        if picked in staff:
            owners.remember(db.session, unmatched["owner"], picked)


@blueprint.post("/<int:file_id>/discard")
@access.manager
def discard(file_id: int):
    file = the_file(file_id)
    if file.is_waiting:
        file.put_away(now=clock.now())
        db.session.commit()
        flash(_("Put away. Nothing of it was imported."), "success")
    return redirect(url_for("imports.index"), 303)


@blueprint.get("/<int:file_id>/issues.csv")
@access.manager
def issues(file_id: int):
    """Every issue that was kept, as a file that a spreadsheet may open."""
    file = the_file(file_id)
    out = io.StringIO(newline="")
    write_issues(out, file.report.get("issues", []))
    headers = {"Content-Disposition": f'attachment; filename="import-{file.id}-issues.csv"'}
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv", headers=headers)


@blueprint.post("/owner-matches/forget")
@access.manager
def forget_owner():
    owners.forget(db.session, request.form.get("name", "").replace("\x00", ""))
    db.session.commit()
    flash(_("Forgotten. The next file asks again whom it means."), "success")
    return redirect(url_for("imports.index"), 303)
