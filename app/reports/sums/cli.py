"""Commands about the sums behind the trends (a door)."""

from __future__ import annotations

import json
import sys
from datetime import datetime

import click
from flask.cli import with_appcontext

from app.core import clock
from app.core.database import transactions
from app.extensions import db
from app.reports import rollups
from app.reports.sums import placing, verifying
from app.reports.sums.verifying import Difference, Findings

MOST_TOLD = 20


@click.group("rollups")
def rollups_group() -> None:
    """Check the sums behind the trends against the answers, and make them anew."""


JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON, every difference included.")


@rollups_group.command()
@JSON
@with_appcontext
def verify(as_json: bool) -> None:
    """Count all answers again and name every sum that differs; exit code 1 when one does. Nothing is changed."""
    found, waiting = compared()
    tell(found, waiting, as_json)
    sys.exit(1 if found.differences else 0)


@rollups_group.command()
@JSON
@with_appcontext
def rebuild(as_json: bool) -> None:
    """Count all answers again and put every sum right that differs; answers go on meanwhile."""
    found, waiting = compared()
    now = clock.now()
    for account_id in waiting:
        transactions.write(db.session)
        placing.follow(db.session, account_id, now=now)
        db.session.commit()
    correct(found.differences, now)
    tell(found, waiting, as_json)


def compared() -> tuple[Findings, list[int]]:
    """What differs, and the accounts whose answers have yet to follow them, as of one moment."""
    db.session.rollback()
    transactions.read(db.session)
    verifying.of_one_state(db.session)
    found = verifying.findings(db.session), verifying.waiting(db.session)
    db.session.rollback()
    return found


def correct(differences: list[Difference], now: datetime) -> None:
    transactions.write(db.session)
    verifying.put_right(db.session, differences, now=now)
    db.session.commit()
    while rollups.fold(db.session):
        db.session.commit()


def tell(found: Findings, waiting: list[int], as_json: bool) -> None:
    if as_json:
        told = {"answers": found.answers, "cells": found.cells, "accounts_to_move": len(waiting)}
        click.echo(json.dumps(told | {"differences": [one.told() for one in found.differences]}))
        return
    click.echo(f"{found.answers} answers, {found.cells} sums, {len(found.differences)} differ")
    if waiting:
        click.echo(f"{len(waiting)} accounts have left segments that some of their answers still stand in")
    for one in found.differences[:MOST_TOLD]:
        click.echo(
            f"{one.series} {one.dim}={one.key} {one.day}: {words(one.kept)}, answers say {words(one.counted)}"
        )
    if len(found.differences) > MOST_TOLD:
        click.echo(f"and {len(found.differences) - MOST_TOLD} more")


def words(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number} {band}" for band, number in numbers.items())
