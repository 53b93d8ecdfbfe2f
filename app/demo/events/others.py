"""The demo's surveys of further kinds: satisfaction, effort, onboarding. Who was asked when, and what they answered. Pure.

People who are not asked for value are asked how content they are, or how easy things were, half-way between two
recommendations; people of new customers are asked in their first months how the start was. All of it keeps the ninety days
between two surveys, and changes nothing that was asked otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from random import Random

from app.demo.company.companies import OUR_NAME
from app.demo.company.population import Firm, Person
from app.demo.events.records import Answer, Ask, Picked, Wave
from app.followups.triggers import bad_pick
from app.surveys.kinds.kind import Given
from app.surveys.rules import DEFAULTS
from app.surveys.templates import KINDS_OF, OPTIONS, shipped_words

BY_SLOT = ("csat", "ces", "csat", "ces", "csat", "ces")
NEWEST, OLDEST = 1, 560
STARTED = tuple(timedelta(days=days) for days in (30, 44, 58, 72, 86))
REST = timedelta(days=DEFAULTS.any_days)
DRIVERS = {
    "usability": "ease",
    "performance": "reliability",
    "support": "support",
    "csm": "support",
    "gap": "function",
    "integration": "function",
    "reporting": "results",
    "value": "price",
}
OBSTACLES = ("time", "training", "setup", "people")


def waves(known: Iterable[Wave], firms: Iterable[Firm], today: date) -> list[Wave]:
    """The waves beside the `known` ones, numbered behind them: on the days of value, and after each start."""
    known = list(known)
    days = [(one.on, BY_SLOT[one.slot], one.slot) for one in known if one.survey == "value"]
    days += sorted({(day, "onboarding", -1) for firm in firms for day in starts(firm)})
    told = [day for day in sorted(days) if NEWEST <= (today - day[0]).days <= OLDEST]
    return [
        Wave(len(known) + number, survey, on, (today - on).days, slot)
        for number, (on, survey, slot) in enumerate(told)
    ]


def starts(firm: Firm) -> list[date]:
    """The days on which people of a new customer may be asked how the start was."""
    return [tuesday(firm.started_on + since) for since in STARTED]


def tuesday(day: date) -> date:
    """The next Tuesday from that day on."""
    return day + timedelta(days=(1 - day.weekday()) % 7)


def is_turn(wave: Wave, firm: Firm, person: Person) -> bool:
    if wave.survey == "onboarding":
        return wave.on in starts(firm)
    return person.slot == wave.slot


def is_rested(wave: Wave, asked: Iterable[date]) -> bool:
    """Whether no other survey of the person lies within the rest."""
    return all(abs(wave.on - day) >= REST for day in asked)


def answer(ask: Ask, at: datetime, rng: Random) -> Answer:
    """What somebody answers to one of these surveys."""
    mood = ask.firm.story.mood_of(ask.role, ask.wave.ago) + ask.person.bias
    said = {"csat": satisfaction, "ces": effort, "onboarding": start}[ask.wave.survey]
    return Answer(at, "", others=said(ask, mood, rng))


def satisfaction(ask: Ask, mood: float, rng: Random) -> dict[str, Picked]:
    topics = sorted(ask.firm.story.topics_at(ask.wave.ago) & DRIVERS.keys()) or sorted(DRIVERS)
    drivers = list(dict.fromkeys(DRIVERS[rng.choice(topics)] for _ in range(rng.choice((0, 1, 1, 2)))))
    return {"csat": scale(mood / 2 + rng.gauss(0, 0.5), 5), "drivers": Picked(keys=drivers)}


def effort(ask: Ask, mood: float, rng: Random) -> dict[str, Picked]:
    return {"ces": scale(mood * 0.7 + rng.gauss(0, 0.7), 7)}


def start(ask: Ask, mood: float, rng: Random) -> dict[str, Picked]:
    """How the start was; what is in the way is asked only of who has nothing of it yet."""
    value = rng.choice(("yes", "yes", "some") if mood > 7.5 else ("some", "some", "not_yet", "unsure"))
    found = {"start_ease": scale(mood * 0.68 + rng.gauss(0, 0.8), 7), "first_value": Picked(keys=[value])}
    if value in ("not_yet", "unsure"):
        found["obstacles"] = Picked(keys=rng.sample(OBSTACLES, rng.choice((1, 2))))
    return found | {"goal": Picked(keys=["yes" if rng.random() < 0.9 else "no"])}


def given(said: dict[str, Picked]) -> list[Given]:
    """The numbers among these answers, as triggers read them."""
    return [
        Given(KINDS_OF.get(name, name), one.number) for name, one in said.items() if one.number is not None
    ]


def bad_picks(said: dict[str, Picked]) -> list[str]:
    """What was chosen of lists and calls for somebody, in words."""
    found = []
    for name, one in said.items():
        if bad := [key for key in one.keys if key in OPTIONS.get(name, {}).get("bad", ())]:
            words = shipped_words()["en"]["questions"][name]
            chosen = ", ".join(words["choices"][key] for key in bad)
            found.append(bad_pick(words["question"], chosen).replace("{product}", OUR_NAME))
    return found


def scale(number: float, most: int) -> Picked:
    """The nearest whole number from 1 on."""
    return Picked(number=min(most, max(1, round(number))))
