"""Loading the demo: eighteen months of a company that never was, and one wave whose mails are on their way."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from app.auth.models import Staff
from app.contacts.models import Account, Contact
from app.core import audit, clock
from app.core.errors import Refused
from app.core.installation import installation
from app.core.language.words import speaking
from app.delivery import sender
from app.delivery.mail.mailer import MAILBOX, Mailer
from app.delivery.models import Decline, Invitation, InvitationState
from app.delivery.sending import closing, posting
from app.demo import team
from app.demo.company import population
from app.demo.events import records, recovering
from app.demo.events.asking import TODAYS_PART, Asking
from app.demo.events.handling import Handling
from app.demo.rows import favours, hearing, improvements, playbooks, scores
from app.demo.rows.answers import Answers
from app.demo.rows.customers import Home, add_customers
from app.demo.rows.followups import Desk
from app.demo.rows.ledger import Ledger
from app.responses import handovers
from app.surveys import wording

SEED = 8


@dataclass(frozen=True)
class Loaded:
    """How much was loaded."""

    accounts: int
    contacts: int
    waves: int
    answers: int
    tasks: int
    todays_wave: int


def may_begin_with_demo(session: Session) -> bool:
    """Whether the installation is not live and nobody has put a customer or a colleague into it yet."""
    someone = [
        session.scalar(sa.select(sa.exists().select_from(model))) for model in (Account, Contact, Staff)
    ]
    return not any(someone) and not installation(session).is_live


def load(session: Session, settings: config.Settings, *, now: datetime, seed: int = SEED) -> Loaded:
    """Add the demo company to an installation without accounts, in the caller's transaction.

    The same seed, day and surveys give the same company. Refused when there are accounts, and on a live installation,
    because a demo wave would be sent for real.
    """
    row = installation(session)
    if row.is_live:
        raise Refused("This installation is live; the demo is for trying things out before that.")
    if session.scalar(sa.select(sa.exists().select_from(Account))):
        raise Refused("This installation has accounts already; the demo goes only into an empty one.")
    today = clock.day_of(now, row.zone)
    staff = team.hire(session, settings, now=now)
    team.introduce(row, staff, now=now)
    home = Home(session, now, today, row.zone, seed, staff=[person.id for person in staff])
    programs = team.programs(session, staff)
    languages = {survey: wording.languages(program.survey.current) for survey, program in programs.items()}
    firms = population.firms(today, seed)
    asking = Asking(firms, today, seed, languages)
    asks = asking.run()
    with speaking(row.language):
        handling = Handling(today, row.work_week, seed)
        tasks = handling.run(asks)
        again = recovering.ask_again(asking, tasks)
        tasks = sorted(tasks + handling.worked(again), key=lambda task: task.opened_at)
    add_customers(home, firms, asking)
    ledger = Ledger(home, programs, asks)
    ledger.add(asking.waves)
    Answers(home, programs, asks).add()
    Desk(home, tasks, row.work_week).add(firms)
    favours.add(home, tasks)
    with speaking(row.language):
        playbooks.add(home)
    improvements.add(home)
    hearing.add(home, audit.Actor("staff", staff[0].id, staff[0].display_name))
    scores.add_scores(home, firms)
    add_a_handover(session)
    wave = records.Wave(len(asking.waves), "nps", today, 0, 0, TODAYS_PART)
    people = [(firm, p, asking.sayings.language("nps", p.language)) for firm, p in asking.todays()]
    todays_wave = ledger.open_today(wave, people)
    audit.note(session, audit.SYSTEM, "demo.loaded", now=now, accounts=len(firms))
    return Loaded(
        len(firms),
        sum(len(firm.people) for firm in firms),
        len(asking.waves) + 1,
        len(home.responses),
        len(tasks),
        todays_wave,
    )


def add_a_handover(session: Session) -> None:
    """The last person who declined says to have left, and names a successor; it waits for somebody's decision."""
    last = sa.select(Invitation).where(Invitation.state == InvitationState.DECLINED)
    ask = session.scalars(last.order_by(Invitation.declined_at.desc(), Invitation.id)).first()
    if ask is not None:
        left = {"declined_as": Decline.LEFT, "updated_at": Invitation.updated_at}
        session.execute(sa.update(Invitation).where(Invitation.id == ask.id).values(left))
        successor = f"mira.solano@{ask.contact.email_key.rpartition('@')[2]}"
        handovers.say(session, ask, Decline.LEFT, name="Mira Solano", email=successor, now=ask.declined_at)


def send_todays_wave(session: Session, settings: config.Settings, *, now: datetime) -> int:
    """Put the mails of the open wave into the built-in mailbox, by the way of every survey mail; how many. Commits.

    They go there even where a mail server is set: the people do not exist.
    """
    sent = 0
    for count in posting.queue_due(session, settings, now=now):
        sent += count
        session.commit()
    session.commit()
    mailer = Mailer.from_settings(dataclasses.replace(settings, MAIL_URL=MAILBOX))
    sender.send_due(session, mailer, now=now)
    closing.finish_waves(session, now=now)
    session.commit()
    return sent
