"""The wording of our mails: templates rendered once per language, with marks where a person's values go.

Everything here is the same for everybody a letter goes to; what differs per person is a value
(`greeting`, `account`, `closes_on`, `token`) and is filled in when the mail is finished.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from email.utils import parseaddr
from typing import Any

from flask import render_template
from flask_babel import format_date, get_locale
from flask_babel import gettext as _

import config
from app.core.face import current as faces
from app.core.installation import Installation
from app.core.language.words import addressing, speaking
from app.delivery.mail.compiling import Marks, Wording
from app.surveys.models import Program, SurveyVersion
from app.surveys.placeholders import FIRST_WORD, NEXT_WORD
from app.surveys.wording import asked, fill, in_mail, mail_words

SCORE = "score"
MOST_IN_A_ROW = 6
ON_FIRST_NAME_TERMS = frozenset({"en"})  # Elsewhere only where the address is informal.
FAMILY_NAME_FIRST = frozenset({"ja"})
NAME_PLACES = ((FIRST_WORD, "called_first_name"), (NEXT_WORD, "spaced_first_name"))
PERSONAL = ("first_name", "spaced_first_name", "called_first_name", "account")
PARTS = ("subject.txt", "body.txt", "body.html")


@dataclass(frozen=True)
class Ask:
    """What a survey mail says to everybody who reads one language.

    `question` is the first question, `low` and `high` the words of the ends of its scale; without `has_scores` the mail
    has one button instead of the numbers of `scale`. `is_one`: little else is asked on the page. The words of the survey and of staff (subjects, openings, closing) may be empty; `names` are what
    the placeholders in them stand for, beside those that differ per person.
    """

    company: str
    base_url: str
    language: str
    question: str
    low: str = ""
    high: str = ""
    has_scores: bool = True
    scale: range = range(11)
    is_one: bool = True
    subject: str = ""
    opening: str = ""
    closing: str = ""
    reminder_subject: str = ""
    reminder_opening: str = ""
    last_reminder_opening: str = ""
    signature: str = ""
    postal_address: str = ""
    unsubscribe_mailto: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> tuple[range, ...]:
        """The numbers in groups that fit beside each other on the narrowest screens, six at most."""
        if len(self.scale) <= MOST_IN_A_ROW:
            return (self.scale,)
        half = (len(self.scale) + 1) // 2
        return self.scale[:half], self.scale[half:]


def ask_of(
    program: Program, version: SurveyVersion, language: str, company: Company, sender: str = ""
) -> Ask:
    """What a program's mail says in one language, from the words of its survey and its own; `sender` is a person's name."""
    with addressing(language):
        called = company.called
    names = {"company": called, "product": company.product or called}
    words = mail_words(program, version, language)
    questions, number = asked(version, language, names), in_mail(version)
    first, is_nps = questions[0], number is not None and number.name == SCORE
    scale = first.values or range(11)
    texts = ("subject", "opening", "closing", "reminder_subject", "reminder_opening", "last_reminder_opening")
    return Ask(
        company=called,
        base_url=company.base_url,
        language=language,
        question=first.question,
        low=first.labels.get(scale[0], ""),
        high=first.labels.get(scale[-1], ""),
        has_scores=number is not None,
        scale=scale,
        is_one=is_nps or sum(1 for one in questions if one.values) == 1,
        signature=sender,
        names=names | {"sender": sender or called},
        postal_address=company.postal_address,
        **{text: words.get(text, "") for text in texts},
    )


@dataclass(frozen=True)
class Company:
    """Who asks, and where the links lead."""

    name: str
    base_url: str
    product: str = ""
    postal_address: str = ""

    @property
    def called(self) -> str:
        """What those who are asked know the company by, in the language that is being spoken: a mail is from somebody."""
        return self.name or _("our company")


def company_of(facts: Installation, settings: config.Settings) -> Company:
    """The company by its own name, else by the one that mails come from; an address is no name."""
    return Company(facts.company or parseaddr(settings.MAIL_FROM)[0], settings.BASE_URL, facts.product)


@dataclass(frozen=True)
class Saying:
    """What customers said and we did about it, in one language."""

    said: str
    did: str


def told(company: Company, language: str, saying: Saying) -> Wording:
    """The mail that tells what came of an answer."""
    base, mark = company.base_url.rstrip("/"), Marks()
    off_link = f"{base}/u/{mark['token']}"
    context = {"saying": saying, "off_link": off_link, "base_url": base, "preheader": saying.said}
    context |= {"postal_address": company.postal_address}
    with addressing(language):
        return _wording("told", mark, company.called, context, (off_link,))


def settled(company: Company, language: str, *, has_words: bool) -> Wording:
    """The mail that asks whether what somebody told us is settled; with `has_words` it needs the value `words`, of staff."""
    base, mark = company.base_url.rstrip("/"), Marks()
    off_link = f"{base}/u/{mark['token']}"
    context = {"link": f"{base}/a/{mark['token']}/settled", "off_link": off_link, "base_url": base}
    context |= {"has_words": has_words, "postal_address": company.postal_address}
    with addressing(language):
        return _wording("settled", mark, company.called, context, (off_link,))


def invitation(ask: Ask) -> Wording:
    """The first mail of an ask."""
    with addressing(ask.language):
        mark = Marks()
        return _survey("invitation", ask, mark, filled(ask.opening, ask, mark), ask.subject)


def reminder(ask: Ask, *, is_last: bool) -> Wording:
    """A reminder; needs the value `closes_on`, the day in words after which the question closes."""
    mark = Marks()
    with addressing(ask.language):
        opening = ask.last_reminder_opening if is_last else ask.reminder_opening
        opening = opening or usual_opening(is_last=is_last)
        until = _("Until %(day)s your answer reaches us in time.", day=mark["closes_on"])
        return _survey("reminder", ask, mark, f"{filled(opening, ask, mark)} {until}", ask.reminder_subject)


def usual_opening(*, is_last: bool) -> str:
    """How a reminder begins where staff have not worded it, in the language in force."""
    if is_last:
        return _("We ask a last time, and then leave you in peace.")
    return _("A few days ago we asked you this. Here it is again.")


def fixed(ask: Ask) -> dict[str, str]:
    """What is said in a mail where neither survey nor program has words of its own; nothing before or after the question."""
    bare = replace(ask, subject="", reminder_subject="", opening="", closing="")
    with addressing(ask.language):
        return {
            "subject": invitation(bare).subject,
            "reminder_subject": reminder(bare, is_last=False).subject,
            "reminder_opening": usual_opening(is_last=False),
            "last_reminder_opening": usual_opening(is_last=True),
        }


def filled(text: str, ask: Ask, mark: Marks) -> str:
    """Words of staff with their placeholders filled, in one pass, so that no name can bring a placeholder of its own.

    A first name that is not known takes the blank before it along, or the comma after it where it begins the words.
    """
    for pattern, name in NAME_PLACES:
        text = pattern.sub("{" + name + "}", text)
    return fill(text, {**ask.names, **{name: mark[name] for name in PERSONAL}})


def personal(first_name: str, account: str) -> dict[str, str]:
    """The values of one person for the marks that `filled` leaves."""
    first = " ".join(first_name.split())
    return {
        "first_name": first,
        "spaced_first_name": f" {first}" if first else "",
        "called_first_name": f"{first}, " if first else "",
        "account": account,
    }


def values_of(person: Any) -> dict[str, str]:
    """The values of one person, by names, account and language, that a mail is frozen with."""
    return {
        "name": f"{person.first_name} {person.last_name}".strip(),
        "greeting": greeting(person.first_name, person.last_name, person.language),
        "account": person.account,
        "first_name": person.first_name,
    }


def trial(company: str, language: str, *, server: str, confirm_url: str = "") -> Wording:
    """The test mail of the set-up page; it is for staff, and the same for everybody, so it needs no values."""
    with speaking(language):
        return _wording("test", Marks(), company, {"server": server, "confirm_url": confirm_url})


def notice(
    company: str, language: str, subject: str, paragraphs: list[str], *, footer: str = "", link: str = ""
) -> Wording:
    """A mail to a colleague about their account; the words are in that language already."""
    with speaking(language):
        context = {"subject": subject, "paragraphs": paragraphs, "footer": footer, "link": link}
        return _wording("notice", Marks(), company, context)


def weekly(
    company: str, language: str, subject: str, parts: Sequence[object], *, base_url: str, footer: str
) -> Wording:
    """A mail to a colleague in parts, each with a title, lines and the way to a page; in that language already."""
    with speaking(language):
        context = {"subject": subject, "parts": parts, "base_url": base_url, "footer": footer}
        return _wording("weekly", Marks(), company, context)


def written(company: str, language: str, subject: str, words: str, answers: tuple[str, ...] = ()) -> Wording:
    """What a colleague wrote to one person, as it stands; `answers` are the Message-IDs of the conversation."""
    with speaking(language):
        context = {"subject": subject, "paragraphs": re.split(r"\n{2,}", words.strip()), "words": words}
        wording = _wording("written", Marks(), company, context)
    return replace(wording, text=words.strip() + "\n", answers=answers, is_personal=True)


def greeting(first_name: str, last_name: str, language: str) -> str:
    """How a person is addressed: by the first name where that is usual, else by the whole one; or by none."""
    first, last = first_name.strip(), last_name.strip()
    with addressing(language) as locale:
        if not first:
            return _("Hello,")
        names = (last, first) if locale.language in FAMILY_NAME_FIRST else (first, last)
        whole = " ".join(names).strip()
        is_near = locale.language in ON_FIRST_NAME_TERMS or locale.language in faces.current().informal
        return _("Hello %(name)s,", name=first if is_near else whole)


def first_subject(company: str, language: str, *, has_answered: bool) -> str:
    """What a first mail to somebody is about, who answered, or did not."""
    with addressing(language):
        if has_answered:
            return _("Thank you for telling us")
        return _("One question from %(company)s", company=company or _("our company"))


def day_in_words(day: date, language: str) -> str:
    """A day as readers of the language write it, with its weekday."""
    with addressing(language):
        return format_date(day, "full")


def _survey(name: str, ask: Ask, mark: Marks, lead: str, subject: str) -> Wording:
    """Rendered in the locale that is in force."""
    ask = replace(ask, closing=filled(ask.closing, ask, mark))
    subject = filled(subject, ask, mark)
    base = ask.base_url.rstrip("/")
    off_link = f"{base}/u/{mark['token']}"
    mailto = f"mailto:{ask.unsubscribe_mailto}?subject=unsubscribe"
    context = {
        "ask": ask,
        "base_url": base,
        "lead": lead,
        "link": f"{base}/a/{mark['token']}",
        "off_link": off_link,
        "once_link": f"{off_link}?once=1",
        "other_link": f"{off_link}?other=1",
        "preheader": ask.question,
    }
    ways_out = (off_link, mailto) if ask.unsubscribe_mailto else (off_link,)
    wording = _wording(name, mark, ask.company, context, ways_out)
    return replace(wording, subject=_one_line(subject)) if subject else wording


def _wording(name: str, mark: Marks, company: str, context: dict, ways_out: tuple[str, ...] = ()) -> Wording:
    frame = _frame() | {"company": company, "mark": mark} | context
    subject, text, html = (render_template(f"email/{name}/{part}", **frame) for part in PARTS)
    return Wording(mark.key, frame["lang"], _one_line(subject), _tidy(text), html.strip() + "\n", ways_out)


def _frame() -> dict[str, str]:
    """What the frame of a mail needs to know of its language."""
    language = get_locale()
    is_rtl = language.text_direction == "rtl"
    return {
        "lang": str(language).replace("_", "-"),
        "direction": "rtl" if is_rtl else "ltr",
        "start": "right" if is_rtl else "left",
        "end": "left" if is_rtl else "right",
        "preheader": "",
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _tidy(text: str) -> str:
    """A text body without the blank lines that templates leave behind."""
    return re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"
