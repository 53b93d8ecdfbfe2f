"""The page on which files of Adoption and of events are brought in, line by line (a door)."""

from __future__ import annotations

import io

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.auth import access
from app.contacts.importing.routes import blueprint
from app.contacts.importing.uploads import MOST_BYTES
from app.core import audit, clock, text
from app.core.clock import Today
from app.core.database import transactions
from app.core.errors import Invalid
from app.core.web.pages import this_installation
from app.extensions import db
from app.health.alerting.conditions.standing import TOLD_TYPES
from app.health.told.reading import NAMES, NEEDED, FileKind, open_facts
from app.health.told.taking import Taken, take

KINDS = {FileKind.ADOPTION: _l("Adoption"), FileKind.EVENTS: _l("Events of other systems")}


@blueprint.get("/facts")
@access.manager
def facts():
    asked = request.args.get("kind")
    return page(FileKind(asked) if asked in set(FileKind) else FileKind.ADOPTION)


@blueprint.post("/facts")
@access.manager
def take_facts():
    """Look at a file, or bring its good lines in; lines that cannot be are named, and brought in by the next file."""
    kind, given = request.form.get("kind", ""), request.files.get("file")
    if kind not in set(FileKind) or given is None or not given.filename:
        return page(FileKind.ADOPTION, refusal=_("Choose a file and say what it lists.")), 400
    name = text.line(given.filename.replace("\\", "/").rpartition("/")[2], limit=200) or "file.csv"
    with given.stream:
        content = given.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        return page(FileKind(kind), refusal=_("The file is larger than %(n)s MB. Split it.", n=5)), 400
    try:
        report = taken(FileKind(kind), name, content, is_dry_run=request.form.get("do") != "run")
    except Invalid as refusal:
        return page(FileKind(kind), refusal=refusal.words), 400
    return page(FileKind(kind), report=report, name=name)


def taken(kind: FileKind, name: str, content: bytes, *, is_dry_run: bool) -> Taken:
    by, today = access.actor(), Today.at(clock.now(), this_installation().zone)
    if is_dry_run:
        transactions.read(db.session)
    report = Taken(is_dry_run)
    found = open_facts(io.BytesIO(content), kind, name=name, zone=today.zone)
    for _part in take(db.session, found, report, source=name[:64], today=today.day, now=today.now):
        if not is_dry_run:
            db.session.commit()
    if not is_dry_run:
        counts = {what: getattr(report, what) for what in ("rows", "new", "changed", "refused")}
        audit.note(db.session, by, f"{kind}.import", now=today.now, file=name, **counts)
        db.session.commit()
    return report


def page(kind: FileKind, *, refusal: str | None = None, report: Taken | None = None, name: str = "") -> str:
    return render_template(
        "imports/facts.html",
        kind=kind,
        kinds=KINDS,
        columns={
            one: [(NAMES[one][field][0], field in NEEDED[one]) for field in NAMES[one]] for one in FileKind
        },
        types=TOLD_TYPES,
        refusal=refusal,
        report=report,
        name=name,
    )
