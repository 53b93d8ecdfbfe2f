"""Recording what somebody said: one response per ask, the last version wins, earlier versions stay as revisions.

Everything here runs inside the writing transaction of the door. The statements are made once (`core/database/prepared.py`),
because this is the path on which many people answer at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam

from app.core.database.columns import Json
from app.core.database.prepared import Prepared
from app.core.errors import Refused
from app.delivery.models import Invitation, InvitationChange, InvitationState
from app.responses import asks
from app.responses.asks import Ask
from app.responses.models import Answer, Doubt, Response, Revision
from app.surveys.kinds.kind import Given
from app.surveys.models import Question, QuestionKind
from app.surveys.scales import value_points


class Closed(Refused):
    """The time to answer is over, or nobody may answer here; nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the form said, checked: scale values within their scale, the comment clean; None is not answered.

    `others` are the answers that have no column of their own, by the id of their question.
    """

    score: int | None = None
    comment: str = ""
    value_overall: int | None = None
    value_goal: int | None = None
    value_ease: int | None = None
    others: Mapping[int, Given] = field(default_factory=dict)

    @property
    def value_points(self) -> float | None:
        return value_points(self.value_overall, self.value_goal, self.value_ease)

    def as_json(self) -> dict[str, Any]:
        """As revisions keep it."""
        others = {str(id): given.as_json() for id, given in self.others.items()}
        return self.columns() | ({"others": others} if others else {})

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Said:
        others = {int(id): Given.from_json(one) for id, one in said.get("others", {}).items()}
        return cls(**{name: said[name] for name in FIELDS}, others=others)

    def columns(self) -> dict[str, Any]:
        """What has columns of its own in responses."""
        return {name: getattr(self, name) for name in FIELDS}

    def extends(self, before: Said) -> bool:
        """Whether everything that was said before is said still, so that this only adds to it."""
        stands = all(old in (None, "", self.columns()[name]) for name, old in before.columns().items())
        return stands and before.others.items() <= self.others.items()

    def of_kind(self, kind: str) -> Given | None:
        """The answer to the question of that kind, where a survey has at most one."""
        return next((given for given in self.others.values() if given.kind == kind), None)


Doubts = Sequence[Doubt]
FIELDS = ("score", "comment", "value_overall", "value_goal", "value_ease")


class Effect(StrEnum):
    """What became of an answer: the first one, a change of it, or the same once more."""

    NEW = "new"
    EDITED = "edited"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Recorded:
    """An answer in the database. `before` is what stood there; `ask` is the ask as it was before this answer."""

    effect: Effect
    ask: Ask
    response_id: int
    said: Said
    before: Said | None
    dims: dict[str, str]
    submitted_at: datetime
    is_automatic: bool

    @property
    def day(self) -> date:
        """The installation's calendar day on which the first version was given."""
        return self.ask.day or self.ask.day_of(self.submitted_at)

    @property
    def counts(self) -> bool:
        """Whether it enters scores and trends: not of a rehearsal, not flagged and unreviewed."""
        return not self.ask.is_rehearsal and (not self.is_automatic or self.ask.reviewed_at is not None)


def opened(connection: Connection, invitation_id: int, *, now: datetime) -> Ask:
    """The ask as it stands, which nobody else changes until the transaction ends; Closed when it is too late to answer."""
    ask = asks.locked(connection, invitation_id)
    if ask is None or not ask.takes_answers(now):
        raise Closed("The time to answer this question is over.")
    return ask


def record(
    connection: Connection,
    ask: Ask,
    said: Said,
    *,
    now: datetime,
    attempt: str | None = None,
    dims: dict[str, str] | None = None,
    doubts: Doubts = (),
) -> Recorded:
    """Write `said` down as the answer to `ask`, as `opened` gave it. `doubts`: why it may be a machine's.

    `attempt` names one filling-in of the form: the same words under the same name are a repeat and change nothing.
    """
    if ask.is_answered:
        return _edit(connection, ask, said, attempt, now)
    return _first(connection, ask, said, attempt, now, dims or {}, doubts)


def is_held(ask: Ask, doubts: Doubts) -> bool:
    """Whether an answer with these doubts counts only after a review."""
    return bool(doubts) and ask.holds_doubtful


