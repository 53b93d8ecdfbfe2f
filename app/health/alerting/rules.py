"""The table of rules: what each looks for, why, with which thresholds, how grave it is, and who acts on it.

Triggers and their shares of false alarms: when nothing has changed, a fall of 2 points or more happens in 14 % of second
answers, of 3 in 4.5 %, of 4 in 1 %, and from promoter to detractor in 3.6 % (test-retest correlation .7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.health.alerting.conditions import standing, voices
from app.health.alerting.conditions.spells import Past, Spell
from app.health.alerting.models import Severity


class Kind(StrEnum):
    RISK = "risk"
    OPPORTUNITY = "opportunity"


class Opens(StrEnum):
    """Who opens the follow-up of an alert."""

    CHOICE = "choice"  # The rule does, where its settings say so.
    ELSEWHERE = (
        "elsewhere"  # One is opened anyway, with the answer or the task itself; the alert points to it.
    )


@dataclass(frozen=True)
class Limit:
    """A threshold: a whole or decimal number between `low` and `high`."""

    name: str
    label: object
    usual: float
    low: float
    high: float
    is_whole: bool = True


@dataclass(frozen=True)
class Rule:
    """One line of the table. `grave_for_key`: high for champions and decision makers, whatever it is for others."""

    key: str
    label: object
    what: object
    why: object
    find: Callable[[Past, Mapping[str, float]], Iterable[Spell]]
    kind: Kind = Kind.RISK
    severity: Severity = Severity.MEDIUM
    is_grave_for_key: bool = False
    limits: tuple[Limit, ...] = ()
    opens: Opens = Opens.CHOICE
    opens_task: bool = False
    touch_days: int = 1
    may_be_off: bool = True
    is_retold: bool = False
    usual: Mapping[str, float] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "usual", {limit.name: limit.usual for limit in self.limits})

    def severity_of(self, spell: Spell) -> Severity:
        return Severity.HIGH if self.is_grave_for_key and spell.is_key else self.severity


def days(usual: int, label=_l("Counts for so many days"), low: int = 7, high: int = 365) -> Limit:
    return Limit("days", label, usual, low, high)


RISKS = (
    Rule(
        "detractor",
        _l("Detractor"),
        _l("Somebody gave 0 to 6, and nothing better since."),
        _l(
            "Whoever is unhappy and is not called tells others, and leaves at the renewal. Their follow-up is opened with the answer; the alert points to it."
        ),
        voices.detractor,
        is_grave_for_key=True,
        limits=(days(60),),
        opens=Opens.ELSEWHERE,
    ),
    Rule(
        "drop",
        _l("Fall of a score"),
        _l("One person's score fell from one answer to the next."),
        _l(
            "When nothing has changed, a fall of 2 points or more happens in 14 of 100 second answers, of 3 in 5, of 4 in 1. Below 3 it would mostly be chance."
        ),
        voices.drop,
        limits=(Limit("points", _l("Points lost, at least"), 3, 2, 10), days(60)),
    ),
    Rule(
        "surprising_silence",
        _l("Surprising silence"),
        _l(
            "Somebody who used to answer has left so many asks in a row unanswered as is unlikely for this person."
        ),
        _l(
            "Two silences say much about somebody who always answered and nothing about somebody who seldom did. So each is held against their own habit: after 3 of 3 answers two silences are enough, after 2 of 5 it takes six."
        ),
        voices.surprising_silence,
        is_grave_for_key=True,
        limits=(Limit("chance", _l("Less likely than, percent"), 5, 1, 20),),
    ),
    Rule(
        "account_silent",
        _l("Whole account silent"),
        _l("Several people were asked, and nobody answered."),
        _l("An account of which nobody speaks is leaving more often than one that complains."),
        voices.account_silent,
        severity=Severity.HIGH,
        limits=(
            Limit("asks", _l("Asks, at least"), 2, 2, 20),
            Limit("people", _l("People asked, at least"), 2, 2, 20),
            days(180, _l("Within so many days"), 30, 730),
        ),
        opens_task=True,
        touch_days=2,
    ),
    Rule(
        "leaver",
        _l("Key person gone"),
        _l("A champion or decision maker has left, was said to have left, or mail to them came back."),
        _l("Who comes next has not chosen us, and may bring a supplier along. The first weeks decide."),
        standing.leaver,
        severity=Severity.HIGH,
        limits=(Limit("bounces", _l("Mails that came back, at least"), 2, 1, 5), days(60)),
        opens_task=True,
        touch_days=2,
    ),
    Rule(
        "single_thread",
        _l("Single thread"),
        _l("Hardly more than one person takes part, at an account with more ARR than half of the others."),
        _l("When that one person leaves, nobody there knows us."),
        standing.single_thread,
        limits=(Limit("threads", _l("People who take part, at most"), 1, 0.5, 3, is_whole=False),),
        touch_days=5,
    ),
    Rule(
        "value_before_renewal",
        _l("Value low before renewal"),
        _l("The renewal is near, and Value is low or not known."),
        _l(
            "Whoever decides about a renewal asks what it was worth. If nobody has told us, we do not know what will be said."
        ),
        standing.value_before_renewal,
        severity=Severity.HIGH,
        limits=(
            Limit("value", _l("Value below"), 40, 10, 80),
            days(120, _l("Days before the renewal, at most"), 30, 365),
        ),
        opens_task=True,
        touch_days=3,
    ),
    Rule(
        "relationship_fell",
        _l("Relationship fell"),
        _l(
            "The Relationship score is lower than thirty days before. Stages do not enter it, and a day on which its formula was changed is not held against one before."
        ),
        _l("A fast fall is seen before the colour changes."),
        standing.relationship_fell,
        limits=(Limit("points", _l("Points in thirty days, at least"), 10, 5, 50),),
    ),
    Rule(
        "colour_fell",
        _l("Colour got worse"),
        _l("Health, or Relationship where Health is not known, has a worse colour than the day before."),
        _l(
            "A colour has a memory of its own and does not flicker; when it falls, somebody finds out what moved it."
        ),
        standing.colour_fell,
        limits=(days(30),),
        opens=Opens.ELSEWHERE,
        is_retold=True,
    ),
    Rule(
        "overdue",
        _l("Overdue follow-up"),
        _l("A follow-up is open although its first touch or its end was due."),
        _l(
            "A promise not kept costs more than none given. Managers are told by the Notices; here it stands with the account."
        ),
        standing.overdue,
        is_grave_for_key=True,
        limits=(Limit("days", _l("Days after it was due"), 0, 0, 30),),
        opens=Opens.ELSEWHERE,
    ),
    Rule(
        "goal_stuck",
        _l("Goal stuck"),
        _l(
            "Somebody said several times running that they have not begun with their main goal, or are behind."
        ),
        _l("Who does not get to what the product was bought for has no reason to renew."),
        voices.goal_stuck,
        limits=(Limit("answers", _l("Answers in a row, at least"), 2, 2, 5), days(180)),
    ),
    Rule(
        "doubtful_answer",
        _l("Answer that calls for a look"),
        _l(
            "Score and comment contradict each other, satisfaction or effort was bad, or a choice was taken that its question lists as bad."
        ),
        _l(
            "It is opened with the answer, and what counts as bad stands with the question; so it is set there."
        ),
        standing.doubtful_answer,
        is_grave_for_key=True,
        opens=Opens.ELSEWHERE,
        may_be_off=False,
        is_retold=True,
    ),
    Rule(
        "ticket_late",
        _l("Grave ticket past its SLA"),
        _l(
            "Another system told that a ticket is past its SLA (type ticket_past_sla, its value the severity, 1 the gravest)."
        ),
        _l("It moves no score: the score stays what customers say, and the alert comes before it."),
        standing.ticket_late,
        severity=Severity.HIGH,
        limits=(Limit("severity", _l("Severity, at most"), 1, 1, 4), days(14)),
        opens_task=True,
    ),
    Rule(
        "usage_fell",
        _l("Usage fell"),
        _l(
            "Usage as another system tells it (type usage) is below its mean of the days before, or a fall in percent was told (type usage_fallen)."
        ),
        _l("It moves no score, Adoption is told apart. People stop using what they will not renew."),
        standing.usage_fell,
        limits=(
            Limit("percent", _l("Percent lost, at least"), 30, 5, 100),
            Limit("over", _l("Against the mean of so many days"), 90, 7, 365),
            days(30),
        ),
    ),
)
OPPORTUNITIES = (
    Rule(
        "expansion",
        _l("Ready for more"),
        _l("A decision maker is a promoter, and Value is high."),
        _l("Who decides and gets much is the right person to speak with about more, or about a reference."),
        standing.expansion,
        kind=Kind.OPPORTUNITY,
        limits=(
            Limit("value", _l("Value at least"), 70, 50, 100),
            days(180, _l("Answered within so many days"), 30, 365),
        ),
        touch_days=5,
    ),
    Rule(
        "new_promoter",
        _l("New promoter"),
        _l("Somebody who was no promoter gave 9 or 10."),
        _l("Find out what made the difference while it is fresh."),
        voices.new_promoter,
        kind=Kind.OPPORTUNITY,
        limits=(days(30),),
        opens=Opens.ELSEWHERE,
    ),
    Rule(
        "came_back",
        _l("Came back"),
        _l("Somebody answered after several silences in a row."),
        _l("They talk to us again. An answer to it now keeps it so."),
        voices.came_back,
        kind=Kind.OPPORTUNITY,
        limits=(Limit("silences", _l("Silences in a row before, at least"), 3, 1, 10), days(30)),
        touch_days=2,
    ),
    Rule(
        "neglected_promoter",
        _l("Promoter left alone"),
        _l("Nobody has been in touch with a promoter for long; at most twenty are told about in a pass."),
        _l("Neglect is how promoters are lost, and a hello is cheap."),
        standing.neglected_promoter,
        kind=Kind.OPPORTUNITY,
        limits=(days(180, _l("Days without a touch"), 60, 730),),
        opens=Opens.ELSEWHERE,
        is_retold=True,
    ),
    Rule(
        "usage_grew",
        _l("Usage grew"),
        _l("Usage as another system tells it (type usage) is above its mean of the days before."),
        _l("More use is the moment to speak about more seats, and about what they do with them."),
        standing.usage_grew,
        kind=Kind.OPPORTUNITY,
        limits=(
            Limit("percent", _l("Percent more, at least"), 30, 5, 500),
            Limit("over", _l("Against the mean of so many days"), 90, 7, 365),
            days(30),
        ),
        touch_days=5,
    ),
)
RULES: dict[str, Rule] = {rule.key: rule for rule in (*RISKS, *OPPORTUNITIES)}
