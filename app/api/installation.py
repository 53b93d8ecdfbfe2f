"""The installation for other programs: rehearsal or live, what stands in the way, and the step itself."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import marshmallow as ma
from flask import Response, after_this_request, current_app

from app.api.protocol.bearer import actor
from app.api.protocol.fields import Flag, Given, Moment, Shown, Text
from app.api.protocol.frame import Resource
from app.api.protocol.today import present
from app.auth.models import Scope
from app.core.installation import installation
from app.extensions import db
from app.setup import going_live, removal

resource = Resource("installation", "Rehearsal and going live.")


class BlockerSchema(Shown):
    """One thing that stands in the way, and how it is put right."""

    code = ma.fields.String(required=True)
    words = ma.fields.String(required=True)
    fix = ma.fields.String(required=True)


class InstallationSchema(Shown):
    """Where the installation stands. In rehearsal mail reaches the mailbox page and the allow list only."""

    company = ma.fields.String(required=True)
    product = ma.fields.String(required=True)
    time_zone = ma.fields.String(required=True)
    language = ma.fields.String(required=True)
    live_at = Moment(required=True, allow_none=True, metadata={"description": "Null during rehearsal."})
    blockers = ma.fields.List(
        ma.fields.Nested(BlockerSchema),
        required=True,
        metadata={"description": "What stands in the way of going live; empty when live."},
    )
    remains = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        required=True,
        metadata={"description": "How much there is of what was only for trying out; going live deletes it."},
    )


class GoingLiveSchema(Given):
    """Going live. Customers get real mail from then on."""

    confirm = Text(
        100, required=True, metadata={"description": f"The words `{going_live.PHRASE}`, typed by a person."}
    )
    remove_demo = Flag(load_default=False, metadata={"description": "Remove the demo company with it."})


class LiveSchema(Shown):
    """Since when the installation is live, and what was deleted with the step."""

    live_at = Moment(required=True)
    removed = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)


@resource.reads("/installation", InstallationSchema, scope=Scope.ADMIN)
def show():
    """Show where the installation stands and what is in the way of going live"""
    row, now = installation(db.session), present().now
    names = ("company", "product", "time_zone", "language", "live_at")
    blockers = [] if row.is_live else going_live.blockers(db.session, settings(), now=now)
    return {name: getattr(row, name) for name in names} | {
        "blockers": blockers,
        "remains": asdict(removal.remains(db.session)),
    }


@resource.writes(
    "POST", "/installation/live", LiveSchema, takes=GoingLiveSchema, status=201, scope=Scope.ADMIN
)
def go_live(given: dict):
    """Go live

    Refused (409) with a sentence for each thing that stands in the way. Deletes rehearsal waves with all they caused,
    and the demo company when told so.
    """
    now: datetime = present().now
    gone = going_live.go_live(db.session, settings(), actor=actor(), now=now, **given)
    after_this_request(emptied)
    return {"live_at": now, "removed": asdict(gone)}


def emptied(response: Response) -> Response:
    """Once the step is committed, the kept mails of the rehearsal go: their links lead nowhere."""
    if response.status_code == 201:
        going_live.empty_mailbox(settings())
    return response


def settings():
    return current_app.extensions["settings"]
