"""A survey in one more language: which words there are to say, and the new version that says them.

A version that was asked never changes, so a language comes with a version of its own, whose other words are the same.
Words that came with the product may be written again like those of a language that staff added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.surveys import placeholders, wording
from app.surveys.models import Question, Survey, SurveyVersion

LANGUAGES = [
    "ar",
    "bg",
    "ca",
    "cs",
    "da",
    "de",
    "el",
    "en",
    "es",
    "et",
    "fa",
    "fi",
    "fr",
    "ga",
    "he",
    "hi",
    "hr",
    "hu",
    "id",
    "is",
    "it",
    "ja",
    "ko",
    "lt",
    "lv",
    "ms",
    "mt",
    "nb",
    "nl",
    "pl",
    "pt",
    "pt-BR",
    "ro",
    "ru",
    "sk",
    "sl",
    "sr",
    "sv",
    "th",
    "tr",
    "uk",
    "vi",
    "zh",
    "zh-TW",
]
MAIL = "mail"
IN_QUESTIONS = ("company", "product", "goal")


@dataclass(frozen=True)
class Original:
    """Words to be said in another language. `path` leads to them in the words of the mail or of a question."""

    path: tuple[str, ...]
    text: str
    allowed: tuple[str, ...]

    @property
    def key(self) -> str:
        """A name for a form field."""
        return "__".join(self.path)

    @property
    def place(self) -> str:
        """Where a respondent meets the words."""
        if self.path[0] == MAIL:
            return str(PLACES[self.path[1]])
        if "labels" in self.path:
            return _("Word for %(value)s", value=self.path[-1])
        if "choices" in self.path:
            return _("A choice")
        return str(PLACES.get(self.path[1], PLACES["question"]))


PLACES = {
    "subject": _l("Mail: subject"),
    "opening": _l("Mail: before the question"),
    "closing": _l("Mail: after the question"),
    "reminder_subject": _l("Reminder: subject"),
    "reminder_opening": _l("Reminder: before the question"),
    "last_reminder_opening": _l("Last reminder: before the question"),
    "question": _l("Question"),
    "question_without_goal": _l("Question, where no goal is known"),
    "why": _l("Why it is asked"),
    "any": _l("What the comment is asked with"),
    "low": _l("The same, for detractors"),
    "middle": _l("The same, for passives"),
    "high": _l("The same, for promoters"),
    "yes": _l("The answer yes"),
    "no": _l("The answer no"),
    "mail": _l("The answer: by mail"),
    "phone": _l("The answer: by phone"),
    "more": _l("Beside the line to write on"),
}


def first_language(version: SurveyVersion) -> str:
    """The language whose words the others stand for."""
    return next(iter(wording.languages(version)), wording.FALLBACK)


def originals(version: SurveyVersion) -> list[Original]:
    """All words of a version in its first language, in the order in which they are met."""
    first = first_language(version)
    found = [
        Original((MAIL, name), text, placeholders.KNOWN)
        for name, text in version.words.get(first, {}).items()
        if text and name in PLACES
    ]
    for question in version.questions:
        found += [
            Original((question.name, *path), text, IN_QUESTIONS)
            for path, text in texts(question.words.get(first, {}))
            if text
        ]
    return found


def texts(words: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each text of a question's words with the way to it."""
    for name, value in words.items():
        if isinstance(value, Mapping):
            yield from ((((name, *path)), text) for path, text in texts(value))
        else:
            yield (name,), value


def said(version: SurveyVersion, language: str) -> dict[str, str]:
    """What the version says in that language, by the keys of its originals."""
    found = {}
    for original in originals(version):
        home, *path = original.path
        words: Any = version.words if home == MAIL else named(version, home).words
        for step in (language, *path):
            words = words.get(step, {}) if isinstance(words, Mapping) else {}
        if isinstance(words, str):
            found[original.key] = words
    return found


def named(version: SurveyVersion, name: str) -> Question:
    return next(question for question in version.questions if question.name == name)


def offered(survey: Survey) -> list[str]:
    """The languages that can be added or written again: all but the one whose words the others stand for."""
    first = first_language(survey.current)
    return [tag for tag in LANGUAGES if tag != first]


def write(
    session: Session, survey: Survey, language: str, words: Mapping[str, str], *, now: datetime
) -> SurveyVersion:
    """The survey with these words in that language, as its newest version.

    Invalid for a language that is not offered and, by key, for words that are missing or hold a wrong placeholder.
    """
    before = survey.current
    errors = {} if language in offered(survey) else {"language": _("Choose a language of the list.")}
    errors |= wrong(before, words)
    if survey.draft is not None:
        errors["language"] = _("Somebody is writing the next version: put it to use or discard it first.")
    if not originals(before):
        errors["language"] = _("This survey has no words to be said in another language.")
    if errors:
        raise Invalid(_("These words cannot be used yet."), errors=errors)
    found = translated(before, language, words, now=now)
    survey.versions.append(found)
    session.flush()
    return found


def translated(
    before: SurveyVersion, language: str, words: Mapping[str, str], *, now: datetime
) -> SurveyVersion:
    """What follows the version with these words in that language, not kept; what is empty stays as it was first said."""
    found = copy_of(before, now)
    first = first_language(before)
    found.words = {**before.words, language: dict(before.words.get(first, {}))}
    for question in found.questions:
        question.words = {**question.words, language: deepcopy(question.words.get(first, {}))}
    for original in originals(before):
        home, *path, last = original.path
        place: Any = found.words[language] if home == MAIL else named(found, home).words[language]
        for step in path:
            place = place[step]
        place[last] = words.get(original.key, "").strip() or original.text
    return found


def previewed(
    before: SurveyVersion, language: str, words: Mapping[str, str], *, now: datetime
) -> SurveyVersion:
    """The same for a look while somebody types: words with a wrong placeholder are left out until it is right."""
    errors = wrong(before, words)
    right = {key: text for key, text in words.items() if key not in errors}
    return translated(before, language, right, now=now)


def wrong(version: SurveyVersion, words: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the words, by key."""
    errors = {}
    for original in originals(version):
        text = words.get(original.key, "").strip()
        problem = placeholders.wrong(text, original.allowed) if text else _("This is needed.")
        if problem:
            errors[original.key] = problem
    return errors


def copy_of(version: SurveyVersion, now: datetime) -> SurveyVersion:
    """The next version with the same questions."""
    same = ("position", "kind", "name", "is_required")
    questions = [
        Question(
            **{name: getattr(question, name) for name in same},
            words=deepcopy(question.words),
            options=deepcopy(question.options),
        )
        for question in version.questions
    ]
    return SurveyVersion(
        number=version.number + 1, words=deepcopy(version.words), questions=questions, created_at=now
    )
