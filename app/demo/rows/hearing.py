"""What was made of the demo's comments: the themes in them, phrases to suggest, and some judgements by lot."""

from __future__ import annotations

import random
from datetime import timedelta

import sqlalchemy as sa

from app.core.audit import Actor
from app.demo.rows.customers import Home
from app.responses.models import Response
from app.sentiment.judging import corrections
from app.sentiment.models import Label, StoredReading
from app.sentiment.themes import dictionary, mentions, suggesting

JUDGED = 60


def add(home: Home, judge: Actor) -> None:
    """Judgements are dated over the last fortnight; some find that a dry comment was meant well, or was a complaint."""
    session, dice = home.session, random.Random(home.seed)
    session.flush()
    pairs = sa.join(StoredReading, Response, Response.id == StoredReading.response_id)
    query = sa.select(StoredReading, Response.score).select_from(pairs).order_by(StoredReading.id)
    found = session.execute(query).all()
    for place, (reading, score) in enumerate(dice.sample(found, min(JUDGED, len(found)))):
        is_right = reading.label is not Label.NEUTRAL or dice.random() < 0.4
        label = reading.label if is_right else meant(score)
        at = max(reading.read_at, home.now - timedelta(hours=5 * (place + 1)))
        corrections.correct(session, reading, label, is_drawn=True, by=judge, now=at)
    dictionary.ensure(session, now=home.now)
    matcher = dictionary.Matcher(dictionary.themes(session))
    mentions.find_now(session, matcher, dictionary.number(session))
    suggesting.suggest(session, matcher, today=home.today)
    dictionary.the_edition(session).suggested_at = home.now
    session.flush()


def meant(score: int | None) -> Label:
    """How somebody of the demo who wrote something dry meant it."""
    if score is None:
        return Label.NEUTRAL
    return Label.POSITIVE if score >= 9 else Label.NEGATIVE if score <= 6 else Label.MIXED
