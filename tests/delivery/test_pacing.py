"""No domain gets more mails in any second than its limit, and none of its mails stand in the way of others."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from app.core.database import transactions
from app.core.outbox_rows import OutboxRow, OutboxState
from app.delivery import sender
from app.delivery.mail.mailbox import Mailbox, MailboxLane
from app.delivery.mail.mailer import Mailer
from app.delivery.mail.smtp.lane import Lane
from app.delivery.mail.smtp.pacing import WINDOW_SECONDS, DomainRates, read_limits
from app.delivery.mail.smtp.server import Server
from app.delivery.mail.turns import DomainTurn, DomainTurns, forget_old
from app.extensions import db
from tests import make
from tests.delivery.conftest import SIGNER
from tests.delivery.test_hard_days import together

BIG = "big.example"


@given(
    limit=st.integers(1, 5),
    steps=st.lists(
        st.tuples(st.sampled_from(["begin", "end"]), st.floats(0, 0.4), st.floats(0, 1)), max_size=80
    ),
)
def test_in_no_second_more_arrive_than_the_limit(limit, steps):
    """Whenever each arrives between its beginning and its reply."""
    rates, now, begun, arrived = DomainRates({BIG: limit}), 0.0, {}, []
    for key, (what, passed, share) in enumerate(steps):
        now += passed
        if what == "begin" and rates.free_at(BIG, now) <= now:
            rates.begin(key, BIG)
            begun[key] = now
        elif what == "end" and begun:
            mail, since = begun.popitem()
            rates.end(mail, now)
            arrived.append(since + share * (now - since))
    for start in arrived:
        assert sum(start <= moment < start + 1 for moment in arrived) <= limit


@given(limit=st.integers(1, 5))
def test_a_full_domain_says_when_it_takes_one_more(limit):
    rates = DomainRates({"*": limit})
    for key in range(limit):
        assert rates.free_at(BIG, 5.0) == 5.0
        rates.begin(key, BIG)
    assert rates.free_at(BIG, 5.0) == float("inf")
    rates.end(0, 6.0)
    assert rates.free_at(BIG, 6.0) == pytest.approx(6 + WINDOW_SECONDS)
    assert rates.free_at(BIG, 7.2) == 7.2


def test_domains_that_are_done_are_forgotten():
    rates = DomainRates({"*": 2})
    for number in range(5000):
        rates.begin(number, f"d{number}.example")
        rates.end(number, number / 100)
        rates.book(f"d{number}.example", 1, number / 100, 2)
    assert max(len(known) for known in (rates._ended, rates._booked, rates._under_way)) <= 1001
    assert rates.free_at("d4999.example", 49.99) == 49.99
    rates.begin(-1, "d4999.example")
    assert rates.free_at("d4999.example", 49.99) == pytest.approx(49.99 + WINDOW_SECONDS)


def test_limits_are_read_or_refused():
    assert read_limits(["Gmail.com=5", " * = 20 "]) == {"gmail.com": 5, "*": 20}
    for wrong in ("gmail.com", "=5", "gmail.com=0", "gmail.com=-1", "gmail.com=fast"):
        with pytest.raises(ValueError, match=wrong):
            read_limits([wrong])


def test_a_limited_domain_keeps_its_limit_and_starves_nobody(office, sink, session):
    lane = Lane(Server("127.0.0.1", sink.port, timeout=5), 4, domain_rates={BIG: 20})
    office.mailer.lane.close()
    office.mailer.lane = lane
    accounts = [make.account() for _ in range(3)]
    many = [make.contact(email=f"p{number}@{BIG}", account=accounts[number % 3]) for number in range(90)]
    others = [make.contact(account=accounts[number % 3]) for number in range(20)]
    office.wave([*many, *others])
    office.queue()
    for _ in range(40):
        office.send()
        office.later(seconds=5)
        if len(sink.taken) == 110:
            break
    assert set(sink.counts.values()) == {1}
    assert len(sink.taken) == 110
    arrived = sorted(taken.at for taken in sink.taken if taken.to.endswith(BIG))
    assert max(sum(0 <= moment - start < 1 for moment in arrived) for start in arrived) <= 20
    last_other = max(place for place, taken in enumerate(sink.taken) if not taken.to.endswith(BIG))
    assert last_other < 80
    assert set(session.scalars(sa.select(OutboxRow.state))) == {OutboxState.SENT}
    assert set(session.scalars(sa.select(OutboxRow.tries))) == {1}


def test_a_slow_domain_does_not_fill_the_lane(office, sink, session):
    sink.on("body", seconds=1.3, to="slow.example")
    accounts = [make.account() for _ in range(2)]
    slow = [
        make.contact(email=f"p{number}@slow.example", account=accounts[number % 2]) for number in range(70)
    ]
    others = [make.contact(account=accounts[number % 2]) for number in range(20)]
    office.mailer.lane.width, office.mailer.lane._slow_seconds = 4, 0.2
    office.wave([*slow, *others])
    office.queue()
    lane_end = office.now + timedelta(hours=1)
    looks = []

    def enough():
        looks.append(len(sink.taken))
        return sum(not taken.to.endswith("slow.example") for taken in sink.taken) == 20

    office.send(should_stop=enough)
    assert enough()
    assert sum(taken.to.endswith("slow.example") for taken in sink.taken) < 20
    late = session.scalars(sa.select(OutboxRow.due_at).where(OutboxRow.state == OutboxState.QUEUED))
    assert any(office.now < due_at < lane_end for due_at in late)


def most_in_a_second(moments):
    return max(sum(0 <= moment - start < 1 for moment in moments) for start in moments)


def test_workers_keep_the_limit_of_a_domain_together(app, office, sink, session, tmp_path):
    account = make.account()
    many = [make.contact(email=f"p{number}@{BIG}", account=account) for number in range(24)]
    others = [make.contact(account=account) for _ in range(8)]
    office.wave([*many, *others])
    office.queue()
    session.remove()
    began, faults, pause = time.monotonic(), [], threading.Event()

    def work(place):
        """A worker process: its own lane and its own turns."""
        lane = Lane(Server("127.0.0.1", sink.port, timeout=20), 2, domain_rates={BIG: 12})
        shelf = MailboxLane(Mailbox(tmp_path / str(place)))
        mailer = Mailer(lane, shelf, SIGNER, "surveys@justask.example")
        try:
            with app.app_context():
                transactions.write(db.session)
                while len(sink.taken) < 32:
                    now = office.now + timedelta(seconds=time.monotonic() - began)
                    sender.send_due(db.session, mailer, now=now)
                    pause.wait(0.02)
        except Exception as error:
            faults.append(error)

    together(work, 3)
    assert faults == []
    assert set(sink.counts.values()) == {1}
    assert len(sink.taken) == 32
    most = most_in_a_second([taken.at for taken in sink.taken if taken.to.endswith(BIG)])
    assert most <= 12
    # On a machine that is too busy to come up to the limit, nobody has to wait for it.
    assert (
        most < 12 or max(place for place, taken in enumerate(sink.taken) if not taken.to.endswith(BIG)) < 24
    )


def test_a_turn_is_one_worker_s_until_it_runs_out(session, now):
    first, second, connection = DomainTurns(), DomainTurns(), session.connection()
    assert first.hold(connection, {BIG, "other.example"}, now=now) == {BIG, "other.example"}
    assert second.hold(connection, {BIG, "third.example"}, now=now) == {"third.example"}
    later = now + timedelta(seconds=9)
    assert first.hold(connection, {BIG}, now=later) == {BIG}
    assert second.hold(connection, {BIG}, now=now + timedelta(seconds=20)) == set()
    assert second.hold(connection, {BIG}, now=now + timedelta(seconds=25)) == {BIG}
    assert first.hold(connection, {BIG}, now=now + timedelta(seconds=26)) == set()
    assert forget_old(connection, now=now + timedelta(days=2)) == 3


def test_without_limits_no_turns_are_taken(office, session):
    office.wave(3)
    office.queue()
    office.send()
    assert session.scalars(sa.select(DomainTurn)).all() == []
