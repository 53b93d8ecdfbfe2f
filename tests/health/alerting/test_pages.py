"""The pages of early warning: the list, the rules, a trial before saving."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.contacts import signals
from app.core import clock
from app.extensions import db
from app.health import snapshots
from app.health.alerting import settings
from app.health.alerting.models import Alert
from app.health.jobs import raise_alerts
from tests import make
from tests.posting import token

RULE = "/settings/alerts/ticket_late"


@pytest.fixture
def alerted(app):
    """An account with an alert of today."""
    now = clock.now()
    account = make.account(name="Wells & <Sons>", owner=make.staff())
    fact = {"external_id": "1", "account": str(account.id), "type": "ticket_past_sla", "value": 1}
    signals.receive(db.session, fact | {"at": now - timedelta(hours=1)}, now=now)
    snapshots.refresh(db.session, [account.id], today=now.date(), zone=ZoneInfo("UTC"), now=now)
    db.session.commit()
    raise_alerts(now)
    return account


def post(client, url, page=RULE, **fields):
    return client.post(url, data={"csrf_token": token(client.get(page).text, missing="")} | fields)


def test_alerts_are_listed_filtered_put_aside_settled_and_followed_up(app, sign_in, alerted):
    csm, viewer = sign_in("csm"), sign_in("viewer")
    for page in ("/alerts", f"/accounts/{alerted.id}"):
        assert ": Wells &amp; &lt;Sons&gt;, Grave ticket past its SLA</span>" in csm.get(page).text
    page = viewer.get("/alerts").text
    assert "Wells &amp; &lt;Sons&gt;" in page
    assert "A ticket of severity 1 is past its SLA." in page
    assert "Needs nobody any more" not in page
    assert "past its SLA" in viewer.get(f"/accounts/{alerted.id}").text
    number = db.session.query(Alert.id).scalar()
    nothing = ("kind=opportunity", "severity=medium", "rule=drop", "owner=nobody", "q=nobody", "state=past")
    for filter in nothing:
        assert "Nothing matches these filters" in viewer.get(f"/alerts?{filter}").text
    assert (
        "Wells"
        in viewer.get(f"/alerts?kind=risk&severity=high&rule=ticket_late&owner={alerted.owner_id}&q=wel").text
    )
    act = f"/alerts/{number}"
    assert post(csm, f"{act}/snooze", "/alerts", days="5").status_code == 400
    assert (
        post(csm, f"{act}/snooze", "/alerts", days="7", next="/alerts?kind=risk").location
        == "/alerts?kind=risk"
    )
    assert "Wells" in viewer.get("/alerts?state=snoozed").text
    assert "Nothing is open" in viewer.get("/alerts").text
    assert post(csm, f"{act}/wake", "/alerts?state=snoozed").status_code == 303
    assert "/follow-ups/" in post(csm, f"{act}/follow-up", "/alerts").location.replace("tasks", "follow-ups")
    assert post(csm, f"{act}/follow-up", "/alerts").status_code == 409
    assert post(csm, f"{act}/settlement", "/alerts", next="//elsewhere.example").location.startswith("/")
    assert post(csm, f"{act}/wake", "/accounts").status_code in {400, 409}
    assert "settled by" in viewer.get("/alerts?state=past").text


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_rule_is_tried_on_the_past_year_before_it_is_saved(app, sign_in, alerted):
    manager = sign_in("manager")
    assert "Try all on the past year" in manager.get("/settings/alerts").text
    assert "Alerts in a year" in manager.get("/settings/alerts?trial=1").text
    assert manager.get("/settings/alerts/nothing").status_code == 404
    given = {"is_on": "y", "severity": "2", "days": "30", "touch_days": "3"}
    tried = post(manager, f"{RULE}/trial", **given)
    assert tried.status_code == 200
    assert f'href="/accounts/{alerted.id}"' in tried.text
    assert re.search(r"<b>1 alert</b>\s*at 1 account", tried.text)
    assert 'value="30"' in tried.text
    assert settings.present(db.session)["ticket_late"].limits["days"] == 14
    for wrong in ({"severity": "9"}, {"days": ""}, {"touch_days": "0"}):
        assert post(manager, f"{RULE}/trial", **(given | wrong)).status_code == 400
    assert post(manager, RULE, **given).status_code == 400
    assert post(manager, RULE, **given, reason="They <b>asked</b>.").status_code == 303
    assert settings.present(db.session)["ticket_late"].limits == {"severity": 2, "days": 30}
    page = manager.get(RULE).text
    assert "They &lt;b&gt;asked&lt;/b&gt;." in page
    assert "looked at anew" not in manager.get("/settings/alerts").text
    assert sign_in("csm").get(RULE).status_code == 403


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_without_alerts_the_page_says_when_the_first_may_come(app, sign_in):
    assert "No alert yet" in sign_in("viewer").get("/alerts").text
