"""What respondents see, rendered in the language of the survey they were asked in.

The page of the question is cast once for each survey version, language, company and chosen number, and only joined
with a person's link and goal when it is opened; all other pages are rendered as they are needed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask import current_app
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import Engine
from sqlalchemy.orm import Session, selectinload

from app.contacts.models import ContactStatus
from app.core import clock
from app.core.language.words import addressing, browsers_choice
from app.delivery.models import Decline
from app.public import forms
from app.public.forms import Form, Posted, Successor, new_attempt
from app.public.moulds import Mould
from app.responses.asks import Ask
from app.surveys import wording
from app.surveys.kinds.kind import Asked
from app.surveys.models import QuestionKind, SurveyVersion
from app.surveys.scales import Band, band

MOST_MOULDS = 500
IN_LANGUAGE = "~"
OWN = ("token", "attempt", "goal", "first_name", "account")
SHOWN = frozenset(
    {"attempt", "action", "unsubscribe_url", "once_url", "other_url"}
)  # All else stands inside words.
FEELINGS = {Band.DETRACTOR: "low", Band.PASSIVE: "middle", Band.PROMOTER: "high"}


def feeling(score: int | None) -> str | None:
    """The words that fit a score: low, middle or high; None without one."""
    return None if score is None else FEELINGS[band(score)]


class Pages:
    """The versions, forms and cast pages of one application.

    A version never changes once it was asked, so nothing here goes stale.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.versions: dict[int, SurveyVersion] = {}
        self.forms: dict[tuple[int, str], Form] = {}
        self.moulds: dict[tuple, Mould] = {}

    def version(self, ask: Ask) -> SurveyVersion:
        """The version of this ask with its questions, detached: it is read once and kept."""
        if ask.version_id not in self.versions:
            with Session(self.engine) as session:
                self.versions[ask.version_id] = session.get_one(
                    SurveyVersion, ask.version_id, options=[selectinload(SurveyVersion.questions)]
                )
        return self.versions[ask.version_id]

    def in_language(self, ask: Ask, language: str) -> Ask:
        """The ask in a language that its person chose, if its survey is asked in it."""
        offered = wording.languages(self.version(ask))
        return ask._replace(language=language) if language in offered else ask

    def form(self, ask: Ask) -> Form:
        """What the form of this ask takes."""
        key = ask.version_id, ask.language
        if key not in self.forms:
            self.forms[key] = form_of(self.version(ask), ask.language)
        return self.forms[key]

    def question(self, ask: Ask, token: str, chosen: int | None) -> bytes:
        """The page of the question, with `chosen` preselected."""
        key = (
            ask.version_id,
            ask.language,
            ask.company,
            ask.product,
            ask.face_version,
            bool(ask.goal),
            ask.is_heard,
            ask.may_be_skipped,
            chosen,
            self.own_words(ask),
        )
        mould = self.moulds.get(key)
        if mould is None:
            if len(self.moulds) >= MOST_MOULDS:
                self.moulds.clear()
            given = {} if chosen is None else {self.in_mail(ask): chosen}
            more = {"chosen": chosen}
            mould = Mould(
                OWN, lambda marks: self.render(ask, marks | addresses(marks["token"]), given, **more)
            )
            self.moulds[key] = mould
        return mould.fill(own_values(ask, token))

    def in_mail(self, ask: Ask) -> str:
        """The question of which a link of the mail chooses a number."""
        question = wording.in_mail(self.version(ask))
        return question.name if question else "score"

    def own_words(self, ask: Ask) -> tuple | None:
        """What sets the page of this ask apart from that of other programs with the same survey."""
        own = ask.own_words.get(self.form(ask).language)
        return own and (own.get("page_opening"), own.get("page_comment"), bool(ask.first_name))

    def filled(
        self,
        ask: Ask,
        token: str,
        posted: Posted,
        errors: Mapping[str, str] | None = None,
        problem: str | None = None,
    ) -> str:
        """The page of the question as it was filled in, with what is wrong."""
        marks = places(ask, token) | {"attempt": posted.attempt or new_attempt(clock.now())}
        return self.render(ask, marks, posted.given, errors, problem)

    def further(
        self,
        ask: Ask,
        token: str,
        questions: Sequence[Asked],
        posted: Posted | None = None,
        errors: Mapping[str, str] | None = None,
        problem: str | None = None,
    ) -> str:
        """The page with the questions that fit what is recorded already; the same filling-in of the form goes on."""
        marks = places(ask, token) | {
            "action": f"/a/{token}/further",
            "attempt": ask.attempt or new_attempt(clock.now()),
        }
        given, which = posted.given if posted else {}, {one.name for one in questions}
        more = {"is_further": True, "leave_url": f"/a/{token}/thanks"}
        more |= tongues(self.form(ask), "/a/", token, "/further")
        return self.render(ask, marks, given, errors, problem, which, **more)

    def render(
        self,
        ask: Ask,
        marks: Mapping[str, str],
        given: Mapping[str, Any],
        errors: Mapping[str, str] | None = None,
        problem: str | None = None,
        which: Collection[str] | None = None,
        **more: Any,
    ) -> str:
        version, form = self.version(ask), self.form(ask)
        with addressing(form.language):
            shown = SHOWN - (set() if ask.may_be_skipped else {"once_url", "other_url"})
            named = wording.names(ask, marks["goal"] if ask.goal else "")
            own = wording.page_words(ask.own_words, form.language, named | person(ask, marks))
            note = _(
                "Thank you, you have answered already. To change that answer, please choose again; what else you leave"
                " empty stays as it was. It is not shown here, because a link can be passed on."
            )
            return render(
                "answer",
                ask,
                form.language,
                items=wording.asked(version, form.language, named, which),
                opening=[] if which else wording.lines(own.get("page_opening", "")),
                comment_prompt=wording.asked_with(wording.comment_prompt(version, form.language, named), own),
                comment_limit=current_app.extensions["settings"].COMMENT_LENGTH,
                given=given,
                errors=errors or {},
                problem=problem,
                note=note if ask.is_heard else None,
                editing=ask.is_heard and which is None,
                **{"tongues": form.languages}
                | {name: mark for name, mark in marks.items() if name in shown}
                | more,
            )


