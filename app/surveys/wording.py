"""How the words of a survey are read: in which language, with which names filled in. Pure.

Words are data, kept with the version that was asked: `{language: {...}}`. A version's own words are those of its mail
(`subject`, `opening`); a question's are `question`, `why` and `labels`, a comment's one prompt per band.
Names stand in braces, `{product}`, and are filled in by plain replacement, so no word can reach into the program.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from babel import Locale
from flask_babel import get_locale
from flask_babel import gettext as _

from app.core.installation import Installation
from app.surveys.kinds.folding import folded
from app.surveys.models import Program, Question, QuestionKind, SurveyVersion
from app.surveys.placeholders import PAGE, filled
from app.surveys.words import addressing

FALLBACK = "en"
IN_MAIL = frozenset({"nps", "csat", "ces"})
NAME = re.compile(r"\{([a-z_]+)\}")
ISOLATE, END_ISOLATE = "\u2068", "\u2069"
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


@dataclass(frozen=True)
class Item:
    """One question as the answer page shows it: `labels` are the words of some or all `values` of a scale.

    `field` names the macro that shows it, `choices` are keys with their words, of which `most` may be picked, and `extra`
    holds what else a kind says, by name. One that `is_folded` unfolds on a phone, whose screen is full without it.
    """

    name: str
    question: str
    why: str
    labels: Mapping[int, str]
    values: range
    shown_as: str = "scale"
    choices: tuple[tuple[str, str], ...] = ()
    most: int = 0
    is_required: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)
    names_goal: bool = False
    is_folded: bool = False


def languages(version: SurveyVersion) -> list[str]:
    """The languages in which every word of the version exists, English first."""
    parts = [q.words for q in version.questions] + ([version.words] if version.words else [])
    found = set.intersection(*(set(words) for words in parts)) if parts else set()
    return sorted(found, key=lambda language: (language != FALLBACK, language))


def best(wanted: str | None, offered: Iterable[str], default: str = FALLBACK) -> str:
    """The offered language that suits `wanted` (`pt-BR`: itself, else `pt`), else the default, else English.

    Where nothing is offered, the default.
    """
    by_key = {language.casefold(): language for language in offered}
    for candidate in (wanted, default, FALLBACK):
        key = (candidate or "").replace("_", "-").casefold()
        for found in (by_key.get(key), by_key.get(key.partition("-")[0])):
            if found:
                return found
    return next(iter(by_key.values()), default)


def direction(language: str) -> str:
    """`rtl` for languages written from right to left, else `ltr`."""
    return "rtl" if language.partition("-")[0] in RIGHT_TO_LEFT else "ltr"


def language_name(tag: str) -> str:
    """A language in the reader's words, or its code."""
    try:
        return Locale.parse(tag.replace("-", "_")).get_display_name(get_locale()) or tag
    except (ValueError, LookupError):
        return tag


def names(installation: Installation, goal: str = "") -> dict[str, str]:
    """What the names in words stand for. Until a product is named it is called by the company's name."""
    company = installation.company or _("our company")
    return {"company": company, "product": installation.product or company, "goal": goal}


def apart(named: Mapping[str, str], language: str) -> Mapping[str, str]:
    """The names, each kept together within words from right to left: their signs would change sides otherwise."""
    if direction(language) == "ltr":
        return named
    return {name: f"{ISOLATE}{value}{END_ISOLATE}" if value else value for name, value in named.items()}


def fill(text: str, named: Mapping[str, str]) -> str:
    """`text` with its names in braces replaced; a name that is not given stays as it is."""
    return NAME.sub(lambda found: named.get(found.group(1), found.group()), text)


def pick(words: Mapping[str, Mapping], language: str) -> Mapping:
    """The words of that language, or of the one that comes nearest; empty when there are none at all."""
    found = best(language, words)
    return addressing.spoken(words.get(found, {}), found) if words else {}


