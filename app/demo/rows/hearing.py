"""What was made of the demo's comments: the themes in them, phrases to suggest, and some judgements by lot."""

from __future__ import annotations

import random
from datetime import timedelta

import sqlalchemy as sa

from app.core.audit import Actor
from app.demo.rows.customers import Home
from app.sentiment.judging import corrections
from app.sentiment.models import Label, StoredReading
from app.sentiment.themes import dictionary, mentions, suggesting

JUDGED = 60
OTHERWISE = {
    Label.NEUTRAL: (Label.POSITIVE, Label.NEGATIVE),
    Label.POSITIVE: (Label.NEUTRAL, Label.MIXED),
    Label.NEGATIVE: (Label.NEUTRAL, Label.MIXED),
    Label.MIXED: (Label.NEGATIVE,),
    Label.UNKNOWN: (Label.POSITIVE,),
}


def add(home: Home, judge: Actor) -> None:
    """Judgements are dated over the last fortnight; about one in five finds the engine wrong."""
    session, dice = home.session, random.Random(home.seed)
    session.flush()
    found = session.scalars(sa.select(StoredReading).order_by(StoredReading.id)).all()
    for place, reading in enumerate(dice.sample(found, min(JUDGED, len(found)))):
        is_right = dice.random() < 0.8
        label = reading.label if is_right else dice.choice(OTHERWISE[reading.label])
        at = max(reading.read_at, home.now - timedelta(hours=5 * (place + 1)))
        corrections.correct(session, reading, label, is_drawn=True, by=judge, now=at)
    dictionary.ensure(session, now=home.now)
    matcher = dictionary.Matcher(dictionary.themes(session))
    mentions.find_now(session, matcher, dictionary.number(session))
    suggesting.suggest(session, matcher, today=home.today)
    dictionary.the_edition(session).suggested_at = home.now
    session.flush()
