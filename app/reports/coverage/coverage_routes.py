"""Coverage by role and tier: the page, the people and accounts behind each number, and their files (a door)."""

from __future__ import annotations

from dataclasses import replace

from flask import render_template, request, url_for
from flask_babel import gettext as _

from app.auth import access
from app.contacts.models import ContactRole
from app.contacts.routes import today_here
from app.contacts.words import ROLES
from app.core.files.downloads import Table, download, in_one_reading
from app.core.web.keeping.pages import kept_page
from app.core.web.paging import Page
from app.extensions import db
from app.followups import queue
from app.followups.words import owner_options
from app.reports.coverage import counts
from app.reports.coverage.counts import PAGE_SIZE, Accounts, Cover, Gap, Kind, People
from app.reports.glossary.metrics import metric
from app.reports.list_routes import number_in
from app.reports.routes import blueprint, chosen_days, window_to

TIERS = (1, 2, 3)
CSV_HEAD = ("role", "tier", *(kind.value for kind in Kind), "heard_rate", "share_low", "share_high")
PEOPLE_HEAD = ("account", "contact", "role", "tier", "state", "asked", "counted")
ACCOUNTS_HEAD = ("account", "tier", "owner", "arr", "currency", *(kind.value for kind in Kind), "counted")


def chosen_cover() -> Cover:
    """The last 180 days of everybody unless the address says otherwise; Invalid names a day that is none."""
    role, tier = request.args.get("role"), number_in("tier")
    return Cover(
        chosen_days(lambda last: window_to(last).start),
        ContactRole(role) if role in set(ContactRole) else None,
        tier if tier in TIERS else None,
        number_in("owner"),
    )


def everybody() -> Cover:
    """The same of all roles and tiers, each of which the report lists."""
    return replace(chosen_cover(), role=None, tier=None)


def chosen_kind() -> Kind:
    given = request.args.get("what")
    return Kind(given) if given in set(Kind) else Kind.KNOWN


def chosen_gap() -> Gap:
    given = request.args.get("what")
    return Gap(given) if given in set(Gap) else Gap.ALL


def address_of(chosen: Cover, **more: str | None) -> dict[str, str]:
    given = {"from": chosen.days.start.isoformat(), "to": chosen.days.last.isoformat(), "role": chosen.role}
    given |= {"tier": chosen.tier, "owner": chosen.owner_id} | more
    return {name: str(value) for name, value in given.items() if value is not None}


def people_url(chosen: Cover, cell: People, kind: Kind) -> str:
    return url_for(
        "reports.coverage_people", **address_of(replace(chosen, role=cell.role, tier=cell.tier), what=kind)
    )


def accounts_url(chosen: Cover, cell: Accounts, gap: Gap) -> str:
    return url_for("reports.coverage_accounts", **address_of(replace(chosen, tier=cell.tier), what=gap))


@blueprint.get("/coverage")
@access.viewer
@kept_page()
def coverage():
    chosen, today = everybody(), today_here()
    cells, homes = counts.people(db.session, chosen, today), counts.accounts(db.session, chosen, today)
    return render_template(
        "reports/coverage.html",
        chosen=chosen,
        address=address_of(chosen),
        groups=by_role(cells),
        whole=counts.total(cells, People),
        homes=homes,
        all_homes=counts.total(homes, Accounts),
        kinds=called(Kind),
        gaps=called(Gap),
        kind_columns=[(words, "num") for words in called(Kind).values()],
        gap_columns=[(words, "num") for words in called(Gap).values()],
        roles=ROLES,
        people_url=people_url,
        accounts_url=accounts_url,
        owners=[("", _("Everybody")), *owner_options(queue.owners(db.session))],
        Kind=Kind,
        Gap=Gap,
    )


def by_role(cells: list[People]) -> list[tuple[People, list[People]]]:
    """Each role that somebody has, with all its tiers together and one by one."""
    roles = list(dict.fromkeys(cell.role for cell in cells))
    groups = [[cell for cell in cells if cell.role == role] for role in roles]
    return [
        (counts.total(group, People, role=role), group) for role, group in zip(roles, groups, strict=True)
    ]


