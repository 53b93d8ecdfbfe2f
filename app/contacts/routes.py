"""The pages about accounts: the list, one account with its scores explained (a door)."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user

from app.auth import access
from app.auth.models import RoleName
from app.contacts import words
from app.contacts.forms import NOBODY as NOBODY_NAMED
from app.contacts.forms import GoalForm, TouchForm
from app.contacts.models import Account, Stage
from app.core import clock
from app.core.clock import Today
from app.core.errors import Invalid, NotFound
from app.core.files.downloads import Table, download, in_one_reading
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.core.web.paging import Page
from app.delivery import words as ask_words
from app.delivery.inbound import words as mail_words
from app.extensions import db
from app.followups import queue
from app.followups import words as task_words
from app.followups.advocacy import registry
from app.followups.advocacy import words as favour_words
from app.followups.queue import ALL, NOBODY
from app.health.alerting import alert_routes
from app.health.alerting import listing as alert_listing
from app.health.judgement import judging
from app.health.judgement import words as judgement_words
from app.health.judgement.forms import OverrideForm, PulseForm
from app.health.models import Colour
from app.health.snapshots import NAMES
from app.health.told import usage
from app.reports.accounts import dossier, listing
from app.reports.accounts.listing import PAGE_SIZE, SORTS, AccountFilter
from app.reports.accounts.scores import glossary, history
from app.surveys.scales import band

blueprint = Blueprint("contacts", __name__)


def today_here() -> Today:
    """The present, in the installation's zone."""
    return Today.at(clock.now(), this_installation().zone)


def chosen_filter() -> AccountFilter:
    """The filter in the address; unknown values are passed over."""
    asked = request.args
    owner: int | str = asked.get("owner", ALL)
    if owner.isascii() and owner.isdigit() and len(owner) < 10:
        owner = int(owner)
    elif owner not in {ALL, NOBODY}:
        owner = ALL
    return AccountFilter(
        words=asked.get("q", "").replace("\x00", "").strip()[:100],
        tier=int(asked["tier"]) if asked.get("tier") in {"1", "2", "3"} else None,
        stage=Stage(asked["stage"]) if asked.get("stage") in set(Stage) else None,
        owner=owner,
        colour=Colour(asked["colour"]) if asked.get("colour") in set(Colour) else None,
        by=asked["by"] if asked.get("by") in NAMES else "health",
        has_tasks=asked.get("tasks") == "open",
        renews_within=120 if asked.get("renewal") == "120" else None,
        sort=asked["sort"] if asked.get("sort") in SORTS else "name",
    )


def address_of(chosen: AccountFilter) -> dict[str, str]:
    """The parameters by which an address carries a filter."""
    given = {"q": chosen.words, "tier": chosen.tier, "stage": chosen.stage, "colour": chosen.colour}
    given["owner"] = chosen.owner if chosen.owner != ALL else None
    given["by"] = chosen.by if chosen.by != "health" else None
    given["tasks"] = "open" if chosen.has_tasks else None
    given["renewal"] = chosen.renews_within
    given["sort"] = chosen.sort if chosen.sort != "name" else None
    return {name: str(value) for name, value in given.items() if value not in (None, "")}


@blueprint.get("/accounts", endpoint="accounts")
@access.viewer
@kept_page()
def accounts_page():
    chosen, today = chosen_filter(), today_here()
    page = Page.asked(PAGE_SIZE, listing.count(db.session, chosen, today))
    return render_template(
        "contacts/accounts.html",
        rows=listing.page(db.session, chosen, today, start=page.start),
        page=page,
        chosen=chosen,
        address=address_of(chosen),
        owner_options=task_words.owner_options(queue.owners(db.session)),
        stage_options=[(stage.value, name) for stage, name in words.STAGES.items()],
        words=words,
        glossary=glossary,
        sorts=sort_words(),
        today=today,
    )


def sort_words() -> list[tuple[str, str]]:
    """The orders of the list."""
    plain = [
        ("name", _("Name")),
        ("arr", _("Highest ARR")),
        ("renewal", _("Next renewal")),
        ("tasks", _("Most open tasks")),
        ("answer", _("Longest without an answer")),
    ]
    return plain + [(name, _("Lowest %(score)s", score=label)) for name, label in glossary.SCORES.items()]


