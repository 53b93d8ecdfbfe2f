"""The timetable: every scheduled job in one list. What a job is, and who runs it, stands in core/processes/timetable.py.

A job takes the present moment, finds what is due and commits each item; what raises or is put off, a later pass meets.
"""

from __future__ import annotations

import logging
from datetime import datetime
from itertools import chain

from flask import current_app

from app import journey
from app.api.protocol import idempotency
from app.auth import security, sessions
from app.contacts.importing import uploads
from app.core import clock
from app.core.clock import day_of
from app.core.installation import installation
from app.core.outbox import OutboxState, carry, is_more_due
from app.core.outbox_rows import is_waiting
from app.core.processes import workers
from app.core.processes.queue import enqueue
from app.core.processes.timetable import HOUSEKEEPING, MAIL, TIMETABLE, Job, every, job_named, stopping
from app.delivery import sender, waves
from app.delivery.inbound import jobs as inbound
from app.delivery.inbound import queries
from app.delivery.inbound.boxes.opening import box_of
from app.delivery.mail import turns
from app.delivery.mail.mailer import Mailer
from app.delivery.models import InvitationState
from app.delivery.programs import drip, notices, occasions, skips
from app.delivery.sending import closing, posting
from app.delivery.sending.books import MailOutcome
from app.delivery.telling.cases import CaseOutcome
from app.delivery.telling.tidings import ENDING, TidingOutcome
from app.delivery.timing import parts
from app.delivery.watching import alarms
from app.extensions import db
from app.followups import opening, ranking
from app.followups.advocacy import offering
from app.followups.conversation import writing
from app.followups.improvements import mailing
from app.followups.settling import asking as settling
from app.followups.settling import recovering
from app.health import due
from app.health.jobs import keep_daily_scores, refresh_due_scores
from app.integrations import digests, lateness, news, notifying, weekly
from app.integrations.chat import carrier
from app.integrations.jobs import find_events, forget_webhooks, send_webhooks
from app.passes import committed, run_once, settings, work
from app.reports import rollups
from app.responses import partials
from app.sentiment.again import rereading, second
from app.sentiment.themes import dictionary, mentions, suggesting
from app.setup import steps

__all__ = [
    "TIMETABLE",
    "Job",
    "every",
    "find_events",
    "forget_webhooks",
    "job_named",
    "keep_daily_scores",
    "refresh_due_scores",
    "run_once",
    "send_webhooks",
    "stopping",
    "work",
]

log = logging.getLogger(__name__)
BATCHES_OF_A_PASS = 200


@every(6 * 3600)
def tidy_imports(now: datetime) -> int:
    """Let go of uploaded files after a day and of the lines of their reports after a month."""
    touched = uploads.tidy(db.session, now=now)
    db.session.commit()
    return touched


@every(60)
def finish_setup(now: datetime) -> int:
    """Take set-up out of the navigation once its last step is done."""
    done = steps.finish(db.session, current_app.extensions["settings"], now=now)
    db.session.commit()
    return int(done)


@every(seconds=300)
def rank_tasks(now: datetime) -> int:
    """Lift open follow-ups whose clock has run out or whose customer renews soon, and let others down again."""
    return committed(ranking.refresh(db.session, now=now))


@every(seconds=60)
def count_partials(now: datetime) -> int:
    """Take as an answer what somebody chose an hour ago on the page and never sent."""
    skip, counted = workers.waiting_items(db.session, "partials", now=now), 0
    for number in partials.due(db.session, now=now):
        if str(number) in skip:
            continue
        try:
            counted += journey.partial_due(db.session, number, now=now)
            workers.succeeded(db.session, "partials", str(number))
            db.session.commit()
        except Exception as error:
            db.session.rollback()
            workers.failed(db.session, "partials", str(number), error, now=now)
            db.session.commit()
    partials.tidy(db.session, now=now)
    db.session.commit()
    return counted


@every(seconds=2)
def fold_rollups(now: datetime) -> int:
    """Fold fresh answers into the sums that the trends read."""
    return committed(iter(lambda: rollups.fold(db.session), 0))


@every(seconds=3600)
def forget_api_answers(now: datetime) -> int:
    """Forget the answers kept a day for API requests that are sent again."""
    count = idempotency.forget_old(db.session, now=now)
    db.session.commit()
    return count