def standing(connection: Connection, invitation_id: int) -> Recorded:
    """The answer to an ask as it stands; nobody else changes it until the transaction ends."""
    ask = asks.locked(connection, invitation_id)
    said, is_automatic = said_before(connection, ask), bool(ask.is_response_automatic)
    return Recorded(
        Effect.REPEATED, ask, ask.response_id, said, said, ask.dims or {}, ask.submitted_at, is_automatic
    )


def said_before(connection: Connection, ask: Ask) -> Said | None:
    """What stands recorded for `ask`."""
    if not ask.is_answered:
        return None
    rows = OTHERS.rows(connection, response_id=ask.response_id)
    others = {row.id: Given(row.kind, row.number, row.words, tuple(row.picked or ())) for row in rows}
    return Said(ask.score, ask.comment or "", ask.value_overall, ask.value_goal, ask.value_ease, others)


def _first(
    connection: Connection,
    ask: Ask,
    said: Said,
    attempt: str | None,
    now: datetime,
    dims: dict[str, str],
    doubts: Doubts,
) -> Recorded:
    late, is_automatic = ask.is_late(now), is_held(ask, doubts)
    new = INSERT_RESPONSE.row(
        connection,
        invitation_id=ask.id,
        contact_id=ask.contact_id,
        account_id=ask.account_id,
        language=ask.language,
        day=ask.day_of(now),
        now=now,
        is_late=late,
        is_maybe_automatic=is_automatic,
        doubts=list(doubts) or None,
        is_rehearsal=ask.is_rehearsal,
        dims=dims,
        **_values(ask, said, attempt),
    )
    _insert_answers(connection, new.id, ask, said)
    MARK_ANSWERED.run(connection, invitation_id=ask.id, now=now, late=late, closes_at=now + ask.open_days)
    NOTE_ANSWERED.run(connection, invitation_id=ask.id, from_state=ask.state, now=now)
    return Recorded(Effect.NEW, ask, new.id, said, None, dims, now, is_automatic)


def _edit(connection: Connection, ask: Ask, said: Said, attempt: str | None, now: datetime) -> Recorded:
    before = said_before(connection, ask)
    effect = Effect.REPEATED if said == before or _was_said(connection, ask, said, attempt) else Effect.EDITED
    if effect is Effect.EDITED:
        is_change = attempt is None or attempt != ask.attempt or not said.extends(before)
        if is_change:
            _keep(connection, ask, before, now)
        changed = {"response_id": ask.response_id, "now": now, "step": int(is_change)}
        UPDATE_RESPONSE.run(connection, **changed, **_values(ask, said, attempt))
        DELETE_ANSWERS.run(connection, response_id=ask.response_id)
        _insert_answers(connection, ask.response_id, ask, said)
    is_automatic = bool(ask.is_response_automatic)
    return Recorded(
        effect, ask, ask.response_id, said, before, ask.dims or {}, ask.submitted_at, is_automatic
    )


def _insert_answers(connection: Connection, response_id: int, ask: Ask, said: Said) -> None:
    INSERT_ANSWERS.run(connection, response_id=response_id, version_id=ask.version_id, **said.columns())
    if said.others:
        rows = [
            {
                "response_id": response_id,
                "question_id": id,
                "number": given.number,
                "words": given.words,
                "picked": list(given.picked) or None,
            }
            for id, given in said.others.items()
        ]
        INSERT_OTHERS.run_many(connection, rows)


def _was_said(connection: Connection, ask: Ask, said: Said, attempt: str | None) -> bool:
    """Whether a browser sends again what an earlier version already held, after something newer was said."""
    if not attempt:
        return False
    once = said.as_json() | {"attempt": attempt}
    return any(revision.said == once for revision in REVISIONS.rows(connection, response_id=ask.response_id))


def _keep(connection: Connection, ask: Ask, before: Said, now: datetime) -> None:
    said = before.as_json() | {"attempt": ask.attempt}
    INSERT_REVISION.run(connection, response_id=ask.response_id, number=ask.revision, now=now, said=said)


def _values(ask: Ask, said: Said, attempt: str | None) -> dict[str, Any]:
    return {
        **said.columns(),
        "value_points": said.value_points,
        "goal_id": ask.goal_id if said.value_goal is not None else None,
        "attempt": attempt,
    }


