"""Reading the respondent's form: strictly, because what is recorded must be what was meant.

Every value is exactly one of the scale's numbers, given once; anything else is an error at its field, and the form
comes back as it was filled in.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from flask import Request
from flask_babel import lazy_gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from app.core import text
from app.delivery.models import Decline
from app.responses.recording import Said
from app.surveys.kinds import refusals
from app.surveys.kinds.branching import following, is_shown
from app.surveys.kinds.kind import Asked, Given, Wrong
from app.surveys.models import QuestionKind

COMMENT = QuestionKind.COMMENT.value
MOST_FIELDS = 100
LONGEST_ATTEMPT = 64
MOST_OF_A_NAME = 200
# A character takes up to four bytes, and three signs for each when it is encoded for a form.
BYTES_PER_CHARACTER = 12
ROOM_FOR_THE_REST = 8192
NUMBERS = {str(number): number for number in range(11)}
# The links of our mails, so that each need not be taken apart anew.
LINKS = {b"": None} | {b"score=%d" % number: number for number in range(11)}
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


@dataclass(frozen=True)
class Form:
    """What a page of a survey version takes: its scales, what must be answered, a comment or not, and all other kinds.

    `scales` and the comment have columns of their own; `others` stand beside the response, in their order. Questions
    that depend on an answer come `later`, on a page of their own. `languages` are those in which it is asked.
    """

    scales: Mapping[str, range]
    required: frozenset[str]
    has_comment: bool
    language: str
    others: tuple[Asked, ...] = ()
    later: tuple[Asked, ...] = ()
    languages: tuple[str, ...] = ()

    def answers(self, said: Said) -> dict[str, Given]:
        """What was said, by the names of the questions."""
        names = {asked.id: asked.name for asked in (*self.others, *self.later)}
        found = {names[id]: given for id, given in said.others.items() if id in names}
        for name in self.scales:
            if (number := getattr(said, name)) is not None:
                found[name] = Given(name, number)
        if said.comment:
            found[COMMENT] = Given(COMMENT, words=said.comment)
        return found

    def following(self, said: Said) -> list[Asked]:
        """The questions of a further page that fit what was said."""
        return following(self.later, self.answers(said))

    def fitting(self, said: Said) -> Said:
        """What was said, without answers to questions that it does not lead to any more."""
        answers = self.answers(said)
        gone = {one.id for one in self.later if one.id in said.others and not is_shown(one.rule, answers)}
        return (
            replace(said, others={id: said.others[id] for id in said.others.keys() - gone}) if gone else said
        )

    def further(self, questions: Sequence[Asked]) -> Form:
        """The form of a page with only these questions."""
        return form_of(questions, self.language, {one.name for one in questions if one.is_required})


def form_of(
    questions: Sequence[Asked], language: str, required: Collection[str], languages: Sequence[str] = ()
) -> Form:
    """A form for these questions, those with a rule left for later unless all of them have one."""
    first = [one for one in questions if not one.rule] or list(questions)
    return Form(
        {one.name: one.kind.values for one in first if one.kind.column and one.kind.values},
        frozenset(required),
        any(one.kind.key == COMMENT for one in first),
        language,
        tuple(one for one in first if not one.kind.column),
        tuple(one for one in questions if one not in first),
        tuple(languages),
    )


class Filled(dict[str, str]):
    """The first value of each field; `getlist` gives all of a field, `pairs` all of all fields."""

    def __init__(self, values: Mapping[str, list[str]]):
        super().__init__({name: found[0] for name, found in values.items()})
        self.lists = values

    def getlist(self, name: str) -> list[str]:
        return self.lists.get(name, [])

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return [(name, value) for name, found in self.lists.items() for value in found]


@dataclass
class Posted:
    """The fields as they came. `is_readable` is false when they were not valid text."""

    values: dict[str, list[str]] = field(default_factory=dict)
    is_readable: bool = True
    is_too_large: bool = False

    @property
    def given(self) -> Filled:
        """What to show in the form again."""
        return Filled(self.values)

    @property
    def attempt(self) -> str | None:
        """The name of this filling-in of the form."""
        return self.values.get("attempt", [""])[0][:LONGEST_ATTEMPT] or None


def new_attempt(now: datetime) -> str:
    """A name for one filling-in of the form, by which a repeat is known; it tells when its page was made."""
    number = random.getrandbits(96)  # noqa: S311 A name and no secret: the link alone opens the form.
    return f"{number:024x}.{int(now.timestamp() * 1000):x}"


def made_at(attempt: str | None) -> datetime | None:
    """When the page of a form was made, by its attempt; None where that says nothing of it."""
    try:
        return datetime.fromtimestamp(int((attempt or "").rpartition(".")[2][:12], 16) / 1000, UTC)
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True)
class Successor:
    """Who is named as the one to ask instead; both parts may be missing. `given` is what was typed."""

    name: str = ""
    email: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_wrong(self) -> bool:
        return bool(self.errors)


def declined(posted: Posted) -> tuple[Decline, Successor]:
    """Why somebody will not answer, and who should instead. Anything unknown is a plain "not this time"."""
    why = posted.given.get("why", "")
    if why not in (Decline.NOT_ME, Decline.LEFT):
        return Decline.NOT_NOW, Successor()
    errors: dict[str, str] = {}
    name, email = posted.given.get("name", ""), posted.given.get("email", "").strip()
    try:
        name = text.line(name, limit=MOST_OF_A_NAME)
    except text.UnreadableText:
        errors["name"] = _("Please write a shorter name.")
    try:
        email = text.email(email) if email else None
    except text.UnreadableText:
        errors["email"] = _("This is not an e-mail address.")
    return Decline(why), Successor(name, email, posted.given, errors)


def chosen(request: Request) -> int | None:
    """The number that a link of the mail carries, or None."""
    if request.query_string in LINKS:
        return LINKS[request.query_string]
    return NUMBERS.get(request.args.get("score", ""))


def read(request: Request, comment_length: int) -> Posted:
    """The fields of a posted form, urlencoded or multipart; nothing is taken in beyond what a full form needs."""
    limit = comment_length * BYTES_PER_CHARACTER + ROOM_FOR_THE_REST
    if (body := at_hand(request.environ, limit)) is not None:
        return decoded(body)
    request.max_content_length = request.max_form_memory_size = limit
    try:
        if request.mimetype == MULTIPART:
            return mended(list(request.form.items(multi=True)))
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return Posted(beginning(request, limit), is_too_large=True)
    return decoded(body) if request.mimetype == URLENCODED else Posted()


def at_hand(environ: Mapping[str, Any], limit: int) -> bytes | None:
    """The body of an urlencoded form that lies in memory already, as long as it was said to be (`core/web/bodies`).

    None for any other: the framework reads those, which takes it several times as long.
    """
    source = environ["wsgi.input"]
    if type(source) is not BytesIO or environ.get("CONTENT_TYPE") != URLENCODED:
        return None
    body = source.getvalue()
    return body if len(body) <= limit and environ.get("CONTENT_LENGTH") == str(len(body)) else None


def beginning(request: Request, limit: int) -> dict[str, list[str]]:
    """The fields that came whole before one that is too long: the number stands before the words about it.

    Nothing of a body that is still on its way, nor of one in another form.
    """
    source = request.environ["wsgi.input"]
    if request.mimetype != URLENCODED or not getattr(source, "seekable", bool)():
        return {}
    return decoded(source.read(limit).rpartition(b"&")[0]).values


def decoded(body: bytes) -> Posted:
    """The fields of an urlencoded body, in strict UTF-8, in which there are no halves of characters."""
    try:
        return Posted(collected(parse_qsl(body.decode(), True, errors="strict", max_num_fields=MOST_FIELDS)))
    except UnicodeDecodeError:
        return Posted(collected(legible(body)), is_readable=False)
    except ValueError:
        return Posted(is_readable=False)


def legible(body: bytes) -> list[tuple[str, str]]:
    """What can be made out of a body that is no UTF-8, nothing of one with too many fields."""
    try:
        return parse_qsl(body.decode(errors="replace"), True, errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError:
        return []


def mended(pairs: list[tuple[str, str]]) -> Posted:
    """The fields of a multipart body, where the framework leaves halves of characters; they are marked as missing."""
    if not any(text.SURROGATE.search(value) for _name, value in pairs):
        return Posted(collected(pairs))
    return Posted(
        collected([(name, text.SURROGATE.sub("\ufffd", value)) for name, value in pairs]), is_readable=False
    )


def collected(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def check(posted: Posted, form: Form, comment_length: int) -> tuple[Said, dict[str, str]]:
    """What was said, and what is wrong with it by field, in words that are found when they are shown."""
    errors: dict[str, str] = {}
    answers = {
        name: one_of(scale, posted.values.get(name, []), name in form.required, name, errors)
        for name, scale in form.scales.items()
    }
    comment = comment_of(posted, comment_length, errors) if form.has_comment else ""
    if not comment and "comment" in form.required:
        errors.setdefault("comment", refusals.WRITE)
    if form.others:
        return Said(comment=comment, **answers, others=others_of(posted, form, errors)), errors
    return Said(comment=comment, **answers), errors


def others_of(posted: Posted, form: Form, errors: dict[str, str]) -> dict[int, Given]:
    """The answers of kinds that have no column of their own."""
    found = {}
    for asked in form.others:
        try:
            given = asked.kind.read(asked, posted.values)
        except Wrong as wrong:
            errors[asked.name] = wrong.words
            continue
        if given is not None:
            found[asked.id] = given
        elif asked.name in form.required:
            errors[asked.name] = refusals.missing(asked.kind)
    return found


def one_of(
    scale: range, values: list[str], is_required: bool, name: str, errors: dict[str, str]
) -> int | None:
    """The one number of `scale` that `values` hold; None when none was given and none is needed."""
    if not any(values):
        if is_required:
            errors[name] = refusals.CHOOSE_NUMBER
        return None
    choices = choices_of(scale)
    if len(values) > 1 or values[0] not in choices:
        errors[name] = refusals.choose_one(scale)
        return None
    return choices[values[0]]


@cache
def choices_of(scale: range) -> dict[str, int]:
    """The numbers of a scale by what a form says for them; there are as many scales as kinds of question have."""
    return {str(number): number for number in scale}


def comment_of(posted: Posted, limit: int, errors: dict[str, str]) -> str:
    """The comment in storable form; lines of several comment fields are joined, so that no word is lost."""
    if posted.is_too_large:
        errors["comment"] = refusals.too_long(limit)
        return ""
    if not posted.is_readable:
        errors["comment"] = _("Some of these characters could not be read. Please type them again.")
        return ""
    try:
        return refusals.storable(posted.values.get("comment", []), limit)
    except Wrong as wrong:
        errors["comment"] = wrong.words
        return ""
