"""What the stages are called and in which order they stand.

Accounts, their dated stages, formulas, programs and other systems know a stage by its key, so names and order can
change without losing history. A lost customer is at the end of every journey.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import g, has_app_context
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.models import Account, Stage, StageName
from app.core.errors import Invalid
from app.extensions import db

LAST = Stage.LOST


class Names(Mapping):
    """The stages with their names here, in their order; `usual` are the names of those that nobody changed."""

    def __init__(self, usual: Mapping[Stage, object]):
        self.usual = usual

    def __getitem__(self, stage: Stage) -> object:
        return kept()[Stage(stage)] or self.usual[stage]

    def __iter__(self) -> Iterator[Stage]:
        return iter(kept())

    def __len__(self) -> int:
        return len(self.usual)


def kept() -> dict[Stage, str]:
    """All stages in their order with the names that were given to them, empty for none; read once per request.

    Outside the application, as where a file is only looked at, the usual ones hold.
    """
    if not has_app_context():
        return dict.fromkeys(Stage, "")
    if "stage_names" not in g:
        g.stage_names = read(db.session)
    return g.stage_names


def read(session: Session) -> dict[Stage, str]:
    rows = session.scalars(sa.select(StageName).order_by(StageName.place)).all()
    found = {row.stage: row.name for row in rows}
    return found | {stage: "" for stage in Stage if stage not in found}


@dataclass(frozen=True)
class Given:
    """What a stage is to be called, empty as usual, and where it is to stand."""

    stage: Stage
    name: str
    place: int


def write(session: Session, given: Sequence[Given], usual: Mapping[Stage, object]) -> bool:
    """Keep names and order; whether anything changed. Invalid where two stages would have one name."""
    names = {one.stage: one.name or str(usual[one.stage]) for one in given}
    folded = [name.casefold() for name in names.values()]
    twice = [stage for stage, name in names.items() if folded.count(name.casefold()) > 1]
    if twice:
        words = _("Another stage has this name.")
        raise Invalid(_("These names cannot be used."), errors={f"name_{stage}": words for stage in twice})
    ordered = sorted(given, key=lambda one: (one.stage is LAST, one.place))
    before = read(session)
    wanted = {one.stage: "" if one.name == str(usual[one.stage]) else one.name for one in ordered}
    if list(before.items()) == list(wanted.items()):
        return False
    session.execute(sa.delete(StageName))
    session.add_all(
        StageName(stage=stage, name=name, place=place)
        for place, (stage, name) in enumerate(wanted.items(), 1)
    )
    session.flush()
    g.pop("stage_names", None)
    return True


def stage_of(words: str, named: Mapping[Stage, object]) -> Stage | None:
    """The stage of this key, or of this name as people here call it."""
    wanted = words.strip().casefold()
    if wanted in set(Stage):
        return Stage(wanted)
    return next((stage for stage, name in named.items() if str(name).casefold() == wanted), None)


def accounts_in(session: Session) -> dict[Stage, int]:
    """How many accounts stand in each stage."""
    counted = sa.select(Account.stage, sa.func.count()).group_by(Account.stage)
    return dict(map(tuple, session.execute(counted)))