def items(version: SurveyVersion, language: str, named: Mapping[str, str]) -> list[Item]:
    """The scales of a version in their order. `named` comes from `names`."""
    return [item(q, language, named) for q in version.questions if q.of_kind.values]


def asked(
    version: SurveyVersion,
    language: str,
    named: Mapping[str, str],
    which: Collection[str] | None = None,
) -> list[Item]:
    """The questions of a version in their order: those with which it begins, or those named by `which`."""
    first = {q.name for q in version.questions if not q.asked.rule}
    names = set(which or first)
    shown = [q for q in version.questions if not names or q.name in names]
    folds = folded([q.asked for q in version.questions]) if names == first else frozenset()
    return [replace(item(q, language, named), is_folded=q.name in folds) for q in shown]


def in_mail(version: SurveyVersion) -> Question | None:
    """The question whose numbers stand in the mail, each a link: the first one, if it is a plain scale."""
    first = next(
        (one for one in version.questions if not one.asked.rule), next(iter(version.questions), None)
    )
    return first if first is not None and first.kind in IN_MAIL else None


def item(question: Question, language: str, named: Mapping[str, str]) -> Item:
    words, kind, read_as = pick(question.words, language), question.of_kind, question.asked
    text = words.get("question") or words.get("any") or question.name
    if "{goal}" in text and not named.get("goal"):
        text = words.get("question_without_goal", text)
    named = apart(named, language)
    said = words.get("choices", {})
    return Item(
        question.name,
        fill(text, named),
        fill(words.get("why", ""), named),
        {int(value): fill(label, named) for value, label in words.get("labels", {}).items()},
        kind.values,
        kind.field,
        tuple((key, fill(said.get(key, key), named)) for key in read_as.choices),
        kind.most_of(read_as) if kind.has_choices else 0,
        question.is_required,
        {name: fill(words[name], named) for name in kind.extras if isinstance(words.get(name), str)},
        "{goal}" in text,
    )


def comment_prompt(version: SurveyVersion, language: str, named: Mapping[str, str]) -> dict[str, str]:
    """What the comment is asked with: `any`, and in words that fit the band `low`, `middle`, `high`; empty without one."""
    question = version.question(QuestionKind.COMMENT)
    words, named = pick(question.words, language) if question else {}, apart(named, language)
    return {band: fill(words[band], named) for band in ("any", "low", "middle", "high") if band in words}


def page_words(
    own: Mapping[str, Mapping[str, str]], language: str, named: Mapping[str, str]
) -> dict[str, str]:
    """The program's own words on pages in that language, filled; those that it does not set are missing.

    `page_opening` stands before the question, `page_comment` asks for the comment in place of the survey's words,
    `thanks` is said after the answer, and `thanks_low` to detractors. `named` has `first_name` and `account` too.
    """
    given = own.get(language, {})
    return {name: filled(given[name], named) for name in PAGE if given.get(name)}


def asked_with(prompt: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """What the comment is asked with: the survey's words by band, or the program's own whatever the number is."""
    return dict.fromkeys(prompt, own["page_comment"]) if "page_comment" in own else dict(prompt)


def thanks(said: Mapping[str, str], band: str | None) -> list[str]:
    """The lines of the thanks that a program sets itself for that band (`low`, `middle`, `high` or none)."""
    return lines(said.get("thanks_low", "") if band == "low" else "") or lines(said.get("thanks", ""))


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def mail_words(program: Program, version: SurveyVersion, language: str) -> dict[str, str]:
    """The words of the mail, unfilled: the version's, with those the program sets itself in their place.

    `subject`, `opening` (before the question), `closing` (after it), and for reminders `reminder_subject`,
    `reminder_opening`, `last_reminder_opening`. Each may be missing or empty.
    """
    own = {k: v for k, v in pick(program.mail, language).items() if v} if language in program.mail else {}
    return dict(pick(version.words, language)) | own
