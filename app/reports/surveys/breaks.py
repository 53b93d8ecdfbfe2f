"""The days on which a survey began to ask in other words: from there on a trend compares less."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from operator import itemgetter
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, selectinload

from app.core.clock import day_of
from app.core.database.prepared import Prepared
from app.surveys.models import QuestionKind, Survey, SurveyVersion


@dataclass(frozen=True)
class Break:
    """From `on` the survey asks in the words of version `number`."""

    on: date
    survey: str
    number: int


def breaks(session: Session, zone: ZoneInfo, *, start: date, end: date) -> list[Break]:
    """The breaks of the recommendation in [start, end), the oldest first: other words, or another place in the order."""
    made = NEW_WORDS.rows(session.connection(), begin=midnight(start, zone), until=midnight(end, zone))
    if not made:
        return []
    loaded = selectinload(Survey.versions).selectinload(SurveyVersion.questions)
    found = []
    for survey in session.scalars(sa.select(Survey).where(Survey.id.in_(made)).options(loaded)):
        for before, after in pairwise([one for one in survey.versions if not one.is_draft]):
            on = day_of(after.created_at, zone)
            if start <= on < end and is_break(before, after):
                found.append(Break(on, survey.name, after.number))
    return sorted(found, key=lambda one: (one.on, one.survey))


EARLIER = aliased(SurveyVersion)
NEW_WORDS = Prepared(
    sa.select(SurveyVersion.survey_id)
    .where(
        SurveyVersion.is_draft.is_(False),
        SurveyVersion.created_at >= sa.bindparam("begin"),
        SurveyVersion.created_at < sa.bindparam("until"),
        sa.exists().where(
            EARLIER.survey_id == SurveyVersion.survey_id,
            EARLIER.number < SurveyVersion.number,
            EARLIER.is_draft.is_(False),
        ),
    )
    .distinct(),
    itemgetter(0),
)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def is_break(before: SurveyVersion, after: SurveyVersion) -> bool:
    """Whether the score is asked for in other words, or after other questions; a further language is no break."""
    return told(before, after) != told(after, before)


def told(version: SurveyVersion, other: SurveyVersion) -> list:
    """What is asked up to the score, in the languages that both versions have."""
    asked = []
    for question in version.questions:
        twin = next((one for one in other.questions if one.name == question.name), None)
        languages = question.words.keys() & (twin.words.keys() if twin else question.words.keys())
        asked.append((question.name, question.kind, {tag: question.words[tag] for tag in sorted(languages)}))
        if question.kind == QuestionKind.NPS:
            return asked
    return []
