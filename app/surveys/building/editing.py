"""The words, choices and rules of one question of a draft, from the form and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from app.core.errors import Invalid
from app.surveys import placeholders
from app.surveys.kinds.kind import Kind
from app.surveys.models import Question, SurveyVersion
from app.surveys.words.translating import IN_QUESTIONS

MOST_CHOICES = 12
LINE = 200
BANDS = ("detractor", "passive", "promoter")


def fields_of(kind: Kind) -> list[str]:
    """The names of the words of a question of that kind: choices are one text, labels one each."""
    base = ["any", "low", "middle", "high"] if kind.key == "comment" else ["question", "why"]
    named = [name for name in kind.extras if name not in ("labels", "choices", *base)]
    labels = [f"label_{value}" for value in labelled(kind)] if "labels" in kind.extras else []
    return base + named + labels + (["choices"] if kind.has_choices else [])


def labelled(kind: Kind) -> list[int]:
    """The points of a scale that have words: all of a short one, the ends and the middle of a long one."""
    values = list(kind.values)
    return values if len(values) <= 5 else [values[0], values[len(values) // 2], values[-1]]


def said(question: Question, language: str) -> dict[str, str]:
    """The words of a question in one language, by the names of their fields."""
    words = question.words.get(language, {})
    labels = {f"label_{value}": text for value, text in words.get("labels", {}).items()}
    listed = words.get("choices", {})
    plain = {name: text for name, text in words.items() if isinstance(text, str)}
    return plain | labels | {"choices": "\n".join(listed.get(key, "") for key in question.asked.choices)}


def write(question: Question, language: str, words: Mapping[str, str], *, is_first: bool) -> None:
    """Say the question in these words. `is_first`: its choices are those of this language, line by line.

    Invalid by field for words that are missing or hold a wrong placeholder, and where another language has not as many
    choices as the first.
    """
    kind = question.of_kind
    errors = dict(wrong(kind, words))
    lines = [line.strip()[:LINE] for line in words.get("choices", "").splitlines() if line.strip()]
    if kind.has_choices and (problem := wrong_list(question, lines, is_first)):
        errors["choices"] = problem
    if errors:
        raise Invalid(_("These words cannot be used yet."), errors=errors)
    found: dict[str, Any] = {
        name: words[name].strip()
        for name in fields_of(kind)
        if words.get(name, "").strip() and name != "choices" and not name.startswith("label_")
    }
    labels = {str(value): words.get(f"label_{value}", "").strip() for value in labelled(kind)}
    if any(labels.values()):
        found["labels"] = {value: text for value, text in labels.items() if text}
    if kind.has_choices:
        keys = keys_of(question, language, lines) if is_first else question.asked.choices
        found["choices"] = dict(zip(keys, lines, strict=True))
        question.options = {**question.options, "choices": list(keys)}
    question.words = {**question.words, language: found}


def wrong(kind: Kind, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in fields_of(kind):
        text = words.get(name, "").strip()
        if not text and is_needed(kind, name):
            yield name, _("This is needed.")
        elif problem := placeholders.wrong(text, IN_QUESTIONS):
            yield name, problem


def is_needed(kind: Kind, name: str) -> bool:
    """Whether a question of that kind cannot be asked without these words."""
    if name.startswith("label_"):
        return int(name.removeprefix("label_")) in (kind.values[0], kind.values[-1])
    return name not in ("why", "low", "middle", "high")


def wrong_list(question: Question, lines: Sequence[str], is_first: bool) -> str | None:
    if len(set(lines)) != len(lines):
        return _("Two of these choices are the same.")
    if is_first and not 2 <= len(lines) <= MOST_CHOICES:
        return _(
            "Write %(least)s to %(most)s choices, each on a line of its own.", least=2, most=MOST_CHOICES
        )
    if not is_first and len(lines) != len(question.asked.choices):
        return _("Write %(number)s choices, as in the first language.", number=len(question.asked.choices))
    return None


def keys_of(question: Question, language: str, lines: Sequence[str]) -> list[str]:
    """A key for each line: that of the same words before, else of the line in its place, else a new one.

    So a choice that is moved or put in other words stays the same choice in what was answered.
    """
    before = question.words.get(language, {}).get("choices", {})
    old = list(question.asked.choices)
    by_words = {text: key for key, text in before.items() if key in old}
    kept = {by_words[line] for line in lines if line in by_words}
    keys: list[str] = []
    for place, line in enumerate(lines):
        key = by_words.get(line)
        if key is None and len(lines) == len(old) and old[place] not in kept:
            key = old[place]
        if key is None or key in keys:
            key = next(f"c{n}" for n in range(1, 99) if f"c{n}" not in {*old, *keys})
        keys.append(key)
    return keys


def rules(version: SurveyVersion, question: Question) -> list[tuple[str, str]]:
    """What a question may depend on: values of the form with a band, or another question's name and one of its values."""
    found = [(f"band:{band}", band) for band in BANDS if any(q.kind == "nps" for q in version.questions)]
    for one in version.questions:
        is_apt = one.of_kind.has_choices or (one.of_kind.values and len(one.of_kind.values) <= 7)
        if one is not question and is_apt and not one.asked.rule:
            values = one.asked.choices or [str(value) for value in one.of_kind.values]
            found += [(f"{one.name}:{value}", one.name) for value in values]
    return found


def chosen(question: Question) -> list[str]:
    """The rule of a question as values of the form."""
    rule = question.asked.rule or {}
    home, values = (
        ("band", rule["band"]) if "band" in rule else (rule.get("question", ""), rule.get("values", ()))
    )
    return [f"{home}:{value}" for value in values]


def depend(question: Question, picked: Sequence[str]) -> None:
    """Ask the question only of those; of everybody where nothing is picked. Invalid for answers to two questions."""
    homes = {one.partition(":")[0] for one in picked}
    if len(homes) > 1:
        raise Invalid(
            _("These words cannot be used yet."),
            errors={"rule": _("Choose bands, or answers to one question.")},
        )
    options = {name: value for name, value in question.options.items() if name != "shown_if"}
    values = [one.partition(":")[2] for one in picked]
    if homes:
        home = homes.pop()
        options["shown_if"] = {"band": values} if home == "band" else {"question": home, "values": values}
    question.options = options
