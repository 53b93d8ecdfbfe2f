"""Asking somebody for a favour from their follow-up, and the page of references (a door)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.auth import access
from app.contacts.models import Contact
from app.core import audit, clock
from app.core.clock import Today
from app.core.errors import NotFound, Refused
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.core.web.paging import Page
from app.extensions import db
from app.followups.advocacy import asking, references, words
from app.followups.advocacy.models import Favour, FavourKind
from app.followups.advocacy.references import ReferenceFilter
from app.followups.models import Task
from app.followups.routes import back_to, blueprint, scores_of, the_task
from app.surveys.wording import language_name

PAGE_SIZE = 50


@blueprint.post("/tasks/<int:task_id>/favours")
@access.csm
def ask_favour(task_id: int):
    """A colleague asks the person of a task; once more within 180 days, or while one is open, is refused."""
    task, now, kind = the_task(task_id), clock.now(), request.form.get("kind", "")
    if task.contact_id is None or kind not in set(FavourKind):
        raise NotFound(_("There is no such favour."))
    contact = db.session.get_one(Contact, task.contact_id, with_for_update=True, populate_existing=True)
    is_sure = request.form.get("sure") == "y"
    try:
        asking.ask(
            db.session,
            contact,
            FavourKind(kind),
            moment_of(task, contact, now),
            is_sure=is_sure,
            by=access.actor(),
            now=now,
        )
    except Refused as error:
        db.session.rollback()
        flash(str(error), "danger")
        return back_to(the_task(task_id))
    note(contact, "favour.asked", kind=kind, despite_warnings=is_sure)
    db.session.commit()
    flash(_("Noted that you ask. Say here, or under Advocates, what they answer."), "success")
    return back_to(task)


def moment_of(task: Task, contact: Contact, now) -> asking.Moment:
    today = Today.at(now, this_installation().zone).day
    value = scores_of(task, now).score("value")
    return asking.moment(db.session, contact, value=value, today=today, now=now)


@blueprint.get("/advocacy/references", endpoint="references")
@access.viewer
@kept_page()
def reference_list():
    chosen = chosen_references()
    page = Page.asked(PAGE_SIZE, references.how_many(db.session, chosen))
    query = references.references(chosen).offset(page.start).limit(PAGE_SIZE)
    industries = references.known(db.session, references.industry)
    languages = references.known(db.session, Contact.language)
    return render_template(
        "followups/references.html",
        references=db.session.scalars(query).all(),
        page=page,
        chosen=chosen,
        address=address_of(chosen),
        industry_of=lambda account: (account.segment or {}).get(references.INDUSTRY, ""),
        industries=[("", _("All")), *((one, one) for one in industries)],
        tiers=[("", _("All")), *((str(tier), _("Tier %(n)s", n=tier)) for tier in (1, 2, 3))],
        languages=[("", _("All")), *((code, language_name(code)) for code in languages)],
        language_name=language_name,
        words=words,
        now=clock.now(),
    )


def chosen_references() -> ReferenceFilter:
    """The filter in the address; unknown values are passed over."""
    asked = request.args
    return ReferenceFilter(
        industry=asked.get("industry", "").replace("\x00", "")[:100],
        tier=int(asked["tier"]) if asked.get("tier") in {"1", "2", "3"} else None,
        language=asked.get("language", "").replace("\x00", "")[:16],
        may_quote=asked.get("quote") == "y",
    )


def address_of(chosen: ReferenceFilter) -> dict[str, str]:
    given = {"industry": chosen.industry, "tier": chosen.tier, "language": chosen.language}
    given["quote"] = "y" if chosen.may_quote else None
    return {name: str(value) for name, value in given.items() if value}


@blueprint.post("/advocacy/references/<int:favour_id>/<what>")
@access.csm
def note_reference(favour_id: int, what: str):
    """Called upon today, may be quoted, or may not be quoted any more."""
    found = db.session.get(Favour, favour_id, with_for_update=True) if favour_id < 2**63 else None
    if found is None or found.state not in references.AGREED or what not in {"used", "quotable", "private"}:
        raise NotFound(_("There is no such reference."))
    if what == "used":
        found.last_used_on = Today.at(clock.now(), this_installation().zone).day
    else:
        found.may_quote = what == "quotable"
    note(found.contact, f"reference.{what}", kind=found.kind.value)
    db.session.commit()
    flash(_("Noted."), "success")
    return redirect(url_for("followups.references", **address_of(chosen_references())), 303)


def note(contact: Contact, action: str, **details) -> None:
    subject = f"contact:{contact.id}"
    audit.note(db.session, access.actor(), action, subject=subject, now=clock.now(), **details)
