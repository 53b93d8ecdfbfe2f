"""Unsubscribing while the wave is being sent: whoever has pressed gets no mail that has not begun to leave."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from app.core import outbox
from app.core.database import transactions
from app.core.outbox import OutboxRow, OutboxState, Step
from app.delivery import sender
from app.delivery.models import Invitation, InvitationChange, InvitationState
from app.delivery.sending.posting import invitation_id_of
from app.extensions import db
from tests import make

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
PEOPLE, ROUNDS = 40, 4


class Pressing:
    """Between the steps of the sender, people press their link in a browser of their own.

    In each round three do: one whose turn has not come, one whose turn has, and one for whom the mail server has just
    said that it waits for the body. `pressed` has their addresses by that place.
    """

    def __init__(self, app, settings):
        self.app, self.settings = app, settings
        self.pressed: dict[str, set[str]] = {"queued": set(), "claimed": set(), "ready": set()}
        self.chosen: set[int] = set()
        self.faults: list[Exception] = []

    def between(self, ready: list[int]) -> None:
        if ready and len(self.pressed["ready"]) < ROUNDS:
            other = threading.Thread(target=self._press_all, args=(ready,))
            other.start()
            other.join()

    def _press_all(self, ready: list[int]) -> None:
        try:
            with self.app.app_context():
                waiting = (
                    sa.select(OutboxRow.id)
                    .where(OutboxRow.id.not_in({*ready, *self.chosen}))
                    .order_by(OutboxRow.id.desc())
                )
                rows = {"ready": ready[-1]}
                for place in ("queued", "claimed"):
                    rows[place] = db.session.scalar(
                        waiting.where(OutboxRow.state == OutboxState(place)).limit(1)
                    )
                asks = {place: self._ask(number) for place, number in rows.items() if number}
                self.chosen |= {number for number in rows.values() if number}
                db.session.rollback()
            for place, (address, token) in asks.items():
                assert self.app.test_client().post(f"/u/{token}", data=ONE_CLICK).status_code == 200
                self.pressed[place].add(address)
        except Exception as error:
            self.faults.append(error)

    def _ask(self, row_id: int) -> tuple[str, str]:
        row = db.session.get_one(OutboxRow, row_id)
        ask = db.session.get_one(Invitation, invitation_id_of(row.ref))
        return row.recipient, make.token(self.settings, ask)

    def postman(self) -> type[sender.Postman]:
        between = self.between

        class Stepped(sender.Postman):
            def collect(self, patience):
                results = super().collect(patience)
                between([result.id for result in results if result.step is Step.READY])
                return results

        return Stepped


def check(session, pressing: Pressing, sink) -> None:
    """Nobody who pressed got a mail, everybody else one, and the ledger says so."""
    assert pressing.faults == []
    assert all(len(addresses) >= 2 for addresses in pressing.pressed.values()), pressing.pressed
    left = set().union(*pressing.pressed.values())
    transactions.read(session)
    asks = session.scalars(sa.select(Invitation).order_by(Invitation.id)).all()
    for ask in asks:
        address = ask.contact.email
        assert sink.counts[address] == (0 if address in left else 1), address
        assert ask.state is (InvitationState.CANCELLED if address in left else InvitationState.SENT)
    assert len(asks) == PEOPLE
    cancelled = sa.select(InvitationChange.reason).where(InvitationChange.state == InvitationState.CANCELLED)
    assert set(session.scalars(cancelled)) == {"unsubscribed"}


@pytest.fixture
def small_claims(monkeypatch):
    """A sender that takes few mails at a time, so that many wait for their turn."""
    monkeypatch.setattr(outbox, "MOST_CLAIMED", 8)


def test_whoever_unsubscribes_inside_the_running_wave_gets_no_mail(app, office, sink, session, small_claims):
    office.wave(PEOPLE)
    office.queue()
    pressing = Pressing(app, office.settings)
    sender.carry(session, pressing.postman()(office.mailer), now=office.now)
    session.commit()
    check(session, pressing, sink)