@download(blueprint, "/accounts")
@access.viewer
def accounts_file():
    chosen, today = chosen_filter(), today_here()
    rows = in_one_reading(db.engine, lambda session: listing.every(session, chosen, today))
    return Table("accounts", listing.CSV_HEAD, rows)


@blueprint.get("/accounts/<int:account_id>", endpoint="account")
@access.viewer
@kept_page()
def account_page(account_id: int):
    account, today = the_account(account_id), today_here()
    day = asked_day()
    return render_past(account, day, today) if day and day < today.day else render_account(account, today)


def asked_day(name: str = "as_of") -> date | None:
    """The day that the address asks for under a name; Invalid when it is no day."""
    given = request.args.get(name, "").strip()
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        words = _("Write a day as 2026-03-31.")
        raise Invalid(_("That is not a day."), errors={name: words}) from None


def asked_since(last: date) -> date | None:
    """The day that the scores are to be held against; Invalid when it does not lie before the last one."""
    since = asked_day("since")
    if since is not None and since >= last:
        words = _("Choose a first day before the last one.")
        raise Invalid(words, errors={"since": words})
    return since


def asked_person() -> int:
    """The person whom the address names for a conversation, or nobody."""
    return request.args.get("with", NOBODY_NAMED, type=int)


def the_account(account_id: int) -> Account:
    account = db.session.get(Account, account_id)
    if account is None:
        raise NotFound(_("There is no such account."))
    return account


def render_account(account: Account, today: Today, status: int = 200, **forms):
    """The page as of now; a form with errors is handed in and stands where it was filled."""
    found = dossier.dossier(db.session, account, today, everything=request.args.get("all") == "1")
    people = [member.contact for member in found.team.here]
    page = render_template(
        "contacts/account.html",
        account=account,
        favours=registry.of_account(db.session, account.id),
        favour_words=favour_words,
        scores=dossier.scores_now(db.session, account, today, asked_since(today.day)),
        found=found,
        touch_form=forms.get("touch")
        or TouchForm(people, formdata=None, on=today.day, contact=asked_person()),
        goal_form=forms.get("goal") or GoalForm(formdata=None, goal_from=today.day),
        alerts=alert_listing.of_account(db.session, account.id),
        told=usage.told_about(db.session, account.id),
        **of_judgement(account, today, forms),
        **alert_routes.shared(today) | shared(account, today),
    )
    return page, status


def of_judgement(account: Account, today: Today, forms: dict) -> dict:
    """What we ourselves think of the account, and the forms to say so."""
    ends = today.day + timedelta(days=judging.USUAL_DAYS)
    return {
        "judgement": judging.judgement(db.session, account.id, today=today.day, now=today.now),
        "levels": judgement_words.LEVELS,
        "level_tones": judgement_words.TONES,
        "pulse_form": forms.get("pulse") or PulseForm(formdata=None),
        "override_form": forms.get("override") or OverrideForm(glossary.SCORES, formdata=None, until=ends),
    }


def render_past(account: Account, day: date, today: Today):
    """The scores as they were stored on a past day."""
    scores = dossier.scores_on(db.session, account, day, today, asked_since(day))
    page = render_template(
        "contacts/account_past.html", account=account, scores=scores, day=day, **shared(account, today)
    )
    return page, 200 if scores else 404


def shared(account: Account, today: Today) -> dict:
    """What both pages need."""
    asked = request.args.get("line")
    return {
        "line": asked if asked in NAMES else None,
        "chart_of": lambda weeks, name: history.line(weeks, name, lambda day: url_of_day(account, day)),
        "spark_of": history.spark,
        "band": band,
        "words": words,
        "task_words": task_words,
        "ask_words": ask_words.STATES,
        "mail_words": mail_words,
        "glossary": glossary,
        "today": today,
        "now": today.now,
        "may_change": current_user.may(RoleName.MANAGER),
        "may_log": current_user.may(RoleName.CSM),
    }


def url_of_day(account: Account, day: date) -> str:
    return url_for("contacts.account", account_id=account.id, as_of=day.isoformat())
