"""Property 12 of the scores on the database: whatever happens later, a past day computed again is what was stored then."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from app import journey
from app.contacts.models import Account, ContactRole, ContactStatus, Stage
from app.core.audit import SYSTEM
from app.delivery import invitations
from app.delivery.models import Invitation, InvitationState
from app.followups.models import Cause, Outcome, Task
from app.followups.resolution import Resolution, resolve
from app.health import snapshots
from app.health.models import Adoption
from tests import make
from tests.conftest import NOW
from tests.health.test_snapshots import UTC_ZONE

STEP, STEPS = timedelta(days=9), 14
CAME_OF_IT = Resolution(Outcome.RESOLVED, "Done.", Cause.SERVICE_SUPPORT)


class Year:
    """What may happen to one account on a day, by the verbs that do it."""

    def __init__(self, session, account: Account, chance: random.Random):
        self.session, self.account, self.chance = session, account, chance

    def happen(self, now: datetime) -> None:
        for _number in range(2):
            self.chance.choice([self.asked, self.answered, self.silent, self.closed, self.moved, self.used])(
                now
            )
        self.session.flush()

    def asked(self, now: datetime) -> None:
        role = self.chance.choice(list(ContactRole))
        person = make.contact(account=self.account, role=role)
        person.roles[0].from_on = now.date()
        make.invitation(contact=person, sent_at=now, closes_at=now + timedelta(days=21))

    def answered(self, now: datetime) -> None:
        if (ask := self.an_ask(InvitationState.SENT)) is not None:
            said = {"value_overall": self.chance.randrange(11), "value_ease": 1 + self.chance.randrange(7)}
            make.answer(self.chance.randrange(11), invitation=ask, now=now, **said)

    def silent(self, now: datetime) -> None:
        if (ask := self.an_ask(InvitationState.SENT)) is not None:
            invitations.change(self.session, ask, InvitationState.SILENT, now=now)
            self.session.flush()
            journey.invitation_expired(self.session, ask, now=now)

    def closed(self, now: datetime) -> None:
        task = self.session.scalars(sa.select(Task).where(Task.closed_at.is_(None)).limit(1)).first()
        if task is not None:
            resolve(task, CAME_OF_IT, now=now, by=SYSTEM)

    def moved(self, now: datetime) -> None:
        person = self.chance.choice(self.people())
        if self.chance.random() < 0.5:
            person.take_role(self.chance.choice(list(ContactRole)), on=now.date())
        elif person.status is ContactStatus.ACTIVE and len(self.people()) > 3:
            person.leave(on=now.date())
        self.account.enter(self.chance.choice(list(Stage)), on=now.date())

    def used(self, now: datetime) -> None:
        use = {"score": self.chance.randrange(101), "as_of": now.date(), "created_at": now}
        self.session.merge(Adoption(account_id=self.account.id, **use))

    def an_ask(self, state: InvitationState) -> Invitation | None:
        return self.session.scalars(sa.select(Invitation).where(Invitation.state == state).limit(1)).first()

    def people(self) -> list:
        return [ask.contact for ask in self.session.scalars(sa.select(Invitation))]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_past_day_computed_again_is_what_was_stored(session, seed):
    year = Year(session, make.account(tier=1), random.Random(seed))
    day = NOW - STEP * STEPS
    for _number in range(3):
        year.asked(day)
    for number in range(STEPS):
        now = day + number * STEP
        year.happen(now)
        snapshots.refresh(session, [year.account.id], today=now.date(), zone=UTC_ZONE, now=now)
        session.flush()
    seen = set()
    for number in range(STEPS):
        then = (day + number * STEP).date()
        stored = snapshots.on_day(session, year.account.id, then)
        again = snapshots.live(session, [year.account.id], today=then, zone=UTC_ZONE)[year.account.id]
        assert (again.scores, again.colours) == (stored.scores, stored.colours), (number, then)
        assert again.explanation == stored.explanation
        seen.add(stored.score("relationship"))
    assert len(seen) > STEPS / 2, "something has happened"
