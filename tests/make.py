"""Factories: `make.contact()`, `make.response(score=9)`; each fills in what the test does not care about."""

from __future__ import annotations

import itertools
import secrets
from datetime import UTC, date, datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password

from app import journey
from app.auth import sessions
from app.auth.models import Role, Staff
from app.auth.security import COOKIE_ID
from app.contacts.models import Account, Contact, ContactRole, Goal, Stage
from app.core import clock, text, tokens
from app.delivery.inbound.models import InboundMail, Standing
from app.delivery.inbound.reading.sorting import Kind
from app.delivery.models import Invitation, InvitationState, Purpose, Wave, WaveState
from app.extensions import db
from app.followups.conversation.models import CaseMail
from app.followups.improvements.models import Improvement, Mailing, Telling
from app.followups.models import Task, TaskKind
from app.responses import asks
from app.responses.models import Doubt, Response
from app.responses.recording import Recorded, Said
from app.sentiment import texts
from app.surveys.models import Program, Question, QuestionKind, Survey, SurveyVersion

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
CLOSING = timedelta(days=21)
numbers = itertools.count(1)


def saved(row):
    db.session.add(row)
    db.session.flush()
    return row


def staff(role: str = "csm", **given) -> Staff:
    number = next(numbers)
    values = {"email": f"person{number}@company.example", "name": f"Person {number}", "active": True} | given
    found = db.session.query(Role).filter_by(name=role).one()
    password = hash_password(values.pop("password")) if "password" in values else None
    return saved(Staff(fs_uniquifier=secrets.token_hex(16), password=password, roles=[found], **values))


def signed_in_client(app: Flask, person: Staff) -> FlaskClient:
    """A client with an open session of `person`, without going through the sign-in page."""
    row = sessions.begin(db.session, person, now=clock.now(), address="127.0.0.1", agent="tests")
    db.session.commit()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[COOKIE_ID] = row.id
    client.person = person
    return client


def account(**given) -> Account:
    number = next(numbers)
    values = {"name": f"Company {number}", "started_on": date(2024, 1, 1), "tier": 2} | given
    stage = values.pop("stage", Stage.STEADY)
    row = Account(**values)
    row.enter(stage, on=row.started_on)
    return saved(row)


def contact(**given) -> Contact:
    number = next(numbers)
    values = {
        "email": f"contact{number}@customer.example",
        "first_name": "Kim",
        "last_name": f"Contact {number}",
        "language": "en",
    } | given
    values.setdefault("account", None)
    values["account"] = values["account"] or account()
    values.setdefault("email_key", text.email_key(values["email"]) if values["email"] else None)
    role = values.pop("role", ContactRole.USER)
    row = Contact(**values)
    row.take_role(role, on=row.account.started_on)
    return saved(row)


def goal(*, account: Account, **given) -> Goal:
    values = {
        "words": "Close the books in two days",
        "from_on": account.started_on,
        "created_at": NOW,
    } | given
    return saved(Goal(account_id=account.id, **values))


def survey(*kinds: str, options: dict[str, dict] | None = None) -> Survey:
    number = next(numbers)
    kinds = kinds or (QuestionKind.NPS, QuestionKind.COMMENT)
    row = Survey(key=f"survey-{number}", name=f"Survey {number}", template="nps")
    names = {QuestionKind.NPS: "score", QuestionKind.COMMENT: "comment"}
    questions = [
        Question(position=i, kind=k, name=names.get(k, str(k)), options=(options or {}).get(k, {}))
        for i, k in enumerate(kinds, 1)
    ]
    row.versions.append(SurveyVersion(number=1, questions=questions, created_at=NOW))
    return saved(row)


def program(**given) -> Program:
    values = {"name": f"Program {next(numbers)}"} | given
    values.setdefault("survey", None)
    values["survey"] = values["survey"] or survey()
    return saved(Program(**values))


def wave(**given) -> Wave:
    values = {
        "launched_at": NOW,
        "send_at": NOW,
        "state": WaveState.SENDING,
        "is_rehearsal": False,
        "ignores_window": True,
        "name": "Wave",
    } | given
    values.setdefault("program", None)
    values["program"] = values["program"] or program()
    values.setdefault("version", values["program"].survey.current)
    return saved(Wave(launch_key=secrets.token_hex(8), **values))


