"""Frozen reports: freezing one, the list of them, and each then and now (a door)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user

from app.auth import access
from app.auth.models import RoleName
from app.core import clock
from app.core.errors import NotFound
from app.core.language.wording import day
from app.core.tokens import Signer
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.extensions import db
from app.reports.comparing import compare_routes
from app.reports.control import control_routes
from app.reports.coverage import coverage_routes
from app.reports.freezing import document, keeping, links
from app.reports.freezing.counting.counted import Standpoint
from app.reports.freezing.kinds import KINDS
from app.reports.freezing.models import LONGEST_NAME, FrozenLink, FrozenReport
from app.reports.freezing.showing.behind import behind
from app.reports.freezing.showing.drawing import chart_of
from app.reports.freezing.showing.words import cause_words, register_words
from app.reports.glossary.showing import difference, shown
from app.reports.hotspots import hotspot_routes
from app.reports.movers import mover_routes
from app.reports.routes import asked, blueprint, period_words, segment_names, today
from app.reports.themes import theme_routes
from app.reports.why import why_routes
from app.responses.models import Response


def theme_address() -> dict[str, str]:
    days, department = mover_routes.address_of(asked()), theme_routes.department()
    return days | ({"department": department.value} if department else {})


ADDRESSES: dict[str, Callable[[], dict[str, str]]] = {
    "overview": lambda: asked().address,
    "why": lambda: why_routes.compared().address,
    "hot_spots": lambda: hotspot_routes.chosen_map().address,
    "movers": lambda: mover_routes.address_of(asked()),
    "loops": lambda: mover_routes.address_of(asked()),
    "themes": theme_address,
    "value": lambda: asked().address,
    "coverage": lambda: coverage_routes.address_of(coverage_routes.everybody()),
    "compare": lambda: compare_routes.chosen_comparison().address,
    "control": lambda: control_routes.address_of(asked(), control_routes.chosen_level()),
}


def standpoint() -> Standpoint:
    return Standpoint(today(), clock.now(), this_installation().zone, segment_names, period_words)


def the_kind() -> str:
    """Which report the address names; NotFound for none."""
    kind = request.args.get("kind", "")
    if kind not in KINDS:
        raise NotFound(_("There is no such report."))
    return kind


@blueprint.get("/frozen")
@access.viewer
@kept_page()
def frozen():
    return render_template("reports/frozen_list.html", found=keeping.every(db.session), kinds=KINDS)


@blueprint.get("/frozen/new")
@access.manager
def freezing():
    """Asks for a name; the report is counted when the button is pressed."""
    kind = the_kind()
    address = ADDRESSES[kind]()
    return render_template(
        "reports/freeze.html",
        kind=KINDS[kind],
        address=address,
        facts=filter_words(address),
        usual=usual_name(kind, address),
        longest=LONGEST_NAME,
    )


def usual_name(kind: str, address: dict[str, str]) -> str:
    return f"{KINDS[kind].words}, {filter_words(address)[0]}"


@blueprint.post("/frozen")
@access.manager
def freeze():
    kind = the_kind()
    address = ADDRESSES[kind]()
    name = request.form.get("name", "").strip() or usual_name(kind, address)
    report = keeping.freeze(db.session, kind, name, address, standpoint(), by=access.actor())
    db.session.commit()
    flash(_("Frozen: these figures stay as they are."), "success")
    return redirect(url_for("reports.frozen_report", report_id=report.id), 303)


@dataclass(frozen=True)
class Quote:
    """A comment as it stands today, so that what its author takes back or has erased is gone here too."""

    words: str
    score: int | None
    who: str
    language: str


@blueprint.get("/frozen/<int:report_id>")
@access.viewer
@kept_page()
def frozen_report(report_id: int):
    report = keeping.the_report(db.session, report_id)
    found = keeping.then_and_now(db.session, report, standpoint())
    return render_template(
        "reports/frozen.html",
        report=report,
        kind=KINDS[report.kind],
        found=found,
        document=found.then,
        chart=chart_of(report.kind, found.then),
        quotes=quotes(found.then),
        facts=filter_words(report.address),
        causes=cause_words(),
        registers=register_words(),
        behind=lambda account: behind(db.session, account.name, account.entries),
        live=url_for(KINDS[report.kind].endpoint, **report.address),
        links=links.of_report(db.session, report.id) if current_user.may(RoleName.MANAGER) else [],
        address_of=address_of,
        now=clock.now(),
        shown=shown,
        difference=difference,
    )


def quotes(found: document.Document) -> list[Quote]:
    query = db.select(Response).where(Response.id.in_(found.quotes), Response.comment != "")
    rows = db.session.scalars(query.order_by(Response.submitted_at.desc(), Response.id.desc()))
    return [
        Quote(one.comment, one.score, f"{one.contact.name}, {one.account.name}", one.language) for one in rows
    ]


def filter_words(address: dict[str, str]) -> list[str]:
    """The filters of an address in words, days first."""
    first, last = (day(date.fromisoformat(address[name])) for name in ("from", "to"))
    facts = [_("%(first)s to %(last)s", first=first, last=last)]
    names = {
        "every": _("by"),
        "by": _("compared by"),
        "and": _("and by"),
        "against": _("against"),
        "department": _("department"),
        "level": _("level"),
    }
    words = {"before": _("the days just before"), "year": _("the same days a year earlier")}
    facts += [f"{names[key]} {words.get(value, value)}" for key, value in address.items() if key in names]
    return facts + ([_("the accounts of one owner")] if "owner" in address else [])


def signer() -> Signer:
    settings = current_app.extensions["settings"]
    return Signer([settings.SECRET_KEY, *settings.SECRET_KEYS_OLD], links.PURPOSE)


def address_of(link: FrozenLink) -> str:
    """The whole address, as it is handed on."""
    base = current_app.extensions["settings"].BASE_URL.rstrip("/")
    return f"{base}/shared/{signer().token(link.nonce)}"


@blueprint.post("/frozen/<int:report_id>/links")
@access.manager
def make_link(report_id: int):
    report = keeping.the_report(db.session, report_id)
    more = {"has_names": "names" in request.form, "has_comments": "comments" in request.form}
    links.make(db.session, report, **more, now=clock.now(), by=access.actor())
    db.session.commit()
    flash(_("The link is open for 14 days."), "success")
    return redirect(url_for("reports.frozen_report", report_id=report_id, _anchor="links"), 303)


@blueprint.post("/frozen/<int:report_id>/links/<int:link_id>/revocation")
@access.manager
def revoke_link(report_id: int, link_id: int):
    links.revoke(db.session, report_id, link_id, now=clock.now(), by=access.actor())
    db.session.commit()
    flash(_("Revoked: the link opens nothing any more."), "success")
    return redirect(url_for("reports.frozen_report", report_id=report_id, _anchor="links"), 303)


@blueprint.post("/frozen/<int:report_id>/removal")
@access.manager
def throw_away(report_id: int):
    report: FrozenReport = keeping.the_report(db.session, report_id)
    keeping.throw_away(db.session, report, now=clock.now(), by=access.actor())
    db.session.commit()
    flash(_("Thrown away, with its links."), "success")
    return redirect(url_for("reports.frozen"), 303)
