"""Where past asks lie: a program for each survey that is asked no more, and in it a wave for each survey and month.

A person is asked once in a wave, so whoever was asked the same twice in a month has the second ask in a wave beside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.importers.layout import Layout
from app.core import clock
from app.core.installation import installation
from app.delivery.models import Channel, Invitation, InvitationState, Wave, WaveState
from app.responses.models import Response
from app.responses.recording import FIELDS, Said
from app.surveys import templates
from app.surveys.models import Program, ProgramKind, ProgramStatus, Survey

PREFIX = "history:"
NAME = "Before JustAsk: %s"
FROM_FILE = "a file of past asks"
VALUES = {"value_overall", "value_goal", "value_ease"}
AskKey = tuple[int, str, date]
"""Person, survey and day: by these an ask of a file is known again."""


@dataclass(frozen=True)
class Lying:
    """A past ask that is in the database already."""

    id: int
    contact_id: int
    survey: str
    state: InvitationState
    sent_at: datetime
    closes_at: datetime
    said: Said | None


def folded(survey: str) -> str:
    return " ".join(survey.casefold().split())


def survey_key(layout: Layout) -> str:
    """Which of the shipped surveys a file tells answers of, by its columns."""
    has_score, has_value = "score" in layout.columns, bool(VALUES & layout.columns.keys())
    return "nps_value" if has_score and has_value else "value" if has_value else "nps"


class Shelves:
    """The waves of one import; `used` are those in which a person or a mailbox has an ask."""

    def __init__(self, session: Session, key: str, *, now: datetime):
        self.session, self.key, self.now = session, key, now
        self.zone = installation(session).zone
        self.waves: dict[str, Wave] = {}
        self.used: set[tuple[str, int | str]] = set()
        self._program: Program | None = None

    def known(self, people: Collection[int], mailboxes: Collection[str]) -> dict[AskKey, Lying]:
        """The past asks of these people; also notes which waves they and these mailboxes have asks in."""
        is_theirs = sa.or_(Invitation.contact_id.in_(people), Invitation.asked_as.in_(mailboxes))
        columns = [getattr(Invitation, name) for name in ("id", "contact_id", "asked_as", "state")]
        answers = [getattr(Response, name) for name in FIELDS]
        query = (
            sa.select(*columns, Invitation.sent_at, Invitation.closes_at, Wave.name, Wave.launch_key)
            .add_columns(Response.id.label("response_id"), *answers)
            .join(Wave, Wave.id == Invitation.wave_id)
            .outerjoin(Response, Response.invitation_id == Invitation.id)
            .where(Wave.launch_key.startswith(PREFIX), is_theirs)
        )
        found = {}
        for row in self.session.execute(query):
            self.used |= {(row.launch_key, row.contact_id), (row.launch_key, row.asked_as)}
            said = None if row.response_id is None else Said(**{name: getattr(row, name) for name in FIELDS})
            one = Lying(row.id, row.contact_id, folded(row.name), row.state, row.sent_at, row.closes_at, said)
            found[row.contact_id, one.survey, self.day(row.sent_at)] = one
        return found

    def day(self, moment: datetime) -> date:
        return clock.day_of(moment, self.zone)

    def wave(self, survey: str, sent_at: datetime, contact_id: int, mailbox: str) -> Wave:
        """The wave of an ask: that of its survey and month, or one beside it where the person has an ask already."""
        month, number = f"{self.day(sent_at):%Y-%m}", 1
        while (key := launch_key(survey, month, number)) and {
            (key, contact_id),
            (key, mailbox),
        } & self.used:
            number += 1
        self.used |= {(key, contact_id), (key, mailbox)}
        if key not in self.waves:
            self.waves[key] = self._found(key) or self._made(key, survey, sent_at)
        return self.waves[key]

    def _found(self, key: str) -> Wave | None:
        return self.session.scalar(sa.select(Wave).where(Wave.launch_key == key))

    def _made(self, key: str, survey: str, sent_at: datetime) -> Wave:
        program = self.program()
        wave = Wave(
            program_id=program.id,
            version_id=program.survey.current.id,
            name=survey,
            channel=Channel.LINK,
            state=WaveState.FINISHED,
            launch_key=key,
            is_rehearsal=False,
            launched_at=sent_at,
            launched_by=FROM_FILE,
            send_at=sent_at,
            finished_at=sent_at,
        )
        self.session.add(wave)
        self.session.flush()
        return wave

    def program(self) -> Program:
        """The program of past asks of this survey. It is archived from the first: nobody is asked by it."""
        if self._program is None:
            templates.ensure(self.session, now=self.now)
            survey = self.session.scalars(sa.select(Survey).where(Survey.key == self.key)).one()
            name = NAME % survey.name
            found = self.session.scalar(sa.select(Program).where(Program.name == name))
            self._program = found or Program(
                name=name, survey=survey, kind=ProgramKind.MANUAL, status=ProgramStatus.ARCHIVED, reminders=[]
            )
            self.session.add(self._program)
            self.session.flush()
        return self._program


def launch_key(survey: str, month: str, number: int) -> str:
    """What a wave of past asks is known by; it fits its column however long the name of the survey is."""
    written = f"{folded(survey)}|{month}|{number}"
    return PREFIX + hashlib.sha256(written.encode()).hexdigest()[:40]