def person(ask: Ask, marks: Mapping[str, str]) -> dict[str, str]:
    """What stands for the person's own names; nothing where no first name is known."""
    return {"first_name": marks["first_name"] if ask.first_name else "", "account": marks["account"]}


def form_of(version: SurveyVersion, language: str) -> Form:
    """What the page takes with which a survey begins: the number always, else what staff say is needed, else the first."""
    questions = [question.asked for question in version.questions]
    first = [one for one in questions if not one.rule] or questions
    numbered = [one for one in first if one.kind.values]
    needed = {one.name for one in first if one.is_required} or {one.name for one in (numbered or first)[:1]}
    needed |= {one.name for one in first if one.kind.key == QuestionKind.NPS}
    offered = wording.languages(version)
    return forms.form_of(questions, wording.best(language, offered), needed, offered)


def tongues(form: Form, before: str, token: str, after: str = "") -> dict[str, Any]:
    """The languages to choose from on a page at that address, which keeps to the link whichever language it names."""
    return {"tongues": form.languages, "turn": (before + token.partition(IN_LANGUAGE)[0], after)}


def own_values(ask: Ask, token: str) -> dict[str, str]:
    """What is a person's own on the page of a question."""
    return {
        "token": token,
        "attempt": new_attempt(clock.now()),
        "goal": ask.goal or "",
        "first_name": ask.first_name or "",
        "account": ask.account_name,
    }


def addresses(token: str) -> dict[str, str]:
    """Where the forms and links of a person's pages lead."""
    return {
        "action": f"/a/{token}",
        "unsubscribe_url": f"/u/{token}",
        "once_url": f"/u/{token}?once=1",
        "other_url": f"/u/{token}?other=1",
    }


def places(ask: Ask, token: str) -> dict[str, str]:
    """A person's own values, and where their links lead."""
    return own_values(ask, token) | addresses(token)


def closed(ask: Ask, form: Form, token: str, posted: Posted | None = None) -> str:
    """The time is over, nothing was recorded; what was written is shown once more, so that it can be kept."""
    with addressing(form.language):
        until = None if ask.contact_status is ContactStatus.ERASED else ask.editable_until
        return render(
            "closed",
            ask,
            form.language,
            closed_on=format_date(ask.day_of(until), "long") if until else None,
            was_sent=posted is not None,
            written=posted.given.get("comment") if posted else None,
            **({} if posted else tongues(form, "/a/", token)),
        )


def declined(ask: Ask, form: Form, token: str, said: Decline, *, is_held: bool) -> str:
    """Nothing more will come of this ask; whoever only has no time now may still answer, for the others this is the end.

    `is_held`: a colleague decides what follows.
    """
    with addressing(form.language):
        if ask.is_heard and not is_held:
            heading = _("Your answer stays as it is")
            words = _("You have answered already, and nothing more will be sent.")
        elif said is Decline.NOT_NOW:
            heading = _("Not this time, then")
            words = _("We will not remind you. Should you change your mind:")
        else:
            heading = _("Thank you for telling us")
            words = [_("We will not remind you.")]
            if is_held:
                words.append(
                    _("Somebody at %(company)s reads this before anything else happens.", company=ask.company)
                )
        return render(
            "message",
            ask,
            form.language,
            heading=heading,
            words=words,
            do_url=f"/a/{token}" if said is Decline.NOT_NOW else None,
            do_words=_("To the question"),
        )


def skip(
    ask: Ask, form: Form, token: str, *, is_other: bool = False, successor: Successor | None = None
) -> str:
    """The page that asks before it skips only this ask; `is_other`: because somebody else is the one to answer."""
    with addressing(form.language):
        return render(
            "skip",
            ask,
            form.language,
            company=wording.names(ask)["company"],
            decline_url=f"/a/{token}/decline",
            back_url=f"/a/{token}",
            preferences_url=f"/u/{token}",
            is_other=is_other,
            given=successor.given if successor else {},
            errors=successor.errors if successor else {},
            **tongues(form, "/u/", token, "?other=1" if is_other else "?once=1"),
        )


def not_saved(posted: Posted, action: str) -> str:
    """Nothing could be looked up, not even the question: what was given is kept in a form that sends it again."""
    template = current_app.jinja_env.get_template("public/again.html")
    with addressing(browsers_choice()) as locale:
        frame = {"lang": locale.language, "text_direction": locale.text_direction}
        return template.render(action=action, given=posted.given, **frame)


def render(page: str, ask: Ask, language: str, **values: Any) -> str:
    """A page in the language in force, without what staff pages are given: no session is touched."""
    template = current_app.jinja_env.get_template(f"public/{page}.html")
    frame = {"lang": language, "text_direction": wording.direction(language), "company": ask.company}
    return template.render(frame | values)
