"""What every staff page needs: navigation, theme, language, the rehearsal banner; and the writing mode of forms."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, current_app, g, has_request_context, request, url_for
from flask_babel import get_locale, lazy_gettext
from flask_login import current_user
from markupsafe import Markup
from werkzeug.routing import IntegerConverter

from app.core.database import transactions
from app.core.face import current as faces
from app.core.installation import Facts, Installation, installation
from app.core.language.words import FALLBACK, STAFF_LANGUAGES
from app.core.web.frame import is_respondent
from app.extensions import db

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
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
SETTINGS = (
    ("auth.own", lazy_gettext("You"), lazy_gettext("Name, time zone, appearance"), "viewer"),
    (
        "auth.password",
        lazy_gettext("Password"),
        lazy_gettext("Change the password you sign in with"),
        "viewer",
    ),
    (
        "auth.own_sessions",
        lazy_gettext("Sessions"),
        lazy_gettext("Where you are signed in, and an end to it"),
        "viewer",
    ),
    (
        "integrations.notices",
        lazy_gettext("Notices"),
        lazy_gettext("What you are told by mail and chat"),
        "viewer",
    ),
    (
        "followups.absences",
        lazy_gettext("Absence"),
        lazy_gettext("When you are away, and who sees your follow-ups meanwhile"),
        "csm",
    ),
    (
        "setup.installation",
        lazy_gettext("Installation"),
        lazy_gettext("Company, product, time zone, own domains, holidays, default owner"),
        "admin",
    ),
    (
        "setup.look",
        lazy_gettext("Look"),
        lazy_gettext("Logo, colour and names on everything that customers see"),
        "admin",
    ),
    (
        "setup.languages",
        lazy_gettext("Languages"),
        lazy_gettext("What customers read in each language, who has reviewed it, formal or informal"),
        "admin",
    ),
    (
        "contacts.stages",
        lazy_gettext("Journey"),
        lazy_gettext("The stages of accounts: their names, their order, and what is asked where"),
        "manager",
    ),
    (
        "followups.company",
        lazy_gettext("Follow-ups"),
        lazy_gettext("Who gets which follow-up, what happens by itself, and what causes are called"),
        "manager",
    ),
    (
        "scores.parameters",
        lazy_gettext("Scores"),
        lazy_gettext("Weights, half-lives and limits behind the scores, and what others would do"),
        "manager",
    ),
    (
        "alerts.rules",
        lazy_gettext("Early warning"),
        lazy_gettext("Which rules raise alerts, from which values on, and what follows"),
        "manager",
    ),
    ("auth.staff", lazy_gettext("Staff"), lazy_gettext("Who works here and what they may do"), "admin"),
    (
        "setup.overview",
        lazy_gettext("Set-up"),
        lazy_gettext("The steps to going live: mail and its tests, staff, import, a first wave"),
        "admin",
    ),
    ("auth.keys", lazy_gettext("API keys"), lazy_gettext("Keys for other programs"), "admin"),
    (
        "inbound.index",
        lazy_gettext("Incoming mail"),
        lazy_gettext("Bounces and replies: where they come in, and what waits for somebody"),
        "admin",
    ),
    ("setup.jobs", lazy_gettext("Jobs"), lazy_gettext("What the worker does, and what failed"), "admin"),
    ("setup.audit", lazy_gettext("Audit trail"), lazy_gettext("Who did what, when and from where"), "admin"),
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

PERSONAL = {"followups.absences"}
REACHED_FROM = {
    "followups.absences": ("followups.enter_absence",),
    "integrations.notices": ("integrations.choose_notices",),
    "auth.password": ("auth.change_password",),
    "auth.own": ("auth.change_own",),
    "auth.staff": (
        "auth.new_staff",
        "auth.add_staff",
        "auth.staff_member",
        "auth.change_staff",
        "auth.give_password",
    ),
    "auth.keys": ("auth.add_key",),
    "setup.languages": (
        "setup.language",
        "setup.approve_language",
        "setup.sentence",
        "setup.correct_sentence",
    ),
    "setup.look": ("setup.change_look",),
    "contacts.stages": ("contacts.change_stages",),
    "followups.company": COMPANY[1:],
    "alerts.rules": RULES[1:],
    "scores.parameters": ("scores.preview_parameters", "scores.change_parameters"),
    "inbound.index": ("inbound.assign",),
}  # The pages behind a page of settings, whose tab stays marked on them.


COUNTED: dict[str, tuple[str, Callable[[], int], object]] = {}  # What `count_in_navigation` was given.


class RowIdConverter(IntegerConverter):
    """The `int` of routes: a number that can be the id of a row. A larger one is no page, not an error."""

    def __init__(self, url_map, *args, **options):
        super().__init__(url_map, *args, **({"max": 2**63 - 1} | options))


def install(app: Flask) -> None:
    app.url_map.converters["int"] = RowIdConverter
    app.before_request(choose_transaction)
    app.context_processor(page_context)


def kept_part(name: str) -> Markup:
    """A template that says the same on every page in one language, made once: a page's frame costs as much as a long list."""
    key = (name, str(get_locale()), request.script_root)
    parts = current_app.extensions.setdefault("kept_parts", {})
    if key not in parts:
        parts[key] = current_app.jinja_env.get_template(name).make_module().__html__()
    return parts[key]


