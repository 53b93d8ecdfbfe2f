"""Rows of what the demo's customers answered: responses, readings of their comments, and the trends."""

from __future__ import annotations

from collections import defaultdict

from app.core import clock
from app.core.database import bulk
from app.demo.company.companies import MANAGER
from app.demo.events.records import Answer, Ask, Picked
from app.demo.rows.customers import Home, segment, stage_on
from app.reports import rollups
from app.reports.counting import COLUMNS
from app.reports.deltas import Vote, between, segments
from app.reports.models import RollupCell, RollupDelta
from app.responses import models
from app.sentiment import reading, texts
from app.sentiment.models import StoredReading
from app.surveys.models import Program

FIELDS = {"score": "score", "value_overall": "overall", "value_goal": "goal", "value_ease": "ease"}
"""The name of each question, and where an answer keeps it."""
UNUSED = ("asked", "answered", "silent")


class Answers:
    """Writes the answers in the order in which they came; `programs` stand by survey."""

    def __init__(self, home: Home, programs: dict[str, Program], asks: list[Ask]):
        self.home, self.programs = home, programs
        self.answered = sorted((ask for ask in asks if ask.answer), key=lambda ask: (ask.answer.at, ask.key))

    def add(self) -> None:
        home = self.home
        ids = home.add(models.Response, [self._response(ask) for ask in self.answered])
        home.responses = {ask.key: id for ask, id in zip(self.answered, ids, strict=True)}
        home.add(models.Answer, [row for ask in self.answered for row in self._answers(ask)])
        home.add(models.Revision, [self._revision(ask) for ask in self.answered if ask.answer.changed_at])
        home.add(StoredReading, [self._reading(ask) for ask in self.answered if ask.answer.comment])
        bulk.add_rows(home.session, RollupCell.__table__, self._cells())

    def _response(self, ask: Ask) -> dict:
        said, account_id = ask.answer, self.home.accounts[ask.firm.key]
        return {
            "invitation_id": self.home.asks[ask.key],
            "contact_id": self.home.contacts[ask.person.key],
            "account_id": account_id,
            "score": said.score,
            "comment": said.comment,
            "value_overall": said.overall,
            "value_goal": said.goal,
            "value_ease": said.ease,
            "value_points": said.points,
            "goal_id": self._goal(account_id, said),
            "language": said.language,
            "day": clock.day_of(said.at, self.home.zone),
            "submitted_at": said.at,
            "updated_at": said.changed_at or said.at,
            "revision": 2 if said.changed_at else 1,
            "attempt": None,
            "is_late": ask.is_late,
            "is_partial": False,
            "is_maybe_automatic": said.is_automatic,
            "doubts": [models.Doubt.SCORES, models.Doubt.HASTE] if said.is_automatic else None,
            "reviewed_at": None,
            "is_rehearsal": False,
            "dims": self._dims(ask),
        }

    def _goal(self, account_id: int, said: Answer) -> int | None:
        """The goal that was asked about."""
        day = clock.day_of(said.at, self.home.zone)
        begun = [id for from_on, id in self.home.goals[account_id] if from_on <= day]
        return begun[-1] if begun and said.goal is not None else None

    def _dims(self, ask: Ask) -> dict[str, str]:
        """The segments of the answer: those of the account as they are now."""
        company, program = ask.firm.company, self.programs[ask.wave.survey]
        return segments(
            program_id=program.id,
            survey_id=program.survey_id,
            tier=company.tier,
            stage=stage_on(ask.firm, self.home.today).value,
            owner_id=self.home.staff[MANAGER if company.owner is None else company.owner],
            role=ask.role.value,
            language=ask.language,
            country=ask.person.country.name,
            attributes=segment(company),
        )

    def _answers(self, ask: Ask) -> list[dict]:
        rows, response_id = [], self.home.responses[ask.key]
        for question in self.programs[ask.wave.survey].survey.current.questions:
            other = ask.answer.others.get(question.name, Picked())
            is_column = question.name in FIELDS
            number = getattr(ask.answer, FIELDS[question.name]) if is_column else other.number
            words = ask.answer.comment or None if question.name == "comment" else None
            if number is not None or words is not None or other.keys:
                row = {"response_id": response_id, "question_id": question.id, "picked": other.keys or None}
                rows.append(row | {"number": number, "words": words})
        return rows

    def _revision(self, ask: Ask) -> dict:
        """What stood there before the comment was added."""
        said = {name: getattr(ask.answer, place) for name, place in FIELDS.items()}
        return {
            "response_id": self.home.responses[ask.key],
            "number": 1,
            "at": ask.answer.changed_at,
            "said": said | {"comment": "", "attempt": None},
        }

    def _reading(self, ask: Ask) -> dict:
        said, intent = ask.answer, texts.intent_of_score(ask.answer.score)
        heard = reading.read(said.comment, lang=said.language, intent=intent)
        return {
            "response_id": self.home.responses[ask.key],
            "question_id": None,
            "account_id": self.home.accounts[ask.firm.key],
            "day": clock.day_of(said.at, self.home.zone),
            "score": said.score,
            "is_counted": not said.is_automatic,
            "intent": intent,
            "is_themed": None,
            "engine": reading.ENGINE,
            "version": reading.VERSION,
            "polarity": heard.polarity,
            "label": heard.label,
            "confidence": heard.confidence,
            "corrected": None,
            "edition": 0,
            "language": heard.language or said.language,
            "evidence": list(heard.evidence),
            "read_at": ask.answer.changed_at or ask.answer.at,
        }

    def _cells(self) -> list[dict]:
        """What the answers add to the trends, summed as the fold would sum it."""
        by_person: dict[int, list[Ask]] = defaultdict(list)
        for ask in self.answered:
            if ask.answer.score is not None and not ask.answer.is_automatic:
                by_person[ask.person.key].append(ask)
        deltas = [delta for asks in by_person.values() for delta in self._deltas(asks)]
        return [
            dict(zip(rollups.KEY, key, strict=True)) | counts | dict.fromkeys(UNUSED, 0)
            for key, counts in rollups.summed(deltas).items()
            if any(counts.values())
        ]

    def _deltas(self, asks: list[Ask]) -> list[RollupDelta]:
        """The deltas of one person's answers."""
        by_response = {self.home.responses[ask.key]: ask for ask in asks}
        dims = {id: self._dims(ask) for id, ask in by_response.items()}
        votes = [
            Vote(id, ask.answer.at, clock.day_of(ask.answer.at, self.home.zone), ask.answer.score)
            for id, ask in by_response.items()
        ]
        return [
            RollupDelta(
                series=delta.series,
                day=delta.day,
                dims=dims[delta.response_id],
                **(dict.fromkeys(COLUMNS, 0) | {delta.column: delta.change}),
            )
            for delta in between([], votes)
        ]
