"""Programs for other programs: who is asked what, by which rules, in which words; made and changed as on the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import marshmallow as ma
import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from app.api.protocol.bearer import actor
from app.api.protocol.fields import Choice, Email, Flag, Given, Id, Many, Moment, Shown, Text, Worded
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.api.protocol.today import present
from app.auth.models import Staff
from app.contacts.syncing import owner_named
from app.core import audit
from app.core.errors import Invalid, NotFound
from app.extensions import db
from app.surveys import audience, rules, saving
from app.surveys.forms import LONGEST_OPENING, LONGEST_SUBJECT
from app.surveys.models import Program, ProgramKind, ProgramStatus, Survey
from app.surveys.plans import schedules
from app.surveys.segments import saved as segments
from app.surveys.templates import shipped_words
from app.surveys.words.translating import LANGUAGES

resource = Resource("programs", "Who is asked what, by which rules.")
LOADED = (joinedload(Program.survey), joinedload(Program.sender))
RULES = "Every rule with the value that holds. In a change, only what is named changes; null takes the default back."
FROM_OWNER = (
    "Mails carry the name of the owner of the account, who gets the replies; without an owner the company's."
)
AUDIENCE = (
    "Any of the values of each filter: `tiers` (no tier counts as 2), `stages`, `roles`, `owners` (addresses of staff, "
    "null for nobody), `languages` and `countries` (null for not known), `accounts` (ids), `segment` (an object of "
    "attributes with lists of values), `health` of the account (`green`, `yellow`, `red`, `grey`), `last_band` (`promoter`, "
    "`passive`, `detractor`, `none`: never answered), `silent` (asks in a row at least, `1` to `5`), `segments` (ids of "
    "saved ones). Empty: everybody at an account. In a change it is taken as a whole."
)
SCHEDULE = (
    "When it asks by itself; null: only when launched. `kind` is `drip` for relationship programs: everybody every "
    "`every_days`, evenly over the sending days; the people of an account over spans of `spread_days`; new people after "
    "`new_after_days`. For transactional programs: `stage` (`stage`, `after_days`), `renewal` (`before_days`), `start` "
    "of an account, `joined` (a person became known) or `signal` (`type`), each with `after_days`. Asks are known "
    "`notice_days` working days before, after a signal at once. What is left out has its default. Taken as a whole."
)


class ObjectField(Worded, ma.fields.Dict):
    """A JSON object whose inside the domain checks."""

    default_error_messages = {"invalid": _l("This must be an object.")}

    def __init__(self, description: str, **options):
        super().__init__(keys=ma.fields.String(), metadata={"description": description}, **options)

    def _deserialize(self, value, attr, data, **more) -> dict:
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        return dict(value)


class ListField(Worded, ma.fields.List):
    """A JSON list whose inside the domain checks."""

    default_error_messages = {"invalid": _l("This must be a list.")}

    def _deserialize(self, value, attr, data, **more) -> list:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        return value


class MailWords(Given):
    """The program's own words in one language, in place of the survey's.

    `{first_name}`, `{account}`, `{company}`, `{product}` and in mails `{sender}` are filled in; other braces are refused.
    `page_opening` and `page_comment` stand on the page of the question, `thanks` after the answer (`thanks_low` for
    detractors).
    """

    subject = Text(LONGEST_SUBJECT, blank=True)
    opening = Text(LONGEST_OPENING, blank=True, lines=True)
    closing = Text(LONGEST_OPENING, blank=True, lines=True)
    reminder_subject = Text(LONGEST_SUBJECT, blank=True)
    reminder_opening = Text(LONGEST_OPENING, blank=True, lines=True)
    last_reminder_opening = Text(LONGEST_OPENING, blank=True, lines=True)
    page_opening = Text(LONGEST_OPENING, blank=True, lines=True)
    page_comment = Text(LONGEST_SUBJECT, blank=True)
    thanks = Text(LONGEST_OPENING, blank=True, lines=True)
    thanks_low = Text(LONGEST_OPENING, blank=True, lines=True)


class MailField(Worded, ma.fields.Dict):
    """The program's own words by language."""

    default_error_messages = {
        "invalid": _l("This must be an object."),
        "language": _l("There are no surveys in this language."),
    }

    def __init__(self, **options):
        super().__init__(keys=ma.fields.String(), values=ma.fields.Nested(MailWords), **options)

    def _deserialize(self, value, attr, data, **more) -> dict:
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        if not {*shipped_words(), *LANGUAGES} >= value.keys():
            raise self.make_error("language")
        found = super()._deserialize(value, attr, data, **more)
        kept = {tag: {name: words for name, words in own.items() if words} for tag, own in found.items()}
        return {tag: own for tag, own in kept.items() if own}


