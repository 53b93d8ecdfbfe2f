"""Rows of the demo's asks: waves, invitations with their changes and reminders."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from app.core import tokens
from app.delivery.models import (
    Channel,
    Decline,
    Invitation,
    InvitationChange,
    Purpose,
    Reminder,
    Visit,
    Wave,
    WaveState,
)
from app.demo.company.companies import MANAGER, STAFF
from app.demo.company.population import Firm, Person
from app.demo.events import records
from app.demo.events.records import Ask
from app.demo.rows.customers import Home
from app.surveys import rules
from app.surveys.models import Program, SurveyVersion

GATEWAY_EVERY = 5
SCANNED = ("score-0", "score-5", "score-10", "unsubscribe")
LOOKED_ONLY = 0.18
SENDING_MINUTES = timedelta(minutes=5)


class Ledger:
    """Writes what happened to asks; `programs` and their current versions stand by survey."""

    def __init__(self, home: Home, programs: dict[str, Program], asks: list[Ask]):
        self.home, self.programs, self.asks = home, programs, asks
        self.versions: dict[str, SurveyVersion] = {key: p.survey.current for key, p in programs.items()}

    def add(self, waves: list[records.Wave]) -> None:
        home = self.home
        ids = home.add(Wave, [self._wave(wave) for wave in waves])
        home.waves = {wave.key: id for wave, id in zip(waves, ids, strict=True)}
        ids = home.add(Invitation, [self._invitation(ask) for ask in self.asks])
        home.asks = {ask.key: id for ask, id in zip(self.asks, ids, strict=True)}
        home.add(InvitationChange, self._changes())
        home.add(Reminder, [row for ask in self.asks for row in self._reminders(ask)])
        looks = sorted((row for ask in self.asks for row in self._looks(ask)), key=lambda look: look["at"])
        home.add(Visit, looks)

    def open_today(self, wave: records.Wave, people: list[tuple[Firm, Person, str]]) -> int:
        """The wave that is sent today: launched ten minutes ago, its mails due now; its id."""
        launched = {"launched_at": self.home.now - records.UNDO, "send_at": self.home.now - records.UNDO}
        row = self._wave(wave) | launched | {"state": WaveState.SENDING, "finished_at": None}
        row["ignores_window"] = True  # Somebody's first look shall find mails, whatever the day.
        row |= {
            "undo_until": self.home.now,
            "created_at": launched["launched_at"],
            "updated_at": self.home.now,
        }
        (wave_id,) = self.home.add(Wave, [row])
        self.home.waves[wave.key] = wave_id
        asks = [Ask(-1, wave, firm, person, language) for firm, person, language in people]
        self.home.add(Invitation, [self._invitation(ask) | {"due_at": self.home.now} for ask in asks])
        return wave_id

    def _wave(self, wave: records.Wave) -> dict:
        finished_at = wave.sent_from + SENDING_MINUTES
        return {
            "program_id": self.programs[wave.survey].id,
            "version_id": self.versions[wave.survey].id,
            "name": wave.name,
            "purpose": purpose_of(wave),
            "channel": Channel.MAIL,
            "state": WaveState.FINISHED,
            "launch_key": f"demo:{wave.key}",
            "is_rehearsal": False,
            "is_demo": True,
            "launched_at": wave.launched_at,
            "launched_by_id": self.home.staff[MANAGER],
            "launched_by": STAFF[MANAGER][0],
            "send_at": wave.launched_at,
            "undo_until": wave.sent_from,
            "paused_reason": None,
            "finished_at": finished_at,
            "created_at": wave.launched_at,
            "updated_at": finished_at,
        }

    def _invitation(self, ask: Ask) -> dict:
        is_asked = ask.suppressed_reason is None
        answered_at = ask.answer.at if ask.answer else None
        moments = [answered_at, ask.closed_at, ask.sent_at, ask.wave.launched_at]
        return {
            "wave_id": self.home.waves[ask.wave.key],
            "contact_id": self.home.contacts[ask.person.key],
            "account_id": self.home.accounts[ask.firm.key],
            "version_id": self.versions[ask.wave.survey].id,
            "nonce": tokens.new_nonce(),
            "asked_as": ask.person.email_key if is_asked else None,
            "language": ask.language,
            "purpose": purpose_of(ask.wave),
            "is_rehearsal": False,
            "state": ask.state,
            "suppressed_reason": ask.suppressed_reason,
            "free_at": None,
            "due_at": ask.wave.launched_at if is_asked else None,
            "sent_at": ask.sent_at,
            "remind_at": ask.remind_at,
            "reminders_left": len(rules.DEFAULTS.reminder_days) - len(ask.reminders),
            "closes_at": ask.closes_at,
            "closed_at": ask.closed_at,
            "answered_at": answered_at,
            "declined_at": ask.declined_at,
            "declined_as": Decline.NOT_NOW if ask.declined_at else None,
            "silent_at": ask.silent_at,
            "is_late": ask.is_late,
            "is_auto_reply": False,
            "created_at": ask.wave.launched_at,
            "updated_at": next(moment for moment in moments if moment),
        }

    def _changes(self) -> list[dict]:
        """Every change of the ledger, in the order in which they happened."""
        changes = sorted((c for ask in self.asks for c in ask.changes), key=lambda c: c.at)
        return [
            {
                "invitation_id": self.home.asks[change.ask.key],
                "from_state": change.before,
                "state": change.state,
                "at": change.at,
                "reason": change.reason,
            }
            for change in changes
        ]

    def _looks(self, ask: Ask) -> list[dict]:
        """Who opened a link: those who answered, some who then did not, and the mail gateways of some customers."""
        if ask.sent_at is None:
            return []
        rng = Random(f"{self.home.seed} looks {ask.key}")
        looks = []
        if ask.firm.key % GATEWAY_EVERY == 0:
            seconds = rng.randrange(2, 9)
            looks += [(ask.sent_at + timedelta(seconds=seconds), page, True) for page in SCANNED]
        if ask.answer:
            page = "answer" if ask.answer.score is None else f"score-{ask.answer.score}"
            looks.append((ask.answer.at - timedelta(seconds=rng.randrange(15, 150)), page, False))
        elif ask.silent_at and rng.random() < LOOKED_ONLY:
            looks.append((ask.sent_at + timedelta(hours=rng.randrange(1, 60)), "answer", False))
        id = self.home.asks[ask.key]
        return [
            {"invitation_id": id, "at": max(at, ask.sent_at), "page": page, "is_machine": is_machine}
            for at, page, is_machine in looks
        ]

    def _reminders(self, ask: Ask) -> list[dict]:
        id = self.home.asks[ask.key]
        return [
            {"invitation_id": id, "number": number, "queued_at": at, "sent_at": at}
            for number, at in enumerate(ask.reminders, 1)
        ]


def purpose_of(wave: records.Wave) -> Purpose:
    return Purpose.RECOVERY if wave.is_recovery else Purpose.PROGRAM