@every(seconds=6 * 3600)
def forget_sessions(now: datetime) -> int:
    """Forget sign-ins that have opened nothing for a long time."""
    count = sessions.forget_old(db.session, security.lifetime(), now=now)
    db.session.commit()
    return count


@every(seconds=24 * 3600)
def forget_workers(now: datetime) -> int:
    """Forget workers that gave no sign of life for a week, and whose turn it was to write to a limited domain."""
    count = workers.forget_old(db.session, now=now) + turns.forget_old(db.session.connection(), now=now)
    db.session.commit()
    return count


@every(seconds=5)
def start_waves(now: datetime) -> int:
    """Let launched waves send whose undo has run out and whose moment has come."""
    return committed((1 for _wave in waves.start_due(db.session, now=now)), then="queue_mail")


@every(seconds=2)
def plan_waves(now: datetime) -> int:
    """Write down whom launched waves ask whose audience is too large for the press that launched them."""
    return committed(parts.plan_rest(db.session, now=now), then="plan_waves")


@every(seconds=300)
def plan_drips(now: datetime) -> int:
    """Write down whom programs that ask by themselves will ask, some working days ahead."""
    return committed(drip.plan_due(db.session, now=now))


@every(seconds=600)
def end_skips(now: datetime) -> int:
    """Let people be asked again whom a colleague skipped until a day that is over."""
    ended = skips.end_due(db.session, today=day_of(now, installation(db.session).zone), now=now)
    db.session.commit()
    return ended


@every(300)
def announce_asks(now: datetime) -> int:
    """Write to the owners of accounts which of their people are about to be asked."""
    return committed(notices.tell_owners(db.session, settings(), now=now), then="send_mail")


@every(seconds=60)
def meet_occasions(now: datetime) -> int:
    """Ask people after what transactional programs wait for: a stage, a renewal, a signal from outside."""
    return committed(occasions.meet(db.session, now=now))


@every(seconds=600)
def ask_deferred(now: datetime) -> int:
    """Ask those who were left out of a wave for a while and have become free."""
    return committed(waves.ask_deferred(db.session, now=now))


@every(seconds=5)
def queue_mail(now: datetime) -> int:
    """Freeze the mails of asks that are due and let them wait for their turn."""
    return committed(posting.queue_due(db.session, settings(), now=now), then="send_mail")


@every(seconds=2, queue=MAIL, is_shared=True)
def send_mail(now: datetime) -> int:
    """Hand over all mail that is due, and finish the waves of which nobody is left."""
    way = mailer()
    if is_more_due(db.session, now=now):
        enqueue(db.session, "send_mail", "send_mail")
    db.session.commit()
    ended = sender.send_due(db.session, way, now=now, on_outcome=mail_ended, should_stop=stopping.is_set)
    closing.finish_waves(db.session, now=now)
    for _wave in alarms.hold_rest(db.session, now=now):
        db.session.commit()
    sender.note_way(db.session, way, now=now)
    db.session.commit()
    return ended


@every(seconds=30)
def tell_colleagues(now: datetime) -> int:
    """Tell colleagues what happened: at once what cannot wait, the rest in their morning."""
    news.find(db.session, now=now)
    db.session.commit()
    ways = (notifying.tell_due, digests.send_due, weekly.send_due)
    told = chain.from_iterable(way(db.session, settings(), now=now) for way in ways)
    return committed(told, then="send_mail")


@every(seconds=10, is_shared=True)
def send_chat(now: datetime) -> int:
    """Post to the webhooks of those who want to be told by chat."""
    if not is_waiting(db.session, notifying.CHAT, now=now):
        return 0
    return carry(db.session, carrier.ChatCarrier(settings()), now=now, should_stop=stopping.is_set)


@every(seconds=60)
def remind(now: datetime) -> int:
    """Freeze the reminders that are due."""
    return committed(closing.remind_due(db.session, settings(), now=now), then="send_mail")


@every(seconds=60)
def expire(now: datetime) -> int:
    """Turn asks whose time is over into silence, and have somebody follow up."""
    skip = {int(item) for item in workers.waiting_items(db.session, "expire", now=now) if item.isdigit()}
    done = 0
    for invitation in closing.expire_due(db.session, now=now, skip=skip):
        number = invitation.id
        try:
            journey.invitation_expired(db.session, invitation, now=now)
            workers.succeeded(db.session, "expire", str(number))
            db.session.commit()
            done += 1
        except Exception as error:
            log.exception("ask %d could not expire", number)
            db.session.rollback()
            workers.failed(db.session, "expire", str(number), error, now=now)
            db.session.commit()
            skip.add(number)
    return done


