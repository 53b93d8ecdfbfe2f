"""The list of accounts, an account's page, and what is entered there."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.contacts import goals
from app.contacts.models import Account, ContactRole, Stage
from app.core import clock
from app.core.audit import AuditEvent
from app.delivery.models import InvitationState
from app.followups.models import ActivityKind, Touch
from app.health import snapshots
from app.health.facts import Usage
from app.health.models import ScoreDue
from app.health.told.usage import report_usage
from tests import make
from tests.posting import post

DAY = timedelta(days=1)
ODD_NAMES = [
    "<img src=x onerror=alert(1)>{{7*7}}",
    "';DROP TABLE accounts;--",
    "שלום בע\u202eמ",
    "🧑‍🚀" + "e" + "\u0301" * 190,
    "x" * 200,
]


@pytest.fixture
def lived(session):
    """An account with people, an answer, a silence, a goal, a task and a stored day; dated from now."""
    now = clock.now()
    account = make.account(name="Lived Ltd", arr=1_250_000, started_on=now.date() - 700 * DAY)
    person = make.contact(account=account, role=ContactRole.CHAMPION, first_name="Ada", last_name="King")
    at = now - 3 * DAY
    make.response(
        9, invitation=make.invitation(contact=person, sent_at=at), submitted_at=at, comment="Good & fast"
    )
    buyer = make.contact(
        account=account, role=ContactRole.DECISION_MAKER, first_name="Bea", last_name="Buyer"
    )
    silence = {"state": InvitationState.SILENT, "silent_at": at, "closed_at": at, "sent_at": at - 21 * DAY}
    make.invitation(contact=buyer, **silence)
    make.goal(account=account, from_on=account.started_on)
    make.task(contact=buyer, opened_at=now, due_at=now + DAY, first_touch_due_at=now + DAY)
    zone = clock.ZoneInfo("UTC")
    for days in (30, 1):
        day = (now - days * DAY).date()
        snapshots.refresh(session, [account.id], today=day, zone=zone, now=now)
    session.commit()
    return account


def test_an_empty_installation_says_what_comes_next(sign_in):
    manager, viewer = sign_in("manager"), sign_in("viewer")
    page = manager.get("/accounts").text
    assert "No accounts yet" in page
    assert 'href="/imports/?kind=accounts"' in page
    assert "/imports/" not in viewer.get("/accounts").text
    assert "Clear the filters" in manager.get("/accounts?colour=red").text


def test_accounts_people_and_import_lead_to_each_other(sign_in):
    manager = sign_in("manager")
    for path in ("/accounts", "/contacts", "/imports/"):
        tabs = manager.get(path).text.partition('<nav class="tabs"')[2].partition("</nav>")[0]
        assert re.findall(r'href="([^"]+)"', tabs) == ["/accounts", "/contacts", "/imports/"], path
        assert re.findall(r'href="([^"]+)" aria-current', tabs) == [path]
    viewers = sign_in("viewer").get("/accounts").text
    assert "/imports/" not in viewers


def test_the_list_shows_scores_in_words_and_what_stands_beside_them(sign_in, lived):
    page = sign_in("viewer").get("/accounts?q=lived")
    row = page.text.partition("<tbody>")[2]
    assert "Lived Ltd" in row
    assert re.search(r'class="score score--\w+"><b>\d+</b><span>(Good|Watch|At risk)</span>', row)
    assert "1 promoter, 0 passives, 0 detractors" in row
    assert "nobody owns it" in row
    assert "Tier 2" in row
    assert "1,250,000 USD" in row
    rows = csv.DictReader(io.StringIO(sign_in("viewer").get("/accounts.csv?q=lived").text))
    assert [row["account"] for row in rows] == ["Lived Ltd"]


@pytest.mark.parametrize(
    "query",
    [
        "start=-5&q=%00&tier=9&stage=x&owner=99999999999999999999&colour=x&by=x&sort=%27;--",
        "start=99999999999999999999999",
        "owner=%D9%A3&colour=red&by=adoption&sort=answer&tasks=open&renewal=120",
    ],
)
def test_odd_filters_do_no_harm(sign_in, lived, query):
    viewer = sign_in("viewer")
    assert viewer.get(f"/accounts?{query}").status_code == 200
    assert viewer.get(f"/accounts.csv?{query}").status_code == 200


def test_pages_of_the_list_follow_each_other(sign_in, session):
    for number in range(53):
        make.account(name=f"Number {number:02}")
    session.commit()
    viewer = sign_in("viewer")
    first = viewer.get("/accounts")
    assert first.text.count("data-key-item") == 50
    assert "1 to 50 of 53" in first.text
    second = viewer.get("/accounts?start=50&tier=2").text
    assert (second.count("data-key-item"), "51 to 53 of 53" in second) == (3, True)
    assert 'href="/accounts?tier=2" rel="prev"' in second
    assert "The list ends before this page" in viewer.get("/accounts?start=100").text


def test_the_page_explains_every_score(sign_in, lived):
    page = sign_in("viewer").get(f"/accounts/{lived.id}").text
    for words in (
        "Why is Relationship",
        "A decision maker who stays silent holds this at",
        "Value: not enough evidence",
        "No figure of use has been reported",
        "Preceded, not caused",
        "Ada King",
        "Good &amp; fast",
        "Missing:",
        "Close the books in two days",
        "Under five answers a figure would be chance",
        "1-0-0",
    ):
        assert words in page, words
    points = re.search(r'class="points__words" href="([^"]+)"', page)[1]
    assert re.fullmatch(r"/contacts/\d+#answer-\d+", points)


def test_what_is_known_of_a_day_is_dated_by_the_day(sign_in, lived, session):
    now = clock.now()
    report_usage(session, lived.id, Usage(20, now.date()), source="A program", today=now.date(), now=now)
    session.commit()
    page = sign_in("viewer").get(f"/accounts/{lived.id}").text
    what = r'Adoption 20, told by A program</span><span class="story__at"><time datetime="([^"]+)"[^>]*>today<'
    assert re.search(what, page)[1] == now.date().isoformat()


def test_an_account_about_which_nothing_is_known_says_what_is_missing(sign_in, session):
    account = make.account(owner=None, arr=None)
    session.commit()
    page = sign_in("manager").get(f"/accounts/{account.id}").text
    for words in ("Nobody is known here", "Nobody here was asked yet", "No goal is known", "ARR not known"):
        assert words in page, words
    assert sign_in("viewer").get("/accounts/999999").status_code == 404


def test_a_past_day_shows_the_stored_scores_and_no_form(sign_in, lived):
    viewer = sign_in("viewer")
    day = (clock.now() - DAY).date()
    page = viewer.get(f"/accounts/{lived.id}?as_of={day}")
    assert page.status_code == 200
    assert "as they were stored that evening" in page.text
    assert 'method="post" action="/accounts' not in page.text
    missing = viewer.get(f"/accounts/{lived.id}?as_of=2020-01-01")
    assert missing.status_code == 404
    assert "No scores were kept on" in missing.text
    assert viewer.get(f"/accounts/{lived.id}?as_of=yesterday").status_code == 400
    assert viewer.get(f"/accounts/{lived.id}?as_of=9999-12-31&line=x&with=x").status_code == 200


def test_a_viewer_sees_everything_and_no_edit_control(sign_in, lived):
    viewer = sign_in("viewer")
    for path in (f"/accounts/{lived.id}", "/accounts", "/contacts", f"/contacts/{lived.id}"):
        page = viewer.get(path).text
        main = page.partition('id="main"')[2].partition("</main>")[0]
        assert 'method="post"' not in main, path
        assert "/edit" not in main
        assert "/new" not in main
    for path in (f"/accounts/{lived.id}/touches", f"/accounts/{lived.id}/goals", "/accounts"):
        assert post(viewer, path, "/accounts").status_code == 403


@pytest.mark.parametrize("name", ODD_NAMES, ids=["html", "sql", "rtl", "marks", "long"])
def test_odd_names_are_shown_as_they_are_and_do_nothing(sign_in, session, name):
    account = make.account(name=name, segment={name[:50]: name})
    person = make.contact(account=account, first_name=name[:120], last_name="", title=name)
    make.response(2, invitation=make.invitation(contact=person), comment=name)
    make.goal(account=account, words=name)
    session.commit()
    manager = sign_in("manager")
    paths = ("/accounts", f"/accounts/{account.id}", f"/accounts/{account.id}/edit", "/contacts")
    for path in (*paths, f"/contacts/{person.id}", f"/contacts/{person.id}/edit"):
        page = manager.get(path)
        assert page.status_code == 200, path
        assert "<img src=x" not in page.text
        assert "{{7*7}}" in page.text or "{{" not in name
    assert manager.get("/accounts.csv").status_code == 200


ACCOUNT = {
    "name": "New & Shiny",
    "tier": "1",
    "stage": "onboarding",
    "arr": "1,250,000.50",
    "currency": "eur",
    "owner": "0",
    "started_on": "2026-01-15",
    "renewal_on": "",
    "domains": "shiny.example",
    "external_id": "S-1",
}


def test_a_manager_enters_an_account_once(sign_in, session):
    manager = sign_in("manager")
    done = post(manager, "/accounts", "/accounts/new", **ACCOUNT)
    assert done.status_code == 303
    kept = session.scalars(sa.select(Account)).one()
    assert (kept.name, str(kept.arr), kept.currency, kept.stage) == (
        "New & Shiny",
        "1250000.50",
        "EUR",
        "onboarding",
    )
    assert session.scalars(sa.select(ScoreDue.account_id)).all() == [kept.id]
    assert session.scalars(sa.select(AuditEvent.action)).all()[-1] == "account.add"
    assert "Another account has this id." in post(manager, "/accounts", "/accounts/new", **ACCOUNT).text
    again = post(manager, "/accounts", "/accounts/new", **(ACCOUNT | {"external_id": ""}))
    assert again.status_code == 400
    assert "an account of exactly this name already" in again.text
    assert 'value="1,250,000.50"' in again.text, "what was typed stays"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "This is needed."),
        ({"name": "x" * 201}, "longer than 200 characters"),
        ({"arr": "much"}, "Not an amount of money."),
        ({"arr": "-5"}, "A negative amount."),
        ({"arr": "€5"}, "The currency has a field of its own."),
        ({"currency": "Euro"}, "longer than 3 characters"),
        ({"currency": "E1"}, "three letters of a currency"),
        ({"started_on": "15.1.2026"}, "Write a day as 2026-03-31."),
        ({"tier": "7"}, "Not a valid choice"),
        ({"domains": "gmail.com"}, "does not tell who works here"),
    ],
)
def test_what_cannot_be_kept_is_said_at_its_field(sign_in, session, wrong, words):
    refused = post(sign_in("manager"), "/accounts", "/accounts/new", **(ACCOUNT | wrong))
    assert refused.status_code == 400
    assert words in refused.text
    assert session.scalars(sa.select(Account)).all() == []


def test_a_change_keeps_the_former_stage_dated_and_is_audited(sign_in, session, lived):
    manager, url = sign_in("manager"), f"/accounts/{lived.id}"
    page = manager.get(f"{url}/edit").text
    assert 'value="1250000"' in page
    fields = ACCOUNT | {
        "name": "Lived Ltd",
        "stage": "renewal",
        "external_id": "",
        "owner": str(manager.person.id),
    }
    session.execute(sa.delete(ScoreDue))
    session.commit()
    assert post(manager, url, f"{url}/edit", **fields).status_code == 303
    session.expire_all()
    assert [row.stage for row in lived.stages] == [Stage.STEADY, Stage.RENEWAL]
    assert lived.owner_id == manager.person.id
    assert session.scalars(sa.select(ScoreDue.account_id)).all() == [lived.id]
    event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "account.change")).one()
    assert event.details["stage"] == "steady → renewal"
    again = post(manager, url, f"{url}/edit", **fields)
    assert again.status_code == 303
    assert len(session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "account.change")).all()) == 1
    assert sign_in("csm").get(f"{url}/edit").status_code == 403


def test_a_csm_sets_a_goal_and_the_former_stays(sign_in, session, lived):
    csm, url = sign_in("csm"), f"/accounts/{lived.id}"
    today = clock.now().date().isoformat()
    refused = post(csm, f"{url}/goals", url, goal_words="", goal_from=today)
    assert refused.status_code == 400
    assert "This is needed." in refused.text
    same = post(csm, f"{url}/goals", url, goal_words="Close the books in two days", goal_from=today)
    assert "This is the goal already." in same.text
    assert post(csm, f"{url}/goals", url, goal_words="Close them in one", goal_from=today).status_code == 303
    assert goals.current(session, lived.id).words == "Close them in one"
    assert "Former goals" in csm.get(url).text


def test_anybody_of_us_logs_a_conversation(sign_in, session, lived):
    csm, url = sign_in("csm", name="Sam of support"), f"/accounts/{lived.id}"
    today = clock.now().date()
    fields = {
        "kind": "meeting",
        "contact": "0",
        "on": today.isoformat(),
        "words": "<b>Glad</b>",
        "two_way": "y",
    }
    future = post(csm, f"{url}/touches", url, **(fields | {"on": (today + 2 * DAY).isoformat()}))
    assert future.status_code == 400
    assert "Choose the day on which it was." in future.text
    assert post(csm, f"{url}/touches", url, **(fields | {"contact": "999999"})).status_code == 400
    assert post(csm, f"{url}/touches", url, **fields).status_code == 303
    touch = session.scalars(sa.select(Touch)).one()
    assert (touch.kind, touch.is_two_way, touch.staff_name) == (ActivityKind.MEETING, True, "Sam of support")
    assert session.scalars(sa.select(ScoreDue.account_id)).all() == [lived.id]
    page = csm.get(url).text
    assert "&lt;b&gt;Glad" in page
    assert "Meeting by Sam of support" in page
