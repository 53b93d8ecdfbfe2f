"""What the causes of a close are called here; reports and other programs know them by keys, which stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import g, has_app_context

from app.core.installation import installation
from app.extensions import db
from app.followups.models import Cause

LONGEST = 60


@dataclass(frozen=True)
class CauseName:
    """What a cause is called when it is shown. It is no lazy string of the translations: those count as safe HTML."""

    cause: Cause
    usual: object

    def __str__(self) -> str:
        return kept().get(self.cause.value) or str(self.usual)


def named(usual: Mapping[Cause, object]) -> dict[Cause, CauseName]:
    """The causes with the names that hold when they are shown."""
    return {cause: CauseName(cause, words) for cause, words in usual.items()}


def kept() -> Mapping[str, str]:
    """The names that were given here, by key; read once per request. Outside the application there are none."""
    if not has_app_context():
        return {}
    if "cause_names" not in g:
        facts = g.get("installation") or installation(db.session)
        g.cause_names = facts.followups.get("causes", {})
    return g.cause_names


def forget_read() -> None:
    """They were just changed."""
    g.pop("cause_names", None)