class ProgramSchema(Shown):
    """A program."""

    id = Id(required=True)
    name = ma.fields.String(required=True)
    survey = ma.fields.String(required=True, metadata={"description": "The key of the survey."})
    kind = Choice(ProgramKind, required=True)
    status = Choice(ProgramStatus, required=True)
    audience = ma.fields.Dict(required=True, metadata={"description": AUDIENCE})
    cadence = ma.fields.Dict(required=True, metadata={"description": RULES})
    schedule = ma.fields.Dict(required=True, allow_none=True, metadata={"description": SCHEDULE})
    reminders = ma.fields.List(
        ma.fields.Integer(), required=True, metadata={"description": "Days after sending."}
    )
    window = ma.fields.Dict(required=True, metadata={"description": RULES})
    quarantine = ma.fields.Dict(required=True, metadata={"description": RULES})
    mail = ma.fields.Dict(required=True, metadata={"description": "Own words by language."})
    is_from_owner = ma.fields.Boolean(required=True, metadata={"description": FROM_OWNER})
    sender_email = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "In whose name; null: the company."}
    )
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class ProgramChangesSchema(Given):
    """What of a program is to be different; what is left out stays."""

    name = Text(120)
    survey = Text(64)
    kind = Choice(ProgramKind)
    status = Choice(ProgramStatus)
    audience = ObjectField(AUDIENCE)
    cadence = ObjectField(RULES)
    schedule = ObjectField(SCHEDULE, allow_none=True)
    reminders = ListField(ma.fields.Integer())
    window = ObjectField(RULES)
    quarantine = ObjectField(RULES)
    mail = MailField()
    is_from_owner = Flag(metadata={"description": FROM_OWNER})
    sender_email = Email(allow_none=True)


class NewProgramSchema(ProgramChangesSchema):
    """A new program: active and for everybody unless it says otherwise, by the usual rules."""

    name = Text(120, required=True)
    survey = Text(64, required=True)


class ProgramFilters(Filters):
    name = Many(Text(120))
    survey = Many(Text(64))
    status = Many(Choice(ProgramStatus))
    kind = Many(Choice(ProgramKind))


WHERE = {
    "name": Program.name.in_,
    "survey": lambda keys: Program.survey.has(Survey.key.in_(keys)),
    "status": Program.status.in_,
    "kind": Program.kind.in_,
}


def told(programs: Iterable[Program]) -> list[dict]:
    """Programs as they are sent: every rule with the value that holds, owners by their address."""
    programs = list(programs)
    addresses = addresses_in([program.audience for program in programs])
    return [one(program, addresses) for program in programs]


