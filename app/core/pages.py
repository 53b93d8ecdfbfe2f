"""What every staff page needs: navigation, theme, language, the rehearsal banner; and the writing mode of forms."""

from __future__ import annotations

from flask import Flask, current_app, g, has_request_context, request, url_for
from flask_babel import lazy_gettext
from flask_login import current_user

from app.core import transactions
from app.core.installation import Installation, installation
from app.extensions import db

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LANGUAGES = ("en", "de")
NAVIGATION = (
    ("followups.queue", lazy_gettext("Queue"), "viewer"),
    ("contacts.accounts", lazy_gettext("Accounts"), "viewer"),
    ("surveys.programs", lazy_gettext("Programs"), "viewer"),
    ("reports.overview", lazy_gettext("Reports"), "viewer"),
    ("delivery.mailbox", lazy_gettext("Mailbox"), "manager"),
    ("auth.settings", lazy_gettext("Settings"), "viewer"),
)


def install(app: Flask) -> None:
    app.before_request(choose_transaction)
    app.context_processor(page_context)


def choose_transaction() -> None:
    """Unsafe methods write, everything else only reads (decisions 1). Respondent pages choose for themselves."""
    if request.method not in SAFE_METHODS and not request.path.startswith(("/a/", "/u/")):
        transactions.write(db.session)


def page_context() -> dict:
    """Variables of every template; respondent pages pass their own and get nothing from here."""
    if not has_request_context() or request.path.startswith(("/a/", "/u/")):
        return {}
    return {"nav_items": nav_items, "theme": theme, "this_installation": this_installation}


def this_installation() -> Installation:
    """The installation's row, read once per request."""
    if "installation" not in g:
        g.installation = installation(db.session)
    return g.installation


def nav_items() -> list[dict]:
    """The sections this person may open, the present one marked."""
    if not current_user.is_authenticated:
        return []
    rank = current_user.role.rank
    ranks = ("viewer", "csm", "manager", "admin")
    section = (request.endpoint or "").partition(".")[0]
    return [
        {
            "label": label,
            "url": url_for(endpoint),
            "endpoint": endpoint,
            "is_current": endpoint.startswith(section + "."),
        }
        for endpoint, label, role in NAVIGATION
        if endpoint in current_app.view_functions and rank >= ranks.index(role)
    ]


def theme() -> str:
    return current_user.theme.value if current_user.is_authenticated else "system"


def language() -> str:
    """The language of staff pages: the person's own, else the best the browser asks for."""
    chosen = getattr(current_user, "language", None) if has_request_context() else None
    return (
        chosen or (request.accept_languages.best_match(LANGUAGES) if has_request_context() else None) or "en"
    )


def time_zone() -> str | None:
    return getattr(current_user, "time_zone", None) if has_request_context() else None