def called(kinds: type[Kind] | type[Gap]) -> dict:
    """What the numbers are called."""
    return {kind: metric(kind.value).label for kind in kinds}


def standing_words() -> dict[Kind, str]:
    """How far we got with somebody, as a state."""
    return called(Kind) | {Kind.ASKABLE: _("Not asked"), Kind.KNOWN: _("Cannot be asked")}


@download(blueprint, "/coverage")
@access.viewer
def coverage_file():
    """A row for each role and tier, unrounded."""
    chosen = everybody()
    return Table("coverage", CSV_HEAD, map(csv_row, counts.people(db.session, chosen, today_here())))


def csv_row(cell: People) -> tuple:
    within = cell.interval
    numbers = (cell.number(kind) for kind in Kind)
    return (
        cell.role.value,
        cell.tier,
        *numbers,
        cell.rate,
        within.low if within else None,
        within.high if within else None,
    )


@blueprint.get("/coverage/people")
@access.viewer
@kept_page()
def coverage_people():
    chosen, kind, today = chosen_cover(), chosen_kind(), today_here()
    cell = counts.total(counts.people(db.session, chosen, today), People)
    page = Page.asked(PAGE_SIZE, cell.number(kind))
    return render_template(
        "reports/coverage_people.html",
        chosen=chosen,
        address=address_of(chosen, what=kind),
        back=address_of(replace(chosen, role=None, tier=None)),
        found=counts.rows(db.session, chosen, kind, today, start=page.start),
        page=page,
        kind=kind,
        standings=standing_words(),
        tones={Kind.ANSWERED: "good", Kind.SILENT: "care", Kind.OPEN: "busy"},
        kinds=[(kind.value, words) for kind, words in called(Kind).items()],
        roles=[("", _("All")), *((role.value, words) for role, words in ROLES.items())],
        role_words=ROLES,
        tiers=tier_options(),
        now=today.now,
    )


@download(blueprint, "/coverage/people")
@access.viewer
def coverage_people_file():
    chosen, kind, today = chosen_cover(), chosen_kind(), today_here()

    def rows(session):
        for one in counts.rows(session, chosen, kind, today, size=None):
            asked_on = one.asked_at.astimezone(today.zone).date() if one.asked_at else None
            told = (one.contact.role.value, one.account.effective_tier, one.kind.value, asked_on, 1)
            yield (one.account.name, one.contact.name, *told)

    return Table("coverage-people", PEOPLE_HEAD, in_one_reading(db.engine, rows))


@blueprint.get("/coverage/accounts")
@access.viewer
@kept_page()
def coverage_accounts():
    chosen, gap, today = replace(chosen_cover(), role=None), chosen_gap(), today_here()
    cell = counts.total(counts.accounts(db.session, chosen, today), Accounts)
    page = Page.asked(PAGE_SIZE, cell.number(gap))
    return render_template(
        "reports/coverage_accounts.html",
        chosen=chosen,
        address=address_of(chosen, what=gap),
        back=address_of(replace(chosen, tier=None)),
        found=counts.account_rows(db.session, chosen, gap, today, start=page.start),
        page=page,
        gap=gap,
        gaps=[(gap.value, words) for gap, words in called(Gap).items()],
        tiers=tier_options(),
        kinds=called(Kind),
        Kind=Kind,
    )


@download(blueprint, "/coverage/accounts")
@access.viewer
def coverage_accounts_file():
    chosen, gap, today = replace(chosen_cover(), role=None), chosen_gap(), today_here()

    def rows(session):
        for one in counts.account_rows(session, chosen, gap, today, size=None):
            account, owner = one.account, one.account.owner
            numbers = (one.people.number(kind) for kind in Kind)
            told = (
                account.effective_tier,
                owner.display_name if owner else "",
                account.arr,
                account.currency,
            )
            yield (account.name, *told, *numbers, 1)

    return Table("coverage-accounts", ACCOUNTS_HEAD, in_one_reading(db.engine, rows))


def tier_options() -> list[tuple[str, str]]:
    return [("", _("All")), *((str(tier), _("Tier %(key)s", key=tier)) for tier in TIERS)]
