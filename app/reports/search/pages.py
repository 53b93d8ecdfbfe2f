"""Pages that can be found by what they are called; whoever looks finds those that their role may open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from app.core.database.finding import fold
from app.core.web.pages import SETTINGS
from app.core.web.shell.sections import NAVIGATION

FURTHER = (
    ("contacts.contacts", _("People"), ""),
    ("contacts.new_account", _("New account"), ""),
    ("contacts.gaps", _("Languages and time zones"), ""),
    ("contacts.handovers", _("Not the right person"), _("Who left or names somebody else")),
    ("imports.index", _("Import"), _("Accounts and people from files")),
    ("surveys.surveys", _("Surveys"), _("What we ask")),
    ("surveys.survey_library", _("New survey"), ""),
    ("imports.facts", _("Adoption and events"), _("Files of use, tickets and the like from other systems")),
    ("surveys.segments", _("Segments"), ""),
    ("surveys.new_segment", _("New segment"), ""),
    ("surveys.new_program", _("New program"), ""),
    ("delivery.waves", _("Waves"), ""),
    ("delivery.coming", _("Coming asks"), _("Who is asked on which day")),
    ("delivery.mail_fatigue", _("Mails per person"), ""),
    ("delivery.in_doubt", _("In doubt"), _("Mails that may or may not have left")),
    ("reports.responses", _("Answers"), ""),
    ("reports.asks", _("Asks"), _("Who answered and who stayed silent")),
    ("reports.comments", _("Comments"), _("What customers wrote, and how it sounds")),
    ("reports.themes", _("Themes"), _("What comments are about")),
    ("reports.why", _("Why the NPS changed"), _("Who moved the figure between two periods")),
    ("reports.movers", _("Movers"), _("From band to band, into silence and back")),
    (
        "reports.comparison",
        _("Compare"),
        _("Two periods or two groups, weightings, what the silent could change"),
    ),
    (
        "reports.control",
        _("Has it left its level?"),
        _("Control charts of NPS, response rate and detractors"),
    ),
    ("reports.value", _("Value"), _("How much customers say they get back, over time")),
    ("reports.coverage", _("Coverage"), _("Whom we know, ask and hear, by role and tier")),
    ("reports.hot_spots", _("Hot spots"), _("Groups that differ by more than chance")),
    ("reports.landscape", _("Accounts at a glance"), _("Engagement, sentiment and ARR in one picture")),
    ("reports.annotations", _("What happened"), _("Days that the trend marks")),
    ("reports.frozen", _("Frozen reports"), _("Reports as they were at an instant")),
    ("glossary.index", _("Glossary"), _("What every figure means")),
    ("reports.loops", _("Promises"), _("Whether loops are closed in time")),
    ("reports.reviews", _("Answers to review"), _("Sent by a person or by a machine?")),
    ("reports.readings", _("How often it is wrong"), _("How well comments are read")),
    ("followups.favours", _("Advocates"), _("References, reviews and case studies")),
    ("followups.references", _("References"), _("Who speaks for us, and whether they may be quoted")),
    ("followups.playbooks", _("Playbooks"), _("Steps for each kind of follow-up")),
    ("reports.colours", _("Colours that moved"), _("What followed when a score got worse")),
    ("followups.wishes", _("Wishes"), _("What would make it a 9")),
    ("followups.improvements", _("You said, we did"), ""),
    ("setup.mail", _("Mail"), _("The mail server, and its tests")),
    ("setup.live", _("Go live"), ""),
)
"""Pages that stand behind a section; those of the navigation and the settings are known already."""


@dataclass(frozen=True)
class PageToFind:
    endpoint: str
    name: str
    meaning: str = ""


def named(words: str, may_open: Callable[[str], bool]) -> list[PageToFind]:
    """The pages with each of the words in their name or meaning; all without words. Those so called come first."""
    wanted = fold(words).split()
    found = [
        page
        for page in every_page()
        if may_open(page.endpoint) and all(word in fold(f"{page.name} {page.meaning}") for word in wanted)
    ]
    return sorted(found, key=lambda page: not fold(page.name).startswith(fold(words)))


def every_page() -> Iterator[PageToFind]:
    """Each page once, in the order of the navigation."""
    seen = set()
    rows = [(endpoint, name, "") for endpoint, name, _role in NAVIGATION]
    rows += FURTHER
    rows += [(endpoint, name, meaning) for endpoint, name, meaning, _role in SETTINGS]
    for endpoint, name, meaning in rows:
        if endpoint not in seen:
            seen.add(endpoint)
            yield PageToFind(endpoint, str(name), str(meaning))
