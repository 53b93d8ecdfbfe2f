"""Waves for other programs: launching one, how it stands, holding it and stopping it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

import marshmallow as ma
import sqlalchemy as sa
from flask_babel import gettext as _

from app.api.programs import the_program
from app.api.protocol.bearer import actor
from app.api.protocol.fields import Choice, Flag, Given, Id, Many, Moment, Shown, Text, Whole
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.api.protocol.today import present
from app.core.errors import Invalid, NotFound
from app.core.processes.queue import enqueue
from app.delivery import cadence, progress, waves
from app.delivery.asking.forms import LONGEST_WAIT
from app.delivery.models import PauseCause, Purpose, Wave, WaveState
from app.extensions import db
from app.surveys.models import Program

resource = Resource("waves", "Launches of programs.")
MOST_CONTACTS = 100_000
ALL = "all"
PLAIN = (
    "id",
    "program_id",
    "name",
    "purpose",
    "state",
    "launched_at",
    "launched_by",
    "send_at",
    "undo_until",
    "paused_reason",
    "pause_cause",
    "first_people",
    "finished_at",
    "updated_at",
)


# How many asks stand in each state, and all of them; the glossary says of each what it is.
WaveCounts = Shown.from_dict(
    {name: ma.fields.Integer(required=True) for name in progress.no_counts()}, name="WaveCounts"
)


class WaveRatesSchema(Shown):
    """`response` and `silence` of those reached, `bounce` of those mailed, 0 to 1 or null; `provisional` while asks are open."""

    response = ma.fields.Float(allow_none=True)
    silence = ma.fields.Float(allow_none=True)
    bounce = ma.fields.Float(allow_none=True)
    provisional = ma.fields.Boolean()


class WaveSchema(Shown):
    """A launch with its counts, which are disjoint and sum to the total. A dry run has counts and no id."""

    id = Id(allow_none=True, dump_default=None)
    program_id = Id(required=True)
    name = ma.fields.String(allow_none=True, dump_default=None)
    purpose = Choice(Purpose, allow_none=True, dump_default=None)
    state = Choice(WaveState, allow_none=True, dump_default=None)
    rehearsal = ma.fields.Boolean(allow_none=True, dump_default=None)
    launched_at = Moment(allow_none=True, dump_default=None)
    launched_by = ma.fields.String(allow_none=True, dump_default=None)
    send_at = Moment(allow_none=True, dump_default=None)
    undo_until = Moment(allow_none=True, dump_default=None)
    paused_reason = ma.fields.String(allow_none=True, dump_default=None)
    pause_cause = Choice(
        PauseCause,
        allow_none=True,
        dump_default=None,
        metadata={
            "description": "Why it is paused: a person did it; its first people were written to; 5 % of the mails "
            "bounced; two people complained; the mail server refuses us. Resume says that somebody looked."
        },
    )
    first_people = ma.fields.Integer(
        allow_none=True,
        dump_default=None,
        metadata={"description": "How many are written to before the rest; null where all are at once."},
    )
    finished_at = Moment(allow_none=True, dump_default=None)
    planning = ma.fields.Boolean(
        dump_default=False,
        metadata={
            "description": "While a large audience is being written down: the counts grow, and nothing is sent yet."
        },
    )
    counts = ma.fields.Nested(WaveCounts, required=True)
    left_out = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        dump_default=dict,
        metadata={"description": "How many of the suppressed for each reason."},
    )
    deferred = ma.fields.Integer(
        dump_default=0, metadata={"description": "How many of the suppressed are asked once they are free."}
    )
    ignore_send_window = ma.fields.Boolean(dump_default=False)
    first_due_at = Moment(
        allow_none=True,
        dump_default=None,
        metadata={"description": "When the first mail was or is to leave, in the window of that person."},
    )
    last_due_at = Moment(allow_none=True, dump_default=None)
    rates = ma.fields.Nested(WaveRatesSchema, dump_default=dict)
    machine_visits = ma.fields.Integer(dump_default=0)
    updated_at = Moment(allow_none=True, dump_default=None)


class WhoField(ma.fields.Field):
    """`all`, or a list of contact ids."""

    def __init__(self, **options):
        ids = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MOST_CONTACTS}
        about = {"oneOf": [{"const": "all"}, ids], "description": "`all` of the audience, or contact ids."}
        super().__init__(allow_none=False, metadata=about, **options)

    def _deserialize(self, value, attr, data, **more) -> list[int] | str:
        if value == ALL:
            return ALL
        found = Many(Id(), most=MOST_CONTACTS).deserialize(value, attr, data)
        if not found:
            raise ma.ValidationError(_("Name at least one contact, or all."))
        return list(dict.fromkeys(found))


class LaunchSchema(Given):
    """A launch. It waits for an undo, and after its first people, only if `undo_minutes` and `first_people` say so;
    `dry_run` gives the counts alone.
    """

    contacts = WhoField(load_default=ALL)
    name = Text(160, blank=True, load_default="")
    send_at = Moment(
        allow_none=True, load_default=None, metadata={"description": "Not before; at once if left out."}
    )
    ignore_send_window = Flag(
        load_default=False,
        metadata={
            "description": "Send at any hour, not only in the program's window on each person's clock."
        },
    )
    undo_minutes = Whole(0, 1440, load_default=0)
    first_people = Whole(
        0,
        1000,
        load_default=0,
        metadata={"description": "In a program's first wave: write to so many, then wait for `resume`."},
    )
    dry_run = Flag(load_default=False)


class WaveFilters(Filters):
    program_id = Many(Id())
    purpose = Many(Choice(Purpose))
    state = Many(Choice(WaveState))
    rehearsal = Flag(text=True)


WHERE = {
    "program_id": Wave.program_id.in_,
    "purpose": Wave.purpose.in_,
    "state": Wave.state.in_,
    "rehearsal": Wave.is_rehearsal.is_,
}


@resource.lists(
    "/waves", WaveSchema, filters=WaveFilters, stamp=Wave.updated_at, told=lambda rows: told(rows)
)
def find(asked):
    """List waves"""
    return sa.select(Wave).where(*matching(WHERE, asked))


@resource.reads("/waves/<int:wave_id>", WaveSchema)
def show(wave_id: int):
    """Show a wave and how it stands"""
    return told([the_wave(wave_id)])[0]


def told(found: Iterable[Wave]) -> list[dict]:
    """Waves with their counts, each kind of count in one query for all of them."""
    rows = list(found)
    ids = [wave.id for wave in rows]
    counts = progress.counts_of(db.session, ids)
    left_out = progress.reasons_of(db.session, ids)
    visits = progress.machine_visits_of(db.session, ids)
    days = progress.days_of(db.session, ids)
    return [
        {name: getattr(wave, name) for name in PLAIN}
        | {
            "rehearsal": wave.is_rehearsal,
            "planning": wave.judged_to is not None,
            "counts": counts[wave.id],
            "left_out": left_out[wave.id],
            "deferred": days[wave.id].deferred,
            "first_due_at": days[wave.id].first_at,
            "last_due_at": days[wave.id].last_at,
            "ignore_send_window": wave.ignores_window,
            "rates": progress.rates(counts[wave.id]),
            "machine_visits": visits.get(wave.id, 0),
        }
        for wave in rows
    ]


@resource.writes(
    "POST", "/programs/<int:program_id>/waves", WaveSchema, takes=LaunchSchema, status=201, or_status=200
)
def launch(given: dict, program_id: int):
    """Launch a wave, or count with dry_run whom it would ask (200)"""
    program, now = the_program(program_id), present().now
    check(given, now)
    contacts = None if given["contacts"] == ALL else given["contacts"]
    if given["dry_run"]:
        waves.require_launchable(program, is_for_many=contacts is None)
        undone = now + timedelta(minutes=given["undo_minutes"])
        first = max(given["send_at"] or now, undone)
        return foretold(program, contacts, first, ignores_window=given["ignore_send_window"]), 200
    wave = waves.launch(
        db.session,
        program,
        actor=actor(),
        now=now,
        launch_key=f"api:{secrets.token_hex(16)}",
        send_at=given["send_at"],
        undo_minutes=given["undo_minutes"],
        first_people=given["first_people"],
        contacts=contacts,
        name=given["name"],
        ignores_window=given["ignore_send_window"],
    )
    db.session.flush()
    if wave.judged_to is not None:
        enqueue(db.session, "plan_waves", "plan_waves")
    return told([wave])[0]


def check(given: dict, now: datetime) -> None:
    """Invalid for a moment too far away, and for people who cannot be in a wave."""
    errors = {}
    if given["send_at"] and given["send_at"] > now + LONGEST_WAIT:
        errors["send_at"] = _("Choose a moment within a year.")
    if given["contacts"] != ALL and (unknown := homeless(given["contacts"])):
        errors["contacts"] = _(
            "There are no such contacts at any account: %(ids)s.", ids=", ".join(unknown[:5])
        )
    if errors:
        raise Invalid(_("This wave cannot be launched like that."), errors=errors)


def homeless(ids: list[int]) -> list[str]:
    """Those of the ids that are no contact of an account."""
    there = set(db.session.scalars(waves.chosen(ids)))
    return [str(number) for number in ids if number not in there]


def foretold(program: Program, contacts: list[int] | None, first: datetime, *, ignores_window: bool) -> dict:
    """What a launch would come to."""
    people = cadence.people_of(program) if contacts is None else waves.chosen(contacts)
    ask = cadence.wave_of(db.session, program, people, at=first, ignores_window=ignores_window)
    until = first + timedelta(days=ask.rules.defer_days)
    found = cadence.counted(db.session, people, ask, free_by=until)
    planned = found.pop(None, cadence.NOBODY)
    suppressed = sum(counts.people for counts in found.values())
    counts = progress.no_counts() | {
        "total": planned.people + suppressed,
        "planned": planned.people,
        "suppressed": suppressed,
    }
    return {
        "program_id": program.id,
        "counts": counts,
        "left_out": {reason.value: counts.people for reason, counts in found.items()},
        "deferred": sum(counts.free_in_time for counts in found.values()) if ask.rules.defer_days else 0,
        "first_due_at": planned.first_at,
        "last_due_at": planned.last_at,
        "ignore_send_window": ignores_window,
    }


def the_wave(wave_id: int) -> Wave:
    wave = db.session.get(Wave, wave_id)
    if wave is None:
        raise NotFound(_("There is no such wave."))
    return wave


@resource.writes("POST", "/waves/<int:wave_id>/pause", WaveSchema)
def pause(wave_id: int):
    """Pause a wave"""
    return after(waves.pause, wave_id)


@resource.writes("POST", "/waves/<int:wave_id>/resume", WaveSchema)
def resume(wave_id: int):
    """Resume a paused wave"""
    return after(waves.resume, wave_id)


@resource.writes("POST", "/waves/<int:wave_id>/undo", WaveSchema)
def undo(wave_id: int):
    """Take back a launch that has not begun to send

    The wave and its asks are gone and nobody is quarantined; the answer is the wave as it was.
    """
    wave = the_wave(wave_id)
    was = told([wave])[0]
    waves.undo(db.session, wave, actor=actor(), now=present().now)
    return was


@resource.writes("POST", "/waves/<int:wave_id>/cancel", WaveSchema)
def cancel(wave_id: int):
    """Cancel a wave: nobody else is asked"""
    return after(waves.cancel, wave_id)


def after(verb, wave_id: int) -> dict:
    wave = the_wave(wave_id)
    verb(db.session, wave, actor=actor(), now=present().now)
    db.session.flush()
    return told([wave])[0]
