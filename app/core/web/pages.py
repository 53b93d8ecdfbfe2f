"""What every staff page needs: the installation, language, time zone, pages of settings; and the writing mode of forms."""

from __future__ import annotations

from flask import Flask, g, has_request_context, request, url_for
from flask_babel import lazy_gettext
from flask_login import current_user
from werkzeug.routing import IntegerConverter

from app.core.database import transactions
from app.core.face import current as faces
from app.core.installation import Facts, Installation, installation
from app.core.language.words import FALLBACK, STAFF_LANGUAGES
from app.core.web.frame import is_respondent
from app.core.web.shell.sections import COMPANY, RULES, may_open
from app.extensions import db

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
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
        "webhooks.index",
        lazy_gettext("Webhooks"),
        lazy_gettext("Which other programs are told what happens, and whether it arrives"),
        "admin",
    ),
    (
        "inbound.index",
        lazy_gettext("Incoming mail"),
        lazy_gettext("Bounces and replies: where they come in, and what waits for somebody"),
        "admin",
    ),
    ("setup.jobs", lazy_gettext("Jobs"), lazy_gettext("What the worker does, and what failed"), "admin"),
    ("setup.audit", lazy_gettext("Audit trail"), lazy_gettext("Who did what, when and from where"), "admin"),
)
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
    "webhooks.index": tuple(
        f"webhooks.{name}" for name in ("new", "add", "show", "edit", "change", "rotate")
    ),
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


class RowIdConverter(IntegerConverter):
    """The `int` of routes: a number that can be the id of a row. A larger one is no page, not an error."""

    def __init__(self, url_map, *args, **options):
        super().__init__(url_map, *args, **({"max": 2**63 - 1} | options))


def install(app: Flask) -> None:
    app.url_map.converters["int"] = RowIdConverter
    app.before_request(choose_transaction)


def choose_transaction() -> None:
    """Unsafe methods write, everything else only reads. Respondent pages choose for themselves."""
    if request.method not in SAFE_METHODS and not is_respondent(request.path):
        transactions.write(db.session)


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
        if may_open(endpoint, role, current_user.role)
    ]


def is_part_of(present: str, endpoint: str) -> bool:
    """Whether the page being shown is that page of settings, or one that is reached from it."""
    return present == endpoint or present in REACHED_FROM.get(endpoint, ())


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
