"""Filters of people by what they answered, by their silence and by the health of their account, lent to audiences."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.contacts.models import Account, Contact
from app.delivery.models import Invitation, InvitationState, Purpose
from app.health.models import Colour, Snapshot
from app.responses.models import Response
from app.surveys.segments.lent import Lent, lend

MOST_SILENCES = 5


class LastBand(StrEnum):
    """How somebody answered last."""

    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"
    NONE = "none"


LEAST = {LastBand.PROMOTER: 9, LastBand.PASSIVE: 7, LastBand.DETRACTOR: 0}
LAST_SCORE = (
    sa.select(Response.score)
    .where(
        Response.contact_id == Contact.id,
        Response.score.is_not(None),
        Response.is_rehearsal.is_(False),
        sa.or_(Response.is_maybe_automatic.is_(False), Response.reviewed_at.is_not(None)),
    )
    .order_by(Response.submitted_at.desc())
    .limit(1)
    .correlate(Contact)
    .scalar_subquery()
)
LAST_COLOUR = (
    sa.select(Snapshot.health_colour)
    .where(Snapshot.account_id == Account.id)
    .order_by(Snapshot.on.desc())
    .limit(1)
    .correlate(Account)
    .scalar_subquery()
)
REAL = (
    Invitation.contact_id == Contact.id,
    Invitation.is_rehearsal.is_(False),
    Invitation.purpose != Purpose.TEST,
)
LAST_HEARD = (
    sa.select(sa.func.max(Invitation.sent_at))
    .where(*REAL, Invitation.state.in_((InvitationState.ANSWERED, InvitationState.DECLINED)))
    .correlate(Contact)
    .scalar_subquery()
)


def of_health(values: list[str]) -> sa.ColumnElement[bool]:
    """The last stored health of the account has one of the colours; an account without a score is grey."""
    colours = [Colour(value) for value in values]
    found = LAST_COLOUR.in_(colours)
    return sa.or_(found, LAST_COLOUR.is_(None)) if Colour.GREY in colours else found


def of_last_band(values: list[str]) -> sa.ColumnElement[bool]:
    """The last recommendation of the person lies in one of the bands; none for who never gave one."""
    band = sa.case(
        (LAST_SCORE.is_(None), LastBand.NONE.value),
        *[(least <= LAST_SCORE, kind.value) for kind, least in LEAST.items()],
    )
    return band.in_(values)


def of_silence(values: list[str]) -> sa.ColumnElement[bool]:
    """At least so many asks in a row ended in silence since the person last answered or declined one."""
    asks = sa.select(sa.func.count()).select_from(Invitation)
    silent = asks.where(
        *REAL,
        Invitation.state == InvitationState.SILENT,
        sa.or_(LAST_HEARD.is_(None), Invitation.sent_at > LAST_HEARD),
    )
    return silent.correlate(Contact).scalar_subquery() >= min(map(int, values))


def install() -> None:
    """Lend the filters to audiences."""
    lend(HEALTH, LAST_BAND, SILENCE)


HEALTH = Lent(
    "health",
    _l("Health of the account"),
    {
        Colour.GREEN.value: _l("Green"),
        Colour.YELLOW.value: _l("Yellow"),
        Colour.RED.value: _l("Red"),
        Colour.GREY.value: _l("Not enough evidence"),
    },
    of_health,
)
LAST_BAND = Lent(
    "last_band",
    _l("Last answer"),
    {
        LastBand.PROMOTER.value: _l("Promoter"),
        LastBand.PASSIVE.value: _l("Passive"),
        LastBand.DETRACTOR.value: _l("Detractor"),
        LastBand.NONE.value: _l("Never answered"),
    },
    of_last_band,
)
SILENCE = Lent(
    "silent",
    _l("Silence, asks in a row"),
    {str(n): _l("%(number)s or more", number=n) for n in range(1, MOST_SILENCES + 1)},
    of_silence,
)
