"""What somebody answers: scores out of the story's mood, comments in their language that fit both. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from app.demo.company import stories, words
from app.demo.company.companies import STAFF
from app.demo.company.people import base
from app.demo.company.words import Speaker, Voices
from app.demo.events import others
from app.demo.events.records import Answer, Ask
from app.surveys import wording

NOISE = 1.05
AFTERTHOUGHTS = 0.05
RECOVERED_FROM = 6
USUAL_TOPICS = (
    "usability",
    "usability",
    "performance",
    "support",
    "gap",
    "reporting",
    "integration",
    "value",
    "csm",
)


class Sayings:
    """The answers of everybody, in the order they are asked, and what they say about them.

    `languages` are the languages that each survey is asked in.
    """

    def __init__(self, languages: dict[str, list[str]]):
        self.languages = languages
        self.scores: dict[int, int] = {}

    def language(self, survey: str, language: str) -> str:
        """The language in which the survey is asked of somebody who reads this one."""
        return wording.best(language, self.languages[survey])

    def answer(self, ask: Ask, at: datetime, rng: Random, *, is_automatic: bool = False) -> Answer:
        """What this person answers at that moment, without a comment yet."""
        given = {"nps": recommendation, "value": value}.get(ask.wave.survey, others.answer)
        answer = given(ask, at, rng)
        topics = ask.firm.story.topics_at(ask.wave.ago)
        answer.topic = rng.choice(sorted(topics - words.SPECIAL) or USUAL_TOPICS)
        answer.is_automatic, answer.language = is_automatic, ask.language
        answer.before = self.scores.get(ask.person.key)
        if answer.score is not None:
            self.scores[ask.person.key] = answer.score
        return answer


def add_comments(asks: list[Ask], seed: int) -> None:
    """Let some of those who answered say why; the newest choose first, because they are read most."""
    voices = Voices()
    for ask in sorted(asks, key=lambda ask: (ask.answer.at, ask.key), reverse=True):
        rng = Random(f"{seed} words {ask.wave.key} {ask.person.key}")
        if not ask.answer.is_automatic and rng.random() < share_of_talkers(ask.answer):
            add_comment(ask, voices, rng)


def add_comment(ask: Ask, voices: Voices, rng: Random) -> None:
    """Add a comment that fits, if there is one that nobody has used."""
    answer, speaker = ask.answer, speaker_of(ask)
    found = voices.comment(speaker, answer.level, is_value=answer.score is None, rng=rng)
    if found:
        csm = STAFF[ask.firm.company.owner or 0][0].partition(" ")[0]
        answer.comment, answer.topic = found.words.replace("{csm}", csm), found.topic
        answer.language = speaker.language
        if rng.random() < AFTERTHOUGHTS:
            answer.changed_at = afterwards(answer, rng)


def speaker_of(ask: Ask) -> Speaker:
    """Who speaks, in which language, and what moment of their story it is."""
    own, level, company = base(ask.person.language), ask.answer.level, ask.firm.company
    topics = ask.firm.story.topics_at(ask.wave.ago)
    special = {"back"} & topics if level > RECOVERED_FROM else set()
    if ask.answer.before is not None and ask.answer.before <= RECOVERED_FROM < level:
        special.add("recovery")
    return Speaker(
        language=own if own in words.languages() else "en",
        role=ask.role,
        places={company.domain, "small" if company.tier == 3 else "large"},
        topics=topics,
        special=special,
    )


def recommendation(ask: Ask, at: datetime, rng: Random) -> Answer:
    mood = ask.firm.story.mood_of(ask.role, ask.wave.ago) + ask.person.bias + ask.relief
    return Answer(at, "", score=within(mood + rng.gauss(0, NOISE), 0, 10))


def value(ask: Ask, at: datetime, rng: Random) -> Answer:
    """The three items of the value survey; some people leave one out."""
    story, ago = ask.firm.story, ask.wave.ago
    mood = story.mood_of(ask.role, ago) + ask.person.bias / 2
    goal = within(stories.at(story.progress, ago) + rng.gauss(0, 0.55), 0, 4)
    ease = within(mood * 0.68 + rng.gauss(0, 0.8), 1, 7)
    return Answer(
        at,
        "",
        overall=within(mood + story.value + rng.gauss(0, 0.8), 0, 10),
        goal=None if rng.random() < 0.07 else goal,
        ease=None if rng.random() < 0.05 else ease,
    )


def afterwards(answer: Answer, rng: Random) -> datetime:
    """A few minutes later somebody opens the page again and adds a comment."""
    return answer.at + timedelta(seconds=rng.randrange(40, 600))


def share_of_talkers(answer: Answer) -> float:
    """How many of those who answer so add a comment: mostly those who have something to complain about."""
    share = 0.85 if answer.level <= RECOVERED_FROM else 0.5 if answer.level <= 8 else 0.55
    return share * (0.55 if answer.score is None else 1)


def within(number: float, low: int, high: int) -> int:
    """The nearest whole number on the scale."""
    return min(high, max(low, round(number)))
