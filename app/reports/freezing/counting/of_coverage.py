"""Counting coverage: people by role and by tier, from those known to those heard, and accounts by tier."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.words import ROLES
from app.core.clock import Today
from app.reports.coverage import counts
from app.reports.coverage.counts import Accounts, Cover, Gap, Kind, People
from app.reports.freezing.counting.counted import Counted, Standpoint, days_of
from app.reports.freezing.document import Document, Figure, Row, Table
from app.reports.freezing.rolls import MOST_KEPT, Register

Address = Mapping[str, str]
PEOPLE = (*(kind.value for kind in Kind), "heard_rate", "share_low", "share_high")
ACCOUNTS = tuple(gap.value for gap in Gap)


def coverage_of(session: Session, address: Address, at: Standpoint) -> Counted:
    owner = address.get("owner")
    chosen = Cover(days_of(address), owner_id=int(owner) if owner else None)
    today = Today(at.now, at.today, at.zone)
    cells, homes = counts.people(session, chosen, today), counts.accounts(session, chosen, today)
    whole, all_homes = counts.total(cells, People), counts.total(homes, Accounts)
    figures = (
        *(Figure(key, value, whole.people_known) for key, value in zip(PEOPLE, told(whole), strict=True)),
        *(Figure(gap.value, all_homes.number(gap), all_homes.accounts_known) for gap in Gap),
    )
    tables = (
        people_table("roles", _("People by role"), _("Role"), role_rows(cells)),
        people_table("tiers", _("People by tier"), _("Tier"), tier_rows(cells)),
        people_table("parts", _("People by role and tier"), _("Role and tier"), part_rows(cells)),
        accounts_table(homes),
    )
    roll = {"contacts": contacts(session, chosen, today), "homes": accounts(session, chosen, today)}
    return Counted(Document(figures, tables), roll)


def told(cell: People) -> tuple:
    within = cell.interval
    return (
        *(cell.number(kind) for kind in Kind),
        cell.rate,
        within.low if within else None,
        within.high if within else None,
    )


def people_table(name: str, title: str, label: str, rows: list[Row]) -> Table:
    return Table(name, title, label, PEOPLE, tuple(rows), Kind.KNOWN.value)


def role_rows(cells: list[People]) -> list[Row]:
    roles = dict.fromkeys(cell.role for cell in cells)
    sums = {role: counts.total([cell for cell in cells if cell.role == role], People) for role in roles}
    return [Row(role.value, str(ROLES[role]), told(cell)) for role, cell in sums.items()]


def tier_rows(cells: list[People]) -> list[Row]:
    tiers = sorted({cell.tier for cell in cells})
    sums = {tier: counts.total([cell for cell in cells if cell.tier == tier], People) for tier in tiers}
    return [Row(str(tier), tier_words(tier), told(cell)) for tier, cell in sums.items()]


def part_rows(cells: list[People]) -> list[Row]:
    return [
        Row(f"{cell.role.value} | {cell.tier}", f"{ROLES[cell.role]} · {tier_words(cell.tier)}", told(cell))
        for cell in cells
    ]


def tier_words(tier: int) -> str:
    return _("Tier %(key)s", key=tier)


def accounts_table(homes: list[Accounts]) -> Table:
    rows = [
        Row(str(cell.tier), tier_words(cell.tier), tuple(cell.number(gap) for gap in Gap)) for cell in homes
    ]
    return Table("accounts", _("Accounts by tier"), _("Tier"), ACCOUNTS, tuple(rows), Gap.ALL.value)


def contacts(session: Session, chosen: Cover, today: Today) -> Register:
    """Everybody known by how far we got with them, then role and tier."""
    each = counts.persons(chosen, today)
    marks = [each.c[kind.value] for kind in Kind if kind is not Kind.KNOWN]
    query = sa.select(each.c.contact_id, each.c.role, each.c.tier, *marks).limit(MOST_KEPT + 1)
    return {
        row.contact_id: "|".join((counts.furthest(row).value, row.role, str(row.tier)))
        for row in session.execute(query)
    }


def accounts(session: Session, chosen: Cover, today: Today) -> Register:
    """Every account by whether anybody was heard from it or asked, then tier, and whether somebody decides there."""
    each = counts.homes(chosen, today)
    gaps = (Gap.HEARD, Gap.UNASKED, Gap.UNHEARD)
    query = sa.select(
        each.c.account_id, each.c.tier, *(each.c[gap.value] for gap in (*gaps, Gap.NO_DECISION_MAKER))
    )
    return {
        row.account_id: "|".join(
            (
                next(gap.value for gap in gaps if getattr(row, gap.value)),
                str(row.tier),
                str(getattr(row, Gap.NO_DECISION_MAKER.value)),
            )
        )
        for row in session.execute(query.limit(MOST_KEPT + 1))
    }
