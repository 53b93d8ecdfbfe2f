"""Writing a playbook down: what it must have, and which of its steps stay, whoever writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from app.core.errors import Invalid
from app.followups.models import ActivityKind, TaskKind
from app.followups.playbooks.models import Component, Playbook, PlayKind, PlayStep
from app.surveys import placeholders

MOST_STEPS, MOST_DAYS = 20, 90
LONGEST_NAME, LONGEST_TITLE, LONGEST_WORDS = 120, 160, 2000
TIERS = (1, 2, 3)


@dataclass(frozen=True)
class Wanted:
    """A step as somebody wants it, in place of the step `of`, else as a new one."""

    title: str
    days: int
    channel: ActivityKind
    words: str = ""
    of: PlayStep | None = None


@dataclass(frozen=True)
class Draft:
    """A playbook as somebody wants it, with all steps that it is to have."""

    name: str
    kind: PlayKind
    component: Component
    task_kind: TaskKind | None
    tiers: Sequence[int]
    is_active: bool
    steps: Sequence[Wanted]


def no_steps() -> str:
    return _("A playbook needs at least one step.")


def refuse(draft: Draft) -> None:
    """Invalid when a draft lacks something, by field."""
    errors = {}
    if (draft.kind is PlayKind.REACTIVE) != (draft.task_kind is not None):
        errors["task_kind"] = _("Reactive playbooks are for one kind of follow-up, proactive ones for none.")
    if not draft.steps:
        errors["steps"] = no_steps()
    if len(draft.steps) > MOST_STEPS:
        errors["steps"] = _("A playbook has %(n)s steps at most.", n=MOST_STEPS)
    problem = next((wrong for step in draft.steps if (wrong := placeholders.wrong(step.words))), None)
    if problem:
        errors["steps"] = problem
    if errors:
        raise Invalid(next(iter(errors.values())), errors=errors)


def write(playbook: Playbook, draft: Draft, *, now: datetime) -> Playbook:
    """Make the playbook what the draft says. A step that it has no more is retired: follow-ups keep what was done."""
    refuse(draft)
    playbook.name, playbook.kind, playbook.component = draft.name, draft.kind, draft.component
    playbook.task_kind, playbook.tiers = draft.task_kind, sorted(set(draft.tiers))
    playbook.is_active = draft.is_active
    kept = [wanted.of for wanted in draft.steps]
    for step in playbook.current:
        if step not in kept:
            step.retired_at = now
    for place, wanted in enumerate(draft.steps):
        step = wanted.of
        if step is None:
            step = PlayStep()
            playbook.steps.append(step)
        step.position, step.days, step.channel = place, wanted.days, wanted.channel
        step.title, step.words = wanted.title, wanted.words
    return playbook