_given = {name: bindparam(name, type_=Response.__table__.c[name].type) for name in FIELDS}
_given |= {name: bindparam(name) for name in ("value_points", "goal_id", "attempt")}

INSERT_RESPONSE = Prepared(
    sa.insert(Response)
    .values(
        **_given,
        **{
            name: bindparam(name)
            for name in (
                "invitation_id",
                "contact_id",
                "account_id",
                "language",
                "day",
                "is_late",
                "is_maybe_automatic",
                "is_rehearsal",
                "dims",
            )
        },
        doubts=bindparam("doubts", type_=Response.__table__.c.doubts.type),
        is_partial=False,
        submitted_at=bindparam("now"),
        updated_at=bindparam("now"),
        revision=1,
    )
    .returning(Response.id)
)
UPDATE_RESPONSE = Prepared(
    sa.update(Response)
    .where(Response.id == bindparam("response_id"))
    .values(
        **_given,
        updated_at=bindparam("now"),
        revision=Response.revision + bindparam("step", type_=sa.Integer),
        dismissed_at=None,
        is_partial=False,
    )
)
_numbers = {
    QuestionKind.NPS.value: "score",
    QuestionKind.VALUE_OVERALL.value: "value_overall",
    QuestionKind.VALUE_GOAL.value: "value_goal",
    QuestionKind.VALUE_EASE.value: "value_ease",
}
_number = sa.case(
    {kind: sa.cast(bindparam(name, type_=sa.SmallInteger), sa.Double) for kind, name in _numbers.items()},
    value=Question.kind,
)
_worded = (QuestionKind.COMMENT.value,)
_words = sa.case(
    {QuestionKind.COMMENT.value: sa.func.nullif(bindparam("comment", type_=sa.Text), "")}, value=Question.kind
)
INSERT_ANSWERS = Prepared(
    sa.insert(Answer).from_select(
        ["response_id", "question_id", "number", "words"],
        sa.select(
            bindparam("response_id", type_=Answer.response_id.type), Question.id, _number, _words
        ).where(
            Question.version_id == bindparam("version_id"), sa.or_(_number.is_not(None), _words.is_not(None))
        ),
    )
)
OTHERS = Prepared(
    sa.select(Question.id, Question.kind, Answer.number, Answer.words, Answer.picked)
    .join(Question, Question.id == Answer.question_id)
    .where(Answer.response_id == bindparam("response_id"))
    .where(*(Question.kind != kind for kind in (*_numbers, *_worded)))
    .order_by(Question.position)
)
INSERT_OTHERS = Prepared(
    sa.insert(Answer).values(
        {
            name: bindparam(name, type_=Answer.__table__.c[name].type)
            for name in ("response_id", "question_id", "number", "words", "picked")
        }
    )
)
DELETE_ANSWERS = Prepared(sa.delete(Answer).where(Answer.response_id == bindparam("response_id")))
REVISIONS = Prepared(sa.select(Revision.said).where(Revision.response_id == bindparam("response_id")))
INSERT_REVISION = Prepared(
    sa.insert(Revision).values(
        response_id=bindparam("response_id"),
        number=bindparam("number"),
        at=bindparam("now"),
        said=bindparam("said", type_=Json),
    )
)
MARK_ANSWERED = Prepared(
    sa.update(Invitation)
    .where(Invitation.id == bindparam("invitation_id"))
    .values(
        state=InvitationState.ANSWERED,
        answered_at=bindparam("now"),
        closed_at=sa.func.coalesce(Invitation.closed_at, bindparam("now", type_=Invitation.closed_at.type)),
        closes_at=sa.func.coalesce(
            Invitation.closes_at, bindparam("closes_at", type_=Invitation.closes_at.type)
        ),
        is_late=bindparam("late"),
        remind_at=None,
        updated_at=bindparam("now"),
    )
)
NOTE_ANSWERED = Prepared(
    sa.insert(InvitationChange).values(
        invitation_id=bindparam("invitation_id"),
        from_state=bindparam("from_state"),
        state=InvitationState.ANSWERED,
        at=bindparam("now"),
        reason=None,
    )
)