def addresses_in(filters: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """The addresses of the owners that stored filters name, by id."""
    owners = {number for given in filters for number in audience.ids(given, "owners")}
    query = sa.select(Staff.id, Staff.email).where(Staff.id.in_(owners))
    return dict(map(tuple, db.session.execute(query))) if owners else {}


def one(program: Program, addresses: Mapping[int, str]) -> dict:
    names = ("id", "name", "kind", "schedule", "status", "mail", "is_from_owner", "created_at", "updated_at")
    return (
        {name: getattr(program, name) for name in names}
        | rules_of(program)
        | {
            "survey": program.survey.key,
            "sender_email": program.sender.email if program.sender else None,
            "audience": audience_shown(program.audience, addresses),
        }
    )


def audience_shown(stored: Mapping[str, Any], addresses: Mapping[int, str]) -> dict[str, Any]:
    """The stored filter, owners by their address and accounts by their id as a string."""
    shown = dict(stored)
    if "owners" in shown:
        shown["owners"] = [n if n is None else addresses.get(n, str(n)) for n in shown["owners"]]
    if "segments" in shown:
        shown["segments"] = [str(one["id"]) for one in shown["segments"]]
    if "accounts" in shown:
        shown["accounts"] = [str(number) for number in shown["accounts"]]
    return shown


def rules_of(program: Program) -> dict[str, Any]:
    """Every rule of a program by its place, defaults filled in."""
    of = rules.of(program)
    found: dict[str, Any] = {column: {} for column in rules.COLUMNS}
    for name, (column, key, *_limits) in (rules.WHOLE | rules.DAYS).items():
        value = getattr(of, name)
        found[column][key] = list(value) if name in rules.DAYS else value
    return found | {"reminders": list(of.reminder_days)}


@resource.lists("/programs", ProgramSchema, filters=ProgramFilters, stamp=Program.updated_at, told=told)
def find(asked):
    """List programs"""
    return sa.select(Program).where(*matching(WHERE, asked)).options(*LOADED)


@resource.reads("/programs/<int:program_id>", ProgramSchema)
def show(program_id: int):
    """Show a program"""
    return told([the_program(program_id)])[0]


def the_program(program_id: int, *, lock: bool = False) -> Program:
    program = db.session.get(Program, program_id, with_for_update=lock or None)
    if program is None:
        raise NotFound(_("There is no such program."))
    return program


@resource.writes("POST", "/programs", ProgramSchema, takes=NewProgramSchema, status=201)
def add(given: dict):
    """Make a program"""
    return saved(None, given, "program.added")


@resource.writes("PATCH", "/programs/<int:program_id>", ProgramSchema, takes=ProgramChangesSchema)
def change(given: dict, program_id: int):
    """Change a program"""
    return saved(the_program(program_id, lock=True), given, "program.changed")


def saved(program: Program | None, given: dict, action: str) -> dict:
    """Check what was given as the pages check it, write it, and tell the audit trail."""
    now = present().now
    values = {
        name: given[name] for name in ("name", "kind", "status", "mail", "is_from_owner") if name in given
    }
    if "survey" in given:
        values["survey"] = survey_called(given["survey"], program)
    if "sender_email" in given:
        values["sender"] = sender_named(given["sender_email"])
    if "audience" in given:
        wanted = audience.checked(by_id(given["audience"]))
        audience.require_known(db.session, wanted)
        values["audience"] = segments.bound(db.session, wanted)
    values |= schedule_given(given, program)
    found = saving.write(db.session, program, values | rules_given(given, program))
    if given:
        found.updated_at = now
        subject = f"program:{found.id}"
        audit.note(db.session, actor(), action, subject=subject, now=now, name=found.name)
        db.session.flush()
    return told([found])[0]


def schedule_given(given: dict, program: Program | None) -> dict[str, Any]:
    """The schedule, looked at again when the kind of the program changes."""
    if "schedule" not in given and not (program and "kind" in given):
        return {}
    former = program.schedule if program else None
    kind = given.get("kind") or (program.kind if program else ProgramKind.RELATIONSHIP)
    wanted = given.get("schedule", former)
    return {"schedule": schedules.checked(wanted, kind, today=present().today, former=former)}


def survey_called(key: str, program: Program | None) -> Survey:
    """The survey of that key. One that is archived can only be kept."""
    found = db.session.scalars(sa.select(Survey).where(Survey.key == key)).one_or_none()
    is_kept = found is not None and program is not None and program.survey_id == found.id
    if found is None or (found.archived_at and not is_kept):
        words = _("There is no such survey.")
        raise Invalid(words, errors={"survey": words})
    return found


def sender_named(email: str | None) -> Staff | None:
    try:
        return owner_named(db.session, email)
    except Invalid as error:
        raise Invalid(error.words, errors={"sender_email": error.words}) from None


def by_id(given: dict[str, Any]) -> dict[str, Any]:
    """The filter with its owners by their id, where they are given by their address."""
    owners = given.get("owners")
    if not isinstance(owners, list):
        return given
    wanted = {owner.lower() for owner in owners if isinstance(owner, str) and "@" in owner}
    address = sa.func.lower(Staff.email)
    known = {}
    if wanted and len(wanted) <= audience.MOST_VALUES:
        readable = [owner for owner in wanted if owner.isprintable()]
        query = sa.select(address, Staff.id).where(address.in_(readable))
        known = dict(map(tuple, db.session.execute(query)))
    if wanted - known.keys():
        words = _("No member of staff has this address.")
        raise Invalid(_("This audience cannot be used."), errors={"audience.owners": words})
    return given | {"owners": [known.get(o.lower(), o) if isinstance(o, str) else o for o in owners]}


def rules_given(given: dict, program: Program | None) -> dict[str, Any]:
    """The columns of the rules with what was given in its place; nothing when nothing was."""
    if not given.keys() & {*rules.COLUMNS, "reminders"}:
        return {}
    kept = {column: dict(getattr(program, column)) if program else {} for column in rules.COLUMNS}
    merged = {column: kept[column] | given.get(column, {}) for column in rules.COLUMNS}
    reminders = given.get("reminders", program.reminders if program else None)
    return rules.columns(rules.checked(**merged, reminders=reminders))
