"""What happened at each customer over eighteen months: moods, willingness to answer, use, and what people talk about.

A curve is a tuple of (days ago, value) pairs, oldest first, joined by straight lines. Moods are the scores 0..10 that
people of a group would give on average; replies the chance 0..1 that they answer; use is the Adoption score 0..100.
Groups are the buyer (decision makers), the champion and the team (everybody else).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from app.contacts.models import ContactRole

Curve = tuple[tuple[int, float], ...]


def flat(value: float) -> Curve:
    return ((0, value),)


def at(curve: Curve, ago: float) -> float:
    """The value of a curve so many days ago."""
    points = sorted(curve, reverse=True)
    if ago >= points[0][0]:
        return points[0][1]
    for (earlier, before), (later, after) in pairwise(points):
        if ago >= later:
            return after + (before - after) * (ago - later) / (earlier - later)
    return points[-1][1]


def group_of(role: ContactRole) -> str:
    """Whose curve a person follows."""
    names = {ContactRole.DECISION_MAKER: "buyer", ContactRole.CHAMPION: "champion"}
    return names.get(role, "team")


@dataclass(frozen=True)
class Story:
    """The curves of one customer. What a group lacks, it has from `team`.

    `topics` are (from, until, topic): what people talked about between so many days ago. `value` shifts what they
    say they get back against their mood; `progress` is how far they are with their goal, 0..4.
    """

    mood: dict[str, Curve]
    reply: dict[str, Curve] = field(default_factory=lambda: {"team": flat(0.5)})
    use: Curve = ((0, 70),)
    topics: tuple[tuple[int, int, str], ...] = ()
    value: float = -0.4
    progress: Curve = ((540, 1.3), (0, 3.2))
    late: float = 0.04
    champion_leaves: int | None = None
    is_asked: bool = True

    def mood_of(self, role: ContactRole, ago: float) -> float:
        """What the group would give, the tide that lifts and lowers everybody included."""
        return at(self.mood.get(group_of(role), self.mood["team"]), ago) + at(TIDE, ago)

    def reply_of(self, role: ContactRole, ago: float) -> float:
        return at(self.reply.get(group_of(role), self.reply["team"]), ago)

    def topics_at(self, ago: float) -> set[str]:
        return {topic for begin, end, topic in self.topics if begin >= ago >= end}


# What all customers felt alike: a bad half year and a better one.
TIDE: Curve = ((540, 0.15), (360, 0.2), (270, -0.15), (200, -0.15), (110, 0.3), (0, 0.4))
# The release that made everything slow, and the one that mended it.
SLOW = ((300, 190, "performance"), (270, 180, "reliability"), (110, 0, "performance"))
DIP: Curve = ((540, 8.6), (310, 8.5), (265, 6.2), (215, 6.3), (120, 8.3), (0, 8.8))

STORIES = {
    "silent_buyer": Story(
        mood={"buyer": ((540, 9.0), (200, 7.6), (0, 6.5)), "team": flat(8.6)},
        reply={"buyer": ((540, 0.98), (300, 0.98), (290, 0.0)), "champion": flat(0.7), "team": flat(0.6)},
        use=((540, 74), (0, 71)),
    ),
    "unhappy_buyer": Story(
        mood={"buyer": ((540, 6.6), (300, 5.2), (0, 3.2)), "champion": flat(9.1), "team": ((540, 8.9), (0, 9.4))},
        reply={"buyer": flat(0.9), "champion": flat(0.85), "team": flat(0.66)},
        use=((540, 76), (0, 88)),
        topics=((320, 0, "price"), (320, 0, "value")),
        value=-0.6,
    ),
    "recovery": Story(
        mood={
            "buyer": ((540, 8.4), (400, 7.4), (330, 3.0), (260, 3.4), (200, 8.2), (0, 9.3)),
            "champion": ((540, 8.2), (330, 3.2), (265, 3.6), (205, 8.6), (0, 9.4)),
            "team": ((540, 8.0), (330, 5.4), (210, 7.6), (0, 8.9)),
        },
        reply={"buyer": flat(0.95), "champion": flat(0.92), "team": flat(0.6)},
        use=((540, 70), (330, 52), (220, 60), (0, 81)),
        topics=((380, 240, "support"), (380, 240, "bug"), (210, 0, "recovery")),
    ),
    "delighted": Story(
        mood={"team": ((540, 8.9), (0, 9.4))},
        reply={"buyer": flat(0.72), "champion": flat(0.85), "team": flat(0.62)},
        use=((540, 78), (0, 90)),
        value=-0.4,
        progress=((540, 1.4), (0, 3.7)),
    ),
    "champion_left": Story(
        mood={"champion": flat(9.5), "buyer": ((540, 8.2), (0, 7.2)), "team": ((540, 8.3), (70, 8.0), (0, 6.9))},
        reply={"champion": flat(0.9), "buyer": flat(0.5), "team": ((540, 0.6), (80, 0.55), (0, 0.3))},
        use=((540, 80), (80, 79), (0, 62)),
        topics=((80, 0, "change"),),
        champion_leaves=72,
    ),
    "warming": Story(
        mood={"team": ((540, 6.6), (300, 7.4), (0, 9.1))},
        reply={"team": ((540, 0.42), (0, 0.62))},
        use=((540, 48), (0, 83)),
        topics=((540, 330, "onboarding"), (540, 330, "usability")),
        progress=((540, 0.2), (0, 3.4)),
    ),
    "meltdown": Story(
        mood={
            "buyer": ((540, 8.8), (200, 8.4), (140, 4.8), (0, 1.6)),
            "champion": ((540, 9.0), (200, 8.6), (140, 4.6), (0, 2.0)),
            "team": ((540, 8.6), (195, 8.3), (130, 4.8), (0, 2.6)),
        },
        reply={"buyer": flat(0.85), "champion": flat(0.9), "team": flat(0.66)},
        use=((540, 84), (140, 82), (0, 31)),
        topics=((150, 0, "reliability"), (150, 0, "performance"), (130, 0, "support")),
        value=-1.0,
        progress=((540, 2.4), (170, 2.8), (120, 1.0), (0, 0.2)),
    ),
    "content": Story(
        mood={"buyer": flat(8.1), "champion": flat(8.7), "team": ((540, 8.4), (330, 8.3), (230, 7.4), (90, 8.2), (0, 8.8))},
        reply={"buyer": flat(0.46), "champion": flat(0.66), "team": flat(0.5)},
        use=((540, 71), (0, 76)),
    ),
    "price_pressure": Story(
        mood={"buyer": ((540, 8.0), (150, 6.6), (0, 5.4)), "champion": flat(8.3), "team": flat(8.0)},
        reply={"buyer": flat(0.8), "champion": flat(0.7), "team": flat(0.48)},
        use=((540, 69), (0, 72)),
        topics=((200, 0, "price"), (120, 0, "contract")),
    ),
    "dip": Story(
        mood={"team": DIP},
        reply={"buyer": flat(0.5), "champion": flat(0.72), "team": flat(0.54)},
        use=((540, 75), (280, 61), (180, 66), (0, 78)),
        topics=SLOW,
    ),
    "single_thread": Story(
        mood={"champion": flat(9.2), "team": flat(7.6)},
        reply={"champion": flat(1.0), "buyer": flat(0.0), "team": flat(0.04)},
        use=((540, 66), (0, 64)),
    ),
    "came_back": Story(
        mood={"team": ((540, 6.8), (90, 7.2), (0, 8.9))},
        reply={"team": ((540, 0.25), (420, 0.0), (140, 0.0), (110, 0.7), (0, 0.85))},
        use=((540, 57), (150, 52), (0, 71)),
        topics=((130, 0, "back"),),
    ),
    "lukewarm": Story(
        mood={"team": ((540, 7.9), (250, 6.7), (0, 8.0))},
        reply={"buyer": flat(0.3), "champion": flat(0.55), "team": flat(0.42)},
        use=((540, 58), (0, 61)),
        topics=((540, 0, "usability"), (540, 0, "reporting")),
        progress=((540, 0.9), (0, 2.2)),
    ),
    "cooling": Story(
        mood={"team": ((540, 8.9), (320, 8.2), (0, 6.2))},
        reply={"team": ((540, 0.68), (200, 0.5), (0, 0.3))},
        use=((540, 79), (200, 66), (0, 49)),
        topics=((250, 0, "gap"), (250, 0, "csm")),
        progress=((540, 2.2), (0, 1.2)),
    ),
    "happy_users": Story(
        mood={"buyer": ((540, 6.6), (0, 4.6)), "champion": flat(9.0), "team": flat(9.2)},
        reply={"buyer": flat(0.8), "champion": flat(0.8), "team": flat(0.64)},
        use=((540, 80), (0, 86)),
        topics=((300, 0, "value"),),
        value=-1.6,
    ),
    "goals_stuck": Story(
        mood={"team": ((380, 7.4), (0, 5.6))},
        reply={"team": flat(0.62)},
        use=((380, 30), (160, 44), (0, 37)),
        topics=((380, 0, "onboarding"), (380, 0, "value")),
        value=-2.0,
        progress=((380, 0.2), (0, 0.8)),
    ),
    "late_answers": Story(
        mood={"team": ((540, 8.0), (240, 7.6), (0, 8.6))},
        reply={"team": flat(0.38)},
        use=flat(68),
        late=0.35,
    ),
    "all_silent": Story(
        mood={"team": flat(5.6)},
        reply={"team": ((540, 0.5), (330, 0.1), (300, 0.0))},
        use=((540, 52), (200, 41), (0, 12)),
        value=-1.5,
        progress=flat(1.0),
    ),
    "lost_silent": Story(
        mood={"team": ((540, 7.6), (118, 5.8))},
        reply={"team": ((540, 0.4), (300, 0.08), (118, 0.0))},
        use=((540, 52), (118, 14)),
        topics=((540, 118, "value"),),
    ),
    "quiet": Story(
        mood={"team": flat(7.9)},
        reply={"team": ((540, 0.4), (0, 0.22))},
        use=((540, 60), (0, 57)),
    ),
    "wrong_size": Story(
        mood={"team": ((540, 7.0), (0, 4.6))},
        reply={"team": flat(0.6)},
        use=((540, 46), (0, 26)),
        topics=((540, 0, "fit"), (540, 0, "usability")),
        value=-1.5,
    ),
    "lost_needs": Story(
        mood={"team": ((540, 6.8), (96, 5.0))},
        reply={"team": ((540, 0.7), (96, 0.6))},
        use=((540, 48), (96, 20)),
        topics=((540, 96, "fit"), (540, 96, "price")),
        value=-2.0,
        progress=flat(0.7),
    ),
    "new_promising": Story(
        mood={"team": flat(8.9)}, reply={"team": flat(0.8)}, use=((48, 12), (0, 46)), topics=((48, 0, "onboarding"),)
    ),
    "never_asked": Story(mood={"team": flat(8.0)}, use=((28, 5), (0, 22)), is_asked=False),
}  # fmt: skip
