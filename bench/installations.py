"""Throw-away installations to measure on: a migrated database, a company that is live, and waves to send."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

import config
from app import create_app
from app.contacts.models import Account, Contact, ContactRole, ContactStatus, Stage
from app.core import tokens
from app.core.database import transactions
from app.core.database.migrating import upgrade
from app.core.installation import installation
from app.delivery.models import Invitation, InvitationState, Purpose, Wave, WaveState
from app.extensions import db
from app.surveys import templates
from app.surveys.models import Program, Survey

OF_ACCOUNT = 20
LAUNCHED = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)


@contextmanager
def empty(database_url: str = "", **settings) -> Iterator[Flask]:
    """An installation that has nothing yet, not even a schema, inside an application context."""
    with tempfile.TemporaryDirectory(prefix="justask-bench-") as folder:
        values = {"INSTANCE": folder, "DATABASE_URL": database_url, "SECRET_KEY": secrets.token_hex(32)}
        app = create_app(config.load({}, **values | settings))
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


@contextmanager
def fresh(database_url: str = "", **settings) -> Iterator[Flask]:
    """A live installation on an empty database, inside an application context whose session writes."""
    with empty(database_url, **settings) as app:
        upgrade()
        transactions.write(db.session)
        prepare()
        yield app


def prepare() -> None:
    """The company goes live and has its surveys, and a program for each."""
    facts = installation(db.session)
    facts.live_at, facts.company, facts.product = LAUNCHED, "Vendor Ltd", "Vendor"
    templates.ensure(db.session, now=LAUNCHED)
    for survey in db.session.scalars(sa.select(Survey)).all():
        db.session.add(Program(name=program_name(survey.key), survey=survey))
    db.session.commit()


def program_name(survey: str) -> str:
    return f"Program with {survey}"


def wave(
    people: int,
    *,
    domain: str = "customer.example",
    accounts: int | None = None,
    sent_at: datetime | None = None,
    survey: str = "nps",
) -> Wave:
    """A wave that sends, with one ask for each of `people` new contacts: planned, or sent already at `sent_at`.

    An account has twenty of them unless `accounts` says how many accounts there are.
    """
    program = db.session.scalars(sa.select(Program).where(Program.name == program_name(survey))).one()
    customers = [_account(number) for number in range(accounts or -(-people // OF_ACCOUNT))]
    row = Wave(
        program=program,
        version=program.survey.current,
        name="Wave",
        launch_key=secrets.token_hex(8),
        state=WaveState.SENDING,
        is_rehearsal=False,
        launched_at=LAUNCHED,
        send_at=LAUNCHED,
        ignores_window=True,
    )
    db.session.add_all([*customers, row])
    db.session.flush()
    mark = secrets.token_hex(4)
    addresses = [f"{mark}.{number}@{domain}" for number in range(people)]
    homes = list(islice(cycle(account.id for account in customers), people))
    contacts = [_contact(*facts) for facts in zip(homes, range(people), addresses, strict=True)]
    ids = list(
        db.session.scalars(sa.insert(Contact).returning(Contact.id, sort_by_parameter_order=True), contacts)
    )
    asks = [_ask(row, *facts) for facts in zip(homes, ids, addresses, strict=True)]
    db.session.execute(sa.insert(Invitation), [ask | sending(sent_at) for ask in asks])
    db.session.commit()
    return row


def sending(sent_at: datetime | None) -> dict:
    """What differs between an ask that waits and one that was sent."""
    if sent_at is None:
        return {"state": InvitationState.PLANNED}
    return {"state": InvitationState.SENT, "sent_at": sent_at, "closes_at": sent_at + timedelta(days=21)}


def tokens_of(settings: config.Settings, row: Wave) -> list[str]:
    """The tokens of the links that a wave sent."""
    signer = tokens.Signer([settings.SECRET_KEY])
    return [
        signer.token(nonce)
        for nonce in db.session.scalars(sa.select(Invitation.nonce).where(Invitation.wave_id == row.id))
    ]


def _account(number: int) -> Account:
    return Account(
        name=f"Customer {number} Ltd", started_on=date(2024, 1, 1), stage=Stage.STEADY, tier=1 + number % 3
    )


def _contact(account_id: int, number: int, address: str) -> dict:
    return {
        "account_id": account_id,
        "email": address,
        "email_key": address,
        "first_name": "Kim",
        "last_name": f"Contact {number}",
        "language": "en",
        "role": ContactRole.USER,
        "status": ContactStatus.ACTIVE,
    }


def _ask(row: Wave, account_id: int, contact_id: int, address: str) -> dict:
    return {
        "wave_id": row.id,
        "contact_id": contact_id,
        "account_id": account_id,
        "version_id": row.version_id,
        "nonce": tokens.new_nonce(),
        "asked_as": address,
        "language": "en",
        "purpose": Purpose.PROGRAM,
        "is_rehearsal": False,
        "due_at": LAUNCHED,
    }


def folder_of(app: Flask) -> Path:
    return Path(app.extensions["settings"].instance)