@every(seconds=60)
def fetch_mail(now: datetime) -> int:
    """Fetch what came back by mail: bounces, complaints, automatic replies and what people write.

    A restored copy that is held leaves the mail to the installation it was copied from.
    """
    box = box_of(settings())
    if box is None or installation(db.session).is_held:
        return 0
    return inbound.fetch(db.session, settings(), box, now=now, should_stop=stopping.is_set)


@every(seconds=5)
def find_themes(now: datetime) -> int:
    """Find what comments are about that came, changed, or are to be looked through with another dictionary."""
    edition, done = dictionary.number(db.session), 0
    if not mentions.is_waiting(db.session, edition):
        return 0
    matcher = dictionary.Matcher(dictionary.themes(db.session))
    while not stopping.is_set() and (count := mentions.step(db.session, matcher, edition)):
        db.session.commit()
        done += count
    db.session.commit()
    return done


@every(seconds=60, queue=HOUSEKEEPING)
def suggest_themes(now: datetime) -> int:
    """Count once a day which phrases many comments use that no theme knows."""
    found = suggesting.suggest_when_due(db.session, today=day_of(now, installation(db.session).zone), now=now)
    db.session.commit()
    return found


@every(seconds=5, queue=HOUSEKEEPING)
def read_again(now: datetime) -> int:
    """Read comments again after the engine has become another, once somebody has asked for it."""
    done = 0
    for _batch in range(BATCHES_OF_A_PASS):
        run = rereading.running(db.session)
        if run is None or stopping.is_set():
            break
        for count in rereading.step(db.session, run, now=clock.now()):
            db.session.commit()
            done += count
        db.session.commit()
    return done


@every(seconds=20, queue=HOUSEKEEPING)
def read_better(now: datetime) -> int:
    """Read comments of the last days again with the better engine, where it is installed."""
    done = 0
    for _batch in range(BATCHES_OF_A_PASS):
        count = 0
        for heard in second.step(db.session, now=now):
            for text, before, label in heard:
                opening.open_for_second(db.session, text, before, label, now=now)
            db.session.commit()
            count += len(heard)
        db.session.commit()
        done += count
        if not count or stopping.is_set():
            break
    return done


@every(seconds=300)
def tell_leaders(now: datetime) -> int:
    """Tell leaders about follow-ups of which a clock has run out, and again half its time later."""
    return committed(lateness.tell_leaders(db.session, now=now))


@every(seconds=3600)
def ask_again(now: datetime) -> int:
    """Ask detractors once more, two to four weeks after their follow-up was closed."""
    return committed(recovering.ask_again(db.session, now=now))


@every(seconds=120)
def note_favours(now: datetime) -> int:
    """Write down what thank-you pages asked of people who are content."""
    return committed(offering.note_shown(db.session, now=now))


@every(seconds=24 * 3600)
def forget_set_aside(now: datetime) -> int:
    """Let go of mails that were set aside a month ago, and of what colleagues were told three months ago."""
    count = queries.forget_old(db.session, now=now) + notifying.forget_old(db.session, now=now)
    db.session.commit()
    return count


def mail_ended(outcome: MailOutcome | TidingOutcome | CaseOutcome) -> None:
    """What follows from a mail that did not arrive, or told somebody something, in the transaction that records it."""
    if isinstance(outcome, TidingOutcome) and outcome.matter == ENDING:
        settling.ended(db.session, outcome)
    elif isinstance(outcome, TidingOutcome):
        told = mailing.ended(db.session, outcome)
        if told is not None and outcome.state is OutboxState.REFUSED:
            due.mark(db.session.connection(), told.account_id, now=outcome.at)
    elif isinstance(outcome, CaseOutcome):
        written = writing.ended(db.session, outcome, now=outcome.at)
        if written is not None:
            journey.task_changed(db.session, written, now=outcome.at)
    elif outcome.state is InvitationState.BOUNCED:
        journey.mail_bounced(db.session, outcome.invitation_id, now=outcome.at)


def mailer() -> Mailer:
    """The mailer of this process; it remembers that a server is down."""
    if "mailer" not in current_app.extensions:
        current_app.extensions["mailer"] = Mailer.from_settings(settings())
    return current_app.extensions["mailer"]
