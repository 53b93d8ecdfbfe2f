"""The sections of the staff pages: which there are, who may open them, and how many things wait in each."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

import sqlalchemy as sa
from flask import current_app, g, url_for
from flask_babel import lazy_gettext
from flask_login import current_user

from app.core.database.prepared import Prepared
from app.core.database.transactions import looking

RANKS = ("viewer", "csm", "manager", "admin")
NAVIGATION = (
    ("followups.queue", lazy_gettext("Queue"), "viewer"),
    ("contacts.accounts", lazy_gettext("Accounts"), "viewer"),
    ("alerts.index", lazy_gettext("Alerts"), "viewer"),
    ("surveys.programs", lazy_gettext("Programs"), "viewer"),
    ("reports.overview", lazy_gettext("Reports"), "viewer"),
    ("delivery.mailbox", lazy_gettext("Mailbox"), "manager"),
    ("setup.overview", lazy_gettext("Set-up"), "admin"),
    ("auth.settings", lazy_gettext("Settings"), "viewer"),
)
COMPANY = tuple(
    f"followups.{name}"
    for name in ("company", "change_company", "add_owner_rule", "remove_owner_rule", "raise_owner_rule")
)
RULES = tuple(f"alerts.{name}" for name in ("rules", "rule", "try_rule", "change_rule"))
COVERED = {
    "contacts.accounts": ("contacts", "imports"),
    "auth.settings": (
        "auth",
        "setup",
        "inbound",
        "contacts.stages",
        "contacts.change_stages",
        "followups.absences",
        "followups.enter_absence",
        "integrations",
        "scores",
        *RULES,
        *COMPANY,
    ),
    "surveys.programs": ("surveys", "delivery"),
    "reports.overview": (
        "reports",
        "glossary",
        "followups.improvements",
        "followups.new_improvement",
        "followups.add_improvement",
        "followups.edit_improvement",
        "followups.change_improvement",
        "followups.improvement_mail",
        "followups.send_improvement",
    ),
    "delivery.mailbox": ("delivery.mailbox", "delivery.kept_mail"),
    "setup.overview": (
        "setup.overview",
        "setup.mail",
        "setup.compose_lines",
        "setup.test_everything",
        "setup.test_one",
        "setup.change_allow_list",
        "setup.confirm_page",
        "setup.live",
        "setup.go_live",
    ),
}  # Sections that hold more, or less, than the pages of their own package; a page's own name goes before its package's.


ENDPOINTS = frozenset(endpoint for endpoint, _label, _role in NAVIGATION)


class Counting(NamedTuple):
    """A number beside a section, for people of a role and above.

    `number` gives the SELECT of the number for people of a role; its parameter `reader` is whoever is signed in. `words`
    say what is counted.
    """

    role: str
    number: Callable[[str], sa.Select]
    words: object


COUNTED: dict[str, Counting] = {}
READER = sa.bindparam("reader", type_=sa.BigInteger)


def count_in_navigation(endpoint: str, counting: Counting) -> None:
    """Show beside a section how many things wait there."""
    COUNTED[endpoint] = counting


def counts() -> dict[str, int]:
    """How many things wait in each section for whoever is signed in, read once for a request by one statement."""
    if "counts" not in g:
        person = current_user._get_current_object()
        endpoints, statement = numbers(person.role)
        found = looking().find(partial(statement.row, reader=person.id)) if endpoints else ()
        g.counts = dict(zip(endpoints, found, strict=True))
    return g.counts


@lru_cache
def numbers(role: str) -> tuple[list[str], Prepared]:
    """The sections in which something is counted for people of a role, and the statement of these numbers."""
    found = {
        endpoint: one.number(role)
        for endpoint, one in COUNTED.items()
        if RANKS.index(role) >= RANKS.index(one.role)
    }
    return list(found), Prepared(sa.select(*(query.scalar_subquery() for query in found.values())))


def waiting_in(endpoint: str) -> int:
    """How many things wait in a section for whoever is signed in, 0 where nothing is counted for them."""
    return counts().get(endpoint, 0)


def section_of(page: str, *, with_setup: bool) -> str:
    """The package of a page, or its own name where a section of the navigation names it; the set-up may stand there or not."""
    shown = [endpoint for endpoint, _label, _role in NAVIGATION if with_setup or endpoint != "setup.overview"]
    return page if any(page in COVERED.get(one, ()) for one in shown) else page.partition(".")[0]


def items(role: str, page: str, *, with_setup: bool) -> list[dict]:
    """The sections that people of a role may open, the one of `page` marked, with how many things wait there."""
    section, waiting = section_of(page, with_setup=with_setup), counts()
    return [
        {
            "label": label,
            "url": url_for(endpoint),
            "endpoint": endpoint,
            "is_current": section in COVERED.get(endpoint, (endpoint.partition(".")[0],)),
            "count": waiting.get(endpoint, 0),
            "count_words": COUNTED[endpoint].words if endpoint in COUNTED else "",
        }
        for endpoint, label, least in NAVIGATION
        if may_open(endpoint, least, role) and (with_setup or endpoint != "setup.overview")
    ]


def may_open(endpoint: str, least: str, role: str) -> bool:
    """Whether the page exists and the role reaches it."""
    return endpoint in current_app.view_functions and RANKS.index(role) >= RANKS.index(least)
