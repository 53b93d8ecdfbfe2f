"""Who works at the forty customers: about four hundred people with roles, languages, arrivals and departures. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from random import Random

from app.contacts.models import ContactRole
from app.core import text
from app.demo.company import people
from app.demo.company.companies import COMPANIES, Company
from app.demo.company.people import ABROAD, COUNTRIES, Country
from app.demo.company.stories import STORIES, Story

R = ContactRole
TEMPLATES = {
    1: {R.DECISION_MAKER: 2, R.CHAMPION: 2, R.ADMIN: 1, R.POWER_USER: 6, R.USER: 5, R.OTHER: 1},
    2: {R.DECISION_MAKER: 1, R.CHAMPION: 1, R.ADMIN: 1, R.POWER_USER: 4, R.USER: 3},
    3: {R.DECISION_MAKER: 1, R.CHAMPION: 1, R.POWER_USER: 2, R.USER: 1},
}
SLOTS = (0, 1, 2, 0, 3, 4, 5)
"""The slots in the order in which the people of a firm get them; the first wave of each half year is the largest."""
LONE_ROLES = {"champion_left": R.CHAMPION, "silent_buyer": R.DECISION_MAKER}
"""Stories about the one person in a role."""
# Stories in which it matters who is there; elsewhere somebody may be missing.
PLAIN_STORIES = frozenset({"content", "lukewarm", "quiet", "dip", "late_answers"})


@dataclass
class Person:
    """A contact. `slot` 0..5 is the place in the half-yearly round of asks, `bias` what this person gives more or less
    than others in the same mood, `keen` a factor on the chance of an answer. The ask at which an address bounces or
    somebody unsubscribes is counted from 0.
    """

    key: int
    company: int
    role: ContactRole
    first: str
    last: str
    email: str
    title: str
    country: Country
    language: str
    known_on: date
    slot: int
    bias: float
    keen: float
    left_on: date | None = None
    new_role: tuple[ContactRole, date] | None = None
    bounces_at_ask: int | None = None
    opts_out_at_ask: int | None = None

    @cached_property
    def email_key(self) -> str:
        return text.email_key(self.email)

    def role_on(self, day: date) -> ContactRole:
        return self.new_role[0] if self.new_role and self.new_role[1] <= day else self.role

    @property
    def role_now(self) -> ContactRole:
        return self.new_role[0] if self.new_role else self.role

    def is_here(self, day: date) -> bool:
        return self.known_on <= day and (self.left_on is None or day < self.left_on)


@dataclass
class Firm:
    """A customer with its story and its people, its days counted back from today."""

    key: int
    company: Company
    story: Story
    started_on: date
    renewal_on: date
    lost_on: date | None
    people: list[Person] = field(default_factory=list)


def firms(today: date, seed: int) -> list[Firm]:
    """All customers with their people."""
    rng = Random(f"{seed} people")
    registry = people.Registry(rng)
    found, key = [], 0
    for number, company in enumerate(COMPANIES):
        firm = Firm(
            key=number,
            company=company,
            story=STORIES[company.story],
            started_on=today - timedelta(days=company.began_ago),
            renewal_on=today + timedelta(days=company.renews_in),
            lost_on=today - timedelta(days=company.lost_ago) if company.lost_ago is not None else None,
        )
        for role in roles(company, rng):
            firm.people.append(person(key, firm, role, registry, today, rng))
            key += 1
        found.append(firm)
    give_fates([person for firm in found for person in firm.people], today, rng)
    for firm in found:
        tell_departures(firm, today)
    return found


def roles(company: Company, rng: Random) -> list[ContactRole]:
    """The roles of a company's people, buyer first; as in life, here and there somebody is missing."""
    wanted = dict(TEMPLATES[company.tier])
    if company.story in LONE_ROLES:
        wanted[LONE_ROLES[company.story]] = 1
    if company.story in PLAIN_STORIES and rng.random() < 0.25:
        wanted[rng.choice((R.CHAMPION, R.DECISION_MAKER))] -= 1
    wanted[R.POWER_USER] += rng.choice((0, 0, 1))
    wanted[R.USER] += rng.choice((0, 0, 1))
    return [role for role, count in wanted.items() for _ in range(count)]


def person(
    key: int, firm: Firm, role: ContactRole, registry: people.Registry, today: date, rng: Random
) -> Person:
    """One person of the firm: mostly from its own country, with a slot that spreads the firm over the half year."""
    company = firm.company
    is_abroad = role in {R.USER, R.POWER_USER, R.OTHER} and company.tier < 3 and rng.random() < 0.16
    country = COUNTRIES[rng.choice(ABROAD) if is_abroad else company.country]
    first, last = registry.name(country)
    language = country.language
    if country.names == "french" and company.country == "CA" and rng.random() < 0.4:
        language = "en-CA"
    begun = firm.started_on + timedelta(days=rng.choice((0, 0, 0, 5, 21)))
    joined = (
        begun if rng.random() < 0.8 else begun + timedelta(days=rng.randrange(max(1, company.began_ago - 40)))
    )
    return Person(
        key=key,
        company=firm.key,
        role=role,
        first=first,
        last=last,
        email=people.address(first, last, company.domain),
        title=people.title(role, language, rng),
        country=country,
        language=language,
        known_on=min(joined, today - timedelta(days=12)) if company.began_ago > 60 else firm.started_on,
        slot=SLOTS[(first_place(firm) + len(firm.people)) % len(SLOTS)],
        bias=rng.gauss(0, 0.35 if role.is_key else 0.95),
        keen=rng.choice((0.6, 0.85, 1.0, 1.1, 1.35)),
    )


def first_place(firm: Firm) -> int:
    """Where in the round of slots the firm's first contact stands."""
    return firm.key * 5 if firm.company.slot is None else SLOTS.index(firm.company.slot)


def give_fates(everybody: list[Person], today: date, rng: Random) -> None:
    """A few people leave, a few addresses die, a few want no more mail, a few get another role."""
    plain = [p for p in everybody if not p.role.is_key and COMPANIES[p.company].began_ago > 300]
    chosen = rng.sample(plain, 44)
    for gone in chosen[:15]:
        gone.left_on = today - timedelta(days=rng.randrange(20, 380))
    for dead in chosen[15:25]:
        dead.bounces_at_ask = rng.choice((0, 1, 1, 2))
    for weary in chosen[25:33]:
        weary.opts_out_at_ask = rng.choice((0, 1, 2))
    for moved in chosen[33:41]:
        moved.new_role = (rng.choice((R.POWER_USER, R.ADMIN)), today - timedelta(days=rng.randrange(60, 420)))
    for risen in chosen[41:]:
        risen.new_role = (R.CHAMPION, today - timedelta(days=rng.randrange(90, 300)))


def tell_departures(firm: Firm, today: date) -> None:
    """What the story says about somebody leaving."""
    if firm.story.champion_leaves is not None:
        for gone in (p for p in firm.people if p.role is R.CHAMPION):
            gone.known_on, gone.left_on = firm.started_on, today - timedelta(days=firm.story.champion_leaves)
