"""The playbooks to begin with: what most companies do, by kind of follow-up, by hand for large customers, by mail for small ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask_babel import gettext as _

from app.followups.models import ActivityKind, TaskKind
from app.followups.playbooks.models import Component, Playbook, PlayKind, PlayStep

CALL, MAIL, MEETING, NOTE = ActivityKind.CALL, ActivityKind.MAIL, ActivityKind.MEETING, ActivityKind.NOTE


@dataclass(frozen=True)
class Sketch:
    """A playbook before it is kept; each step is (working days, channel, title, words)."""

    name: str
    component: Component
    steps: list[tuple[int, ActivityKind, str, str]]
    task_kind: TaskKind | None = None
    tiers: list[int] = field(default_factory=list)

    def made(self) -> Playbook:
        kind = PlayKind.REACTIVE if self.task_kind else PlayKind.PROACTIVE
        steps = [
            PlayStep(position=place, days=days, channel=channel, title=title, words=words)
            for place, (days, channel, title, words) in enumerate(self.steps)
        ]
        return Playbook(
            name=self.name,
            kind=kind,
            component=self.component,
            task_kind=self.task_kind,
            tiers=self.tiers,
            steps=steps,
        )


def sketches() -> list[Sketch]:
    """All of them, in the language in force."""
    return [*about_detractors(), about_passives(), about_promoters(), about_silence(), *about_value()]


def asked_why() -> str:
    return _(
        "Hello {first_name}, thank you for being open with us. I would like to understand what went wrong. Which of it"
        " costs you most time at present?"
    )


def written() -> str:
    return _(
        "Hello {first_name}, thank you for your answer. It is not what we want for {account}. Would you tell me in a line"
        " or two what we should change first? I read it myself and come back to you. {sender}"
    )


def told() -> str:
    return _(
        "Hello {first_name}, here is where we are with what you told us. If anything is missing, please say so. {sender}"
    )


def about_detractors() -> list[Sketch]:
    in_person = [
        (1, CALL, _("Call and listen"), asked_why()),
        (2, NOTE, _("Find out the cause with whoever can change it"), ""),
        (5, CALL, _("Say what is going to be done, and by when"), told()),
        (10, MAIL, _("Write what was done, and close"), told()),
    ]
    by_mail = [
        (1, MAIL, _("Write and ask what to change first"), written()),
        (4, CALL, _("No reply: call once"), asked_why()),
        (10, MAIL, _("Write what was done, and close"), told()),
    ]
    return [
        Sketch(_("Detractor, in person"), Component.RELATIONSHIP, in_person, TaskKind.DETRACTOR, [1, 2]),
        Sketch(_("Detractor, by mail"), Component.RELATIONSHIP, by_mail, TaskKind.DETRACTOR, [3]),
    ]


def about_passives() -> Sketch:
    steps = [
        (3, MAIL, _("Ask what would make it a 9"), written()),
        (7, NOTE, _("Say whether the wish is small or large"), ""),
        (10, MAIL, _("Write what becomes of it"), told()),
    ]
    return Sketch(_("Passive"), Component.RELATIONSHIP, steps, TaskKind.PASSIVE)


def about_promoters() -> Sketch:
    thanks = _("Hello {first_name}, thank you, that made our day. What helps you most at {account}? {sender}")
    steps = [
        (2, MAIL, _("Say thank you, and ask what helps most"), thanks),
        (5, CALL, _("Ask for one favour that fits"), ""),
    ]
    return Sketch(_("Promoter"), Component.RELATIONSHIP, steps, TaskKind.PROMOTER)


def about_silence() -> Sketch:
    steps = [
        (2, CALL, _("Try another channel than mail"), ""),
        (4, MAIL, _("Ask the champion who should be asked instead"), ""),
        (8, NOTE, _("Write down whom we know there, and who is missing"), ""),
    ]
    return Sketch(_("Silent"), Component.RELATIONSHIP, steps, TaskKind.SILENT)


def about_value() -> list[Sketch]:
    little = [
        (2, CALL, _("Ask what they had hoped for"), ""),
        (5, MEETING, _("Look together at what is in use and what is not"), ""),
        (10, MAIL, _("Write down the next goal, and the first step to it"), ""),
    ]
    review = [
        (0, NOTE, _("Read the goal, the last answers and what was done"), ""),
        (3, MEETING, _("Review the goal with whoever decides"), ""),
        (5, MAIL, _("Write what was agreed"), told()),
    ]
    return [
        Sketch(_("Little value seen"), Component.VALUE, little, TaskKind.VALUE),
        Sketch(_("Goal review each quarter"), Component.VALUE, review),
    ]
