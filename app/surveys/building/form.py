"""The forms of the builder: one question of a draft in one language, its rule, and the name of the survey."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, IntegerField, SelectField
from wtforms.validators import NumberRange, Optional

from app.core.web.fields import Line, Words, choices
from app.surveys.building import editing
from app.surveys.forms import Boxes
from app.surveys.models import Question, SurveyVersion

LONGEST = 500
SAYS = {
    "question": _l("Question"),
    "why": _l("Why it is asked, in small letters behind it"),
    "question_without_goal": _l("Question, where no goal is known"),
    "any": _l("What the comment is asked with"),
    "low": _l("The same, for detractors"),
    "middle": _l("The same, for passives"),
    "high": _l("The same, for promoters"),
    "choices": _l("Choices, each on a line of its own"),
    "yes": _l("The answer yes"),
    "no": _l("The answer no"),
    "mail": _l("The answer: by mail"),
    "phone": _l("The answer: by phone"),
    "more": _l("Beside the line to write on"),
}
INTENTS = {
    "why": _l("why, or anything else"),
    "improve": _l("what to improve"),
    "like": _l("what they like"),
}
BANDS = {
    "detractor": _l("Detractors (0 to 6)"),
    "passive": _l("Passives (7 and 8)"),
    "promoter": _l("Promoters (9 and 10)"),
}


class QuestionForm(FlaskForm):
    """What everybody sees of a question; the fields of its words are added for each kind."""

    is_required = BooleanField(
        _l("An answer is needed"),
        description=_l("Whoever does not want to say leaves. Best for the first question alone."),
    )
    rule = Boxes(
        _l("Only asked of"),
        description=_l(
            "Nothing chosen: everybody. A question for some comes on a page of its own, after the first is saved."
        ),
    )

    @property
    def word_fields(self) -> list[Field]:
        return [self[name] for name in self.names]

    @property
    def said(self) -> dict[str, str]:
        return {field.name: field.data or "" for field in self.word_fields}


class NameForm(FlaskForm):
    """What staff call the survey; respondents never read it."""

    name = Line(_l("Name"), limit=120)


class AddForm(FlaskForm):
    """A further question."""

    kind = SelectField(_l("Kind of question"))


def question_form(draft: SurveyVersion, question: Question, language: str) -> QuestionForm:
    """The form, filled with what the draft says, unless it was submitted."""
    kind, names = question.of_kind, editing.fields_of(question.of_kind)
    fields = {name: word_field(name, language) for name in names}
    if kind.has_choices and kind.key != "single":
        fields["most"] = IntegerField(
            _l("At most so many may be chosen"),
            [Optional(), NumberRange(0, editing.MOST_CHOICES)],
            description=_l("0: any number."),
        )
    now = {"is_required": question.is_required, "rule": editing.chosen(question)}
    if kind.key == "text":
        fields["intent"] = SelectField(
            _l("It asks"),
            choices=choices(*INTENTS.items()),
            description=_l("How the words are heard: “nothing” is praise where you ask what to improve."),
        )
        now["intent"] = question.options.get("intent", "why")
    if "most" in fields:
        now["most"] = question.options.get("most", kind.most)
    if kind.has_choices and question.asked.choices:
        fields["bad"] = Boxes(
            _l("Answers that call for a follow-up"),
            description=_l(
                "Whoever chooses one of these is looked after: a follow-up opens, an alert, due within a working day. With it goes"
                " the thank-you page for who is unhappy."
            ),
        )
        now["bad"] = question.options.get("bad", [])
    form = type("QuestionFormNow", (QuestionForm,), fields)(data=editing.said(question, language) | now)
    if "bad" in form:
        keys = question.asked.choices
        form.bad.choices = choices(*((key, answer(question, key, language)) for key in keys))
    form.names = names
    form.rule.choices = choices(*told_rules(draft, question, language))
    return form


def word_field(name: str, language: str) -> Field:
    marks = {"dir": "auto", "lang": language}
    if name == "choices":
        return Words(SAYS[name], limit=3000, required=False, render_kw=marks | {"rows": 7})
    if name.startswith("label_"):
        label = _("Words for %(value)s", value=name.removeprefix("label_"))
        return Line(label, limit=120, required=False, render_kw=marks)
    is_long = name in ("question", "question_without_goal", "any", "low", "middle", "high")
    return (Words if is_long else Line)(
        SAYS[name], limit=LONGEST, required=False, render_kw=marks | ({"rows": 2} if is_long else {})
    )


def told_rules(draft: SurveyVersion, question: Question, language: str) -> Iterable[tuple[str, str]]:
    """What the question may depend on, in words."""
    named = {one.name: one for one in draft.questions}
    for value, home in editing.rules(draft, question):
        key = value.partition(":")[2]
        if home in BANDS:
            yield value, str(BANDS[home])
        else:
            yield (
                value,
                _(
                    "“%(question)s”: %(answer)s",
                    question=short(named[home], language),
                    answer=answer(named[home], key, language),
                ),
            )


def short(question: Question, language: str) -> str:
    text = editing.said(question, language).get("question") or str(question.of_kind.title)
    return text if len(text) <= 60 else f"{text[:59].rstrip()}…"


def answer(question: Question, key: str, language: str) -> str:
    """What somebody chose, in words."""
    words = question.words.get(language, {})
    label = words.get("choices", {}).get(key) or words.get("labels", {}).get(key)
    return f"{key} ({label})" if label and key.isdigit() else label or key