def invitation(**given) -> Invitation:
    values = {
        "state": InvitationState.SENT,
        "sent_at": NOW,
        "purpose": Purpose.PROGRAM,
        "language": "en",
    } | given
    person = values["contact"] = values.get("contact") or contact()
    of = values["wave"] = values.get("wave") or wave()
    if values["sent_at"]:
        values.setdefault("closes_at", values["sent_at"] + CLOSING)
    values.setdefault("is_rehearsal", of.is_rehearsal)
    return saved(
        Invitation(
            account=person.account,
            version=of.version,
            nonce=tokens.new_nonce(),
            asked_as=person.email_key,
            **values,
        )
    )


def token(settings, ask: Invitation) -> str:
    """The token of the ask's link, as the mail carries it."""
    return tokens.Signer([settings.SECRET_KEY]).token(ask.nonce)


def inbound_mail(ask: Invitation, words: str = "Please call me.", **given) -> InboundMail:
    """A reply to an ask that lies in the table, without what the journey would do about it."""
    values = {
        "kind": Kind.REPLY,
        "standing": Standing.TAKEN,
        "arrived_at": NOW,
        "from_address": ask.contact.email,
        "from_key": ask.contact.email_key,
        "invitation": ask,
        "contact": ask.contact,
        "account_id": ask.account_id,
        "words": words,
    } | given
    return saved(InboundMail(digest=secrets.token_hex(32), **values))


def case_mail(task: Task, **given) -> CaseMail:
    """A mail that somebody wrote on the page of a follow-up, without its row in the outbox."""
    words = {"recipient": task.contact.email, "subject": "Yours", "words": "Hello", "staff_name": "Person"}
    values = words | {"contact_id": task.contact_id, "pressed_at": NOW, "leaves_at": NOW} | given
    return saved(CaseMail(task_id=task.id, **values))


def telling(ask: Invitation, **given) -> Telling:
    """That the person of an answered ask was told by mail what came of it."""
    words = {"en": {"said": "Exports fail.", "did": "They work."}}
    entry = saved(Improvement(words=words, from_on=NOW.date()))
    press = {"staff_name": "Person", "pressed_at": NOW, "undo_until": NOW, "is_rehearsal": False}
    mailing = saved(Mailing(improvement_id=entry.id, **press))
    person = {"contact_id": ask.contact_id, "account_id": ask.account_id, "invitation_id": ask.id}
    values = {"language": "en", "told_at": NOW, "ended_at": NOW} | given
    return saved(Telling(improvement_id=entry.id, mailing_id=mailing.id, **person, **values))


def response(score: int | None = 9, **given) -> Response:
    """A response in the table, without what the journey would do about it."""
    values = {"submitted_at": NOW, "comment": ""} | given
    ask = values["invitation"] = values.get("invitation") or invitation()
    ask.state, ask.answered_at = InvitationState.ANSWERED, values["submitted_at"]
    values.setdefault("updated_at", values["submitted_at"])
    values.setdefault("day", values["submitted_at"].date())
    values.setdefault("is_rehearsal", ask.is_rehearsal)
    return saved(
        Response(score=score, contact=ask.contact, account=ask.account, language=ask.language, **values)
    )


def answer(
    score: int | None = 9, *, now: datetime = NOW, invitation: Invitation | None = None, **given
) -> Recorded:
    """An answer with everything that follows from it, as the public page records it."""
    ask = invitation if invitation is not None else globals()["invitation"]()
    more = {name: given.pop(name) for name in ("attempt", "doubts") if name in given}
    if given.pop("is_automatic", False):
        more["doubts"] = (Doubt.GATEWAY,)
    said = Said(score=score, **given)
    db.session.flush()
    heard = texts.hear(said, ask.language, texts.intents_of(db.session, said))
    connection = db.session.connection()
    recorded = journey.answer_received(
        connection, asks.by_id(connection, ask.id), said, heard, now=now, **more
    )
    db.session.expire_all()
    return recorded


def task(**given) -> Task:
    """An open task about a contact, opened now, due in the days to come."""
    person = given.pop("contact", None) or contact(account=given.pop("account", None))
    values = {
        "kind": TaskKind.DETRACTOR,
        "reason": "Gave a 3.",
        "opened_at": NOW,
        "first_touch_due_at": NOW + timedelta(days=1),
        "due_at": NOW + timedelta(days=14),
        "contact": person,
        "account": person.account,
    }
    return saved(Task(**(values | given)))