def choose_transaction() -> None:
    """Unsafe methods write, everything else only reads. Respondent pages choose for themselves."""
    if request.method not in SAFE_METHODS and not is_respondent(request.path):
        transactions.write(db.session)


def page_context() -> dict:
    """Variables of every template; respondent pages pass their own and get nothing from here."""
    if not has_request_context() or is_respondent(request.path):
        return {}
    return {
        "nav_items": nav_items,
        "waiting_in": counted,
        "settings_pages": settings_pages,
        "theme": theme,
        "this_installation": this_installation,
        "kept_part": kept_part,
    }


def this_installation() -> Installation | Facts:
    """The installation's row, read once per request; facts that cannot be changed where a signed-in person only reads."""
    if "installation" not in g:
        g.installation = installation(db.session)
    return g.installation


def remember(facts: Facts) -> None:
    """The facts about the installation came along with something else that was read."""
    if faces.current().version != facts.face_version:
        installation(db.session)
    g.installation = facts


def count_in_navigation(endpoint: str, role: str, number: Callable[[], int], words: object) -> None:
    """Show beside a section how many things wait there, to people of that role or above; `words` say what they are."""
    COUNTED[endpoint] = (role, number, words)


def counted(endpoint: str) -> dict:
    """How many things wait in a section for whoever is signed in, if anything is counted there."""
    role, number, words = COUNTED.get(endpoint, ("admin", None, ""))
    if number is None or not current_user.may(role):
        return {}
    known = g.setdefault("counted", {})
    if endpoint not in known:
        known[endpoint] = {"count": number(), "count_words": words}
    return known[endpoint]


def nav_items() -> list[dict]:
    """The sections this person may open, the present one marked."""
    if not current_user.is_authenticated:
        return []
    page = request.endpoint or ""
    shown = [entry for entry in NAVIGATION if entry[0] != "setup.overview" or is_being_set_up()]
    has_own = any(page in COVERED.get(endpoint, ()) for endpoint, _label, _role in shown)
    section = page if has_own else page.partition(".")[0]
    return [
        {
            "label": label,
            "url": url_for(endpoint),
            "endpoint": endpoint,
            "is_current": section in COVERED.get(endpoint, (endpoint.partition(".")[0],)),
        }
        | counted(endpoint)
        for endpoint, label, role in shown
        if may_open(endpoint, role)
    ]


def is_being_set_up() -> bool:
    """Whether a step of set-up is still open; then its entry stands in the navigation of administrators."""
    return this_installation().setup_done_at is None


def settings_pages() -> list[dict]:
    """The pages of settings that this person may open."""
    return [
        {
            "label": label,
            "meaning": meaning,
            "url": url_for(endpoint),
            "endpoint": endpoint,
            "is_personal": role == "viewer" or endpoint in PERSONAL,
            "is_current": is_part_of(request.endpoint or "", endpoint),
        }
        for endpoint, label, meaning, role in SETTINGS
        if may_open(endpoint, role)
    ]


def is_part_of(present: str, endpoint: str) -> bool:
    """Whether the page being shown is that page of settings, or one that is reached from it."""
    return present == endpoint or present in REACHED_FROM.get(endpoint, ())


def may_open(endpoint: str, role: str) -> bool:
    """Whether the page exists and the person's role reaches it."""
    return endpoint in current_app.view_functions and current_user.role.rank >= RANKS.index(role)


def theme() -> str:
    return current_user.theme.value if current_user.is_authenticated else "system"


def language() -> str:
    """The language of staff pages: the person's own, else the best the browser asks for. Asks the database nothing."""
    if not has_request_context():
        return FALLBACK
    own = g.get("own_language")
    if own in STAFF_LANGUAGES:
        return own
    return request.accept_languages.best_match(STAFF_LANGUAGES) or FALLBACK


def time_zone() -> str | None:
    """The zone in which a person reads times: their own, else the installation's."""
    if not has_request_context() or is_respondent(request.path):
        return None
    return g.get("own_time_zone") or this_installation().time_zone
