"""What happened on a day is marked on the trend."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.audit import SYSTEM, AuditEvent
from app.extensions import db
from app.reports.annotations import noting
from tests import make
from tests.conftest import NOW
from tests.posting import token


def post(client, url, **fields):
    page = client.get("/reports/happened").text
    return client.post(url, data={"csrf_token": token(page, missing="")} | fields)


def test_a_day_is_noted_marked_and_taken_away(app, sign_in):
    today = clock.now().date()
    for _ in range(5):
        ask = make.invitation(sent_at=clock.now() - timedelta(days=2))
        make.answer(9, invitation=ask, now=clock.now())
    manager, viewer = sign_in("manager"), sign_in("viewer")
    assert "Nothing is noted yet" in manager.get("/reports/happened").text
    assert post(manager, "/reports/happened", on="", words="x").status_code == 400
    assert post(manager, "/reports/happened", on=today.isoformat(), words="Prices <up>").status_code == 303
    trend = viewer.get("/reports").text
    assert "Prices &lt;up&gt; (" in trend
    assert "chart__break" in trend
    assert "Take it away" not in viewer.get("/reports/happened").text
    assert viewer.post("/reports/happened", data={"on": today.isoformat(), "words": "x"}).status_code in {
        400,
        403,
    }
    number = noting.noted(db.session, start=today, end=today + timedelta(days=1))[0].id
    assert post(manager, f"/reports/happened/{number}/remove").status_code == 303
    assert "Prices" not in viewer.get("/reports").text
    assert post(manager, f"/reports/happened/{number}/remove").status_code in {400, 404}
    kept = set(db.session.scalars(sa.select(AuditEvent.action)))
    assert {"annotation.add", "annotation.remove"} <= kept


def test_only_the_days_asked_for_are_told(app):
    for day in (1, 10, 20):
        noting.add(db.session, date(2026, 3, day), f"Day {day}", now=NOW, by=SYSTEM)
    found = noting.noted(db.session, start=date(2026, 3, 1), end=date(2026, 3, 20))
    assert [one.words for one in found] == ["Day 1", "Day 10"]
