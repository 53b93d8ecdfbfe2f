"""The page about the installation: every field is kept, every mistake stands at its field, and clocks follow it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from app.core.installation import installation
from app.followups.models import Task
from app.health.models import ScoreDue
from tests import make
from tests.posting import token

GOOD = {
    "company": "Own Ltd",
    "product": "Ownware",
    "language": "de",
    "time_zone": "Europe/Berlin",
    "own_domains": "own.example\n@Sub.Own.example\n\n",
    "default_owner": "",
    "days": ["0", "1", "2", "3"],
    "start": "08:30",
    "end": "16:00",
    "holidays": "2026-12-25\n2026-12-26\n2026-12-25",
}


@pytest.fixture
def save(sign_in):
    client = sign_in("admin")

    def send(**fields):
        found = token(client.get("/settings/installation").text)
        return client.post("/settings/installation", data={"csrf_token": found} | GOOD | fields)

    send.client = client
    return send


def test_everything_is_kept_and_shown_again(save, session):
    owner, account = make.staff(role="manager"), make.account()
    answer = save(default_owner=str(owner.id))
    assert session.scalars(sa.select(ScoreDue.account_id)).all() == [account.id]
    assert (answer.status_code, answer.headers["Location"]) == (303, "/setup")
    row = installation(session)
    assert (row.company, row.product, row.language) == ("Own Ltd", "Ownware", "de")
    assert (row.time_zone, row.default_owner_id) == ("Europe/Berlin", owner.id)
    assert row.own_domains == ["own.example", "sub.own.example"]
    assert row.work_week.days == {0, 1, 2, 3}
    assert row.work_week.hours_per_day == 7.5
    assert row.work_week.holidays == {date(2026, 12, 25), date(2026, 12, 26)}
    page = save.client.get("/settings/installation").text
    assert "sub.own.example" in page
    assert "2026-12-26" in page
    assert 'value="08:30"' in page


def test_what_may_be_empty_can_be_emptied(save, session):
    save()
    assert save(own_domains="", holidays=" \n", product="").status_code == 303
    row = installation(session)
    assert (row.own_domains, row.holidays, row.product) == ([], [], "")


def test_once_set_up_it_is_a_page_of_the_settings(save, session):
    installation(session).setup_done_at = make.NOW
    assert save().headers["Location"] == "/settings/installation"


@pytest.mark.parametrize(
    ("field", "given", "words"),
    [
        ("company", "", "This is needed."),
        ("company", "x" * 121, "longer than 120"),
        ("own_domains", "own.example\nnot a domain", "not a domain is not a domain."),
        ("holidays", "2026-12-25\n25.12.2026", "25.12.2026 is not a date."),
        ("holidays", "2026-02-30", "2026-02-30 is not a date."),
        ("days", [], "Choose at least one day."),
        ("end", "08:30", "Work has to end after it begins."),
        ("start", "nine", "Not a valid time value."),
        ("time_zone", "Mars/Olympus", "Not a valid choice"),
        ("default_owner", "99", "Not a valid choice"),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_mistake_stands_at_its_field_and_nothing_is_kept(save, session, field, given, words):
    answer = save(**{field: given})
    assert answer.status_code == 400
    at_field = answer.text.partition(f'id="{field}-error"')[2][:600]
    assert words in at_field
    assert installation(session).company == ""


def test_viewers_and_the_disabled_cannot_stand_in(save, session):
    make.staff(role="viewer", name="Only Reads")
    make.staff(role="csm", name="Gone Away", active=False)
    make.staff(role="csm", name="Demo Person", is_demo=True)
    page = save.client.get("/settings/installation").text
    assert "Only Reads" not in page
    assert "Gone Away" not in page
    assert "Demo Person (demo)" in page


def test_the_time_to_follow_up_stands_still_on_days_off(save, session):
    """Thursday ten o'clock in Berlin; no work on Fridays and at weekends, and Monday is a holiday."""
    save(holidays="2026-03-09", start="09:00", end="17:00", time_zone="Europe/Berlin")
    thursday = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
    make.answer(8, now=thursday, invitation=make.invitation(), comment="So so.")
    task = session.scalars(sa.select(Task)).one()
    zone = installation(session).zone
    assert task.first_touch_due_at.astimezone(zone).date() == date(2026, 3, 17)
