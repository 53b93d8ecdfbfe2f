"""An account that has a story, and the day on which it is read."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.contacts.models import ContactRole
from app.core.clock import Today
from app.delivery.models import InvitationState
from tests import make
from tests.conftest import NOW

DAY = timedelta(days=1)


@pytest.fixture
def today() -> Today:
    return Today.at(NOW, ZoneInfo("UTC"))


@pytest.fixture
def story():
    """`story(9, 9, 3)` is an account where people of these scores answered yesterday, and a buyer stayed silent."""

    def told(*scores: int, **given):
        account = make.account(**given)
        at = NOW - DAY
        for score in scores:
            person = make.contact(account=account, role=ContactRole.POWER_USER)
            ask = make.invitation(contact=person, sent_at=at)
            make.response(score, invitation=ask, submitted_at=at, comment=f"A {score} it is.")
        buyer = make.contact(account=account, role=ContactRole.DECISION_MAKER, first_name="Bea")
        silence = {
            "state": InvitationState.SILENT,
            "silent_at": at,
            "closed_at": at,
            "sent_at": at - 21 * DAY,
        }
        make.invitation(contact=buyer, **silence)
        return account

    return told
