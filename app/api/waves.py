"""Programs and their waves for other programs: what asks, launching it, and how it stands."""

from __future__ import annotations

import secrets

import marshmallow as ma
import sqlalchemy as sa
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import joinedload

from app.api.bearer import actor
from app.api.fields import Choice, Flag, Given, Id, Many, Moment, Shown, Whole
from app.api.frame import Resource
from app.api.paging import Filters, matching
from app.api.today import present
from app.core.errors import NotFound
from app.delivery import cadence, progress, waves
from app.delivery.models import Wave, WaveState
from app.extensions import db
from app.surveys.models import Program, ProgramKind, ProgramStatus

resource = Resource("programs", "Who is asked what, and each launch of it.")
MOST_CONTACTS = 100_000


class ProgramSchema(Shown):
    """A program."""

    id = Id(required=True)
    name = ma.fields.String(required=True)
    survey = ma.fields.String(attribute="survey.key", required=True)
    kind = Choice(ProgramKind, required=True)
    status = Choice(ProgramStatus, required=True)
    audience = ma.fields.Dict(required=True)
    cadence = ma.fields.Dict(required=True)
    reminders = ma.fields.List(ma.fields.Integer(), required=True)
    window = ma.fields.Dict(required=True)
    quarantine = ma.fields.Dict(required=True)
    updated_at = Moment(required=True)


class WaveSchema(Shown):
    """A launch with its counts, which are disjoint and sum to the total. A dry run has counts and no id."""

    id = Id(allow_none=True, dump_default=None)
    program_id = Id(required=True)
    name = ma.fields.String(allow_none=True, dump_default=None)
    state = Choice(WaveState, allow_none=True, dump_default=None)
    rehearsal = ma.fields.Boolean(allow_none=True, dump_default=None)
    launched_at = Moment(allow_none=True, dump_default=None)
    send_at = Moment(allow_none=True, dump_default=None)
    undo_until = Moment(allow_none=True, dump_default=None)
    counts = ma.fields.Dict(required=True, values=ma.fields.Integer())
    left_out = ma.fields.Dict(values=ma.fields.Integer(), dump_default=dict)
    rates = ma.fields.Dict(dump_default=dict)
    machine_visits = ma.fields.Integer(dump_default=0)


class WhoField(ma.fields.Field):
    """`all`, or a list of contact ids."""

    def _deserialize(self, value, attr, data, **more):
        return None if value == "all" else Many(Id(), most=MOST_CONTACTS).deserialize(value, attr, data)


class LaunchSchema(Given):
    """A launch. It waits for an undo only if `undo_minutes` says so; `dry_run` gives the counts alone."""

    contacts = WhoField(load_default=None, metadata={"description": "`all`, or a list of contact ids."})
    send_at = Moment(allow_none=True, load_default=None)
    ignore_send_window = Flag(
        load_default=False, metadata={"description": "Without effect until windows exist."}
    )
    undo_minutes = Whole(0, 1440, load_default=0)
    dry_run = Flag(load_default=False)


class ProgramFilters(Filters):
    status = Many(Choice(ProgramStatus))
    kind = Many(Choice(ProgramKind))


WHERE = {"status": Program.status.in_, "kind": Program.kind.in_}


@resource.lists("/programs", ProgramSchema, filters=ProgramFilters, stamp=Program.updated_at)
def find(asked):
    """List programs"""
    return sa.select(Program).where(*matching(WHERE, asked)).options(joinedload(Program.survey))


@resource.reads("/programs/<int:program_id>", ProgramSchema)
def show(program_id: int):
    """Show a program"""
    return the_program(program_id)


def the_program(program_id: int) -> Program:
    program = db.session.get(Program, program_id)
    if program is None:
        raise NotFound(_("There is no such program."))
    return program


@resource.writes("POST", "/programs/<int:program_id>/waves", WaveSchema, takes=LaunchSchema, status=201)
def launch(given: dict, program_id: int):
    """Launch a wave, or count with dry_run whom it would ask"""
    program, now = the_program(program_id), present().now
    if given["dry_run"]:
        return foretold(program, given["contacts"], max(given["send_at"] or now, now)), 201
    wave = waves.launch(
        db.session,
        program,
        actor=actor(),
        now=now,
        launch_key=f"api:{secrets.token_hex(16)}",
        send_at=given["send_at"],
        undo_minutes=given["undo_minutes"],
        contacts=given["contacts"],
    )
    db.session.flush()
    return told(wave)


def foretold(program: Program, contacts: list[int] | None, at) -> dict:
    """What a launch would come to."""
    people = cadence.people_of(program) if contacts is None else waves.chosen(contacts)
    found = cadence.left_out(db.session, people, cadence.ask_of(db.session, program, at=at))
    planned = found.pop(None, 0)
    suppressed = sum(found.values())
    counts = {"total": planned + suppressed, "planned": planned, "suppressed": suppressed}
    return {
        "program_id": program.id,
        "counts": counts,
        "left_out": {str(getattr(reason, "value", reason)): count for reason, count in found.items()},
    }


def told(wave: Wave) -> dict:
    counts = progress.wave_counts(db.session, wave.id)
    names = ("id", "program_id", "name", "state", "launched_at", "send_at", "undo_until")
    return {name: getattr(wave, name) for name in names} | {
        "rehearsal": wave.is_rehearsal,
        "counts": counts,
        "rates": progress.rates(counts),
        "machine_visits": progress.machine_visits(db.session, wave.id),
    }


def the_wave(wave_id: int) -> Wave:
    wave = db.session.get(Wave, wave_id)
    if wave is None:
        raise NotFound(_("There is no such wave."))
    return wave


@resource.reads("/waves/<int:wave_id>", WaveSchema)
def show_wave(wave_id: int):
    """Show a wave and how it stands"""
    return told(the_wave(wave_id))


@resource.writes("POST", "/waves/<int:wave_id>/pause", WaveSchema)
def pause(wave_id: int):
    """Pause a wave"""
    return after(waves.pause, wave_id)


@resource.writes("POST", "/waves/<int:wave_id>/resume", WaveSchema)
def resume(wave_id: int):
    """Resume a paused wave"""
    return after(waves.resume, wave_id)


@resource.writes("POST", "/waves/<int:wave_id>/cancel", WaveSchema)
def cancel(wave_id: int):
    """Cancel a wave: nobody else is asked"""
    return after(waves.cancel, wave_id)


def after(verb, wave_id: int) -> dict:
    wave = the_wave(wave_id)
    verb(db.session, wave, actor=actor(), now=present().now)
    db.session.flush()
    return told(wave)
