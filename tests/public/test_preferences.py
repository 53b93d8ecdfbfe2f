"""How somebody wants to be asked: less often, not about something, not at all, and again after a press by mistake."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import journey
from app.contacts.importing.merging import Touched
from app.contacts.models import AskKind, Contact, ContactStatus, Wish
from app.contacts.wishes import Wishes, of
from app.core import clock
from app.core.audit import AuditEvent
from app.core.database import transactions
from app.delivery.models import Invitation, InvitationState, Suppression
from app.extensions import db
from app.health.models import ScoreDue
from app.surveys import templates
from app.surveys.models import ProgramKind, Survey
from tests import make
from tests.browsing import HOME, axe, browser, serve
from tests.posting import post

ALL = ["general", "events"]
DAY = timedelta(days=1)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def person(at) -> Contact:
    transactions.read(db.session)
    return db.session.get_one(Contact, at.contact_id)


def told(client, at, often="any", kinds=ALL):
    return client.post(at.off, data={"often": often, "kinds": kinds})


@pytest.mark.parametrize(
    ("often", "kinds", "expected"),
    [
        ("twice", ALL, Wishes(182)),
        ("once", ALL, Wishes(365)),
        ("any", ["general"], Wishes(None, AskKind.EVENTS)),
        ("once", ["events"], Wishes(365, AskKind.GENERAL)),
        ("any", ALL, Wishes()),
        ("any", [], Wishes(is_unsubscribed=True)),
    ],
)
def test_what_is_chosen_holds_at_once_and_is_shown_again(client, ask, often, kinds, expected):
    at = ask()
    assert told(client, at, often, kinds).status_code == 200
    assert of(person(at)) == expected
    page = client.get(at.off).text
    if not expected.is_unsubscribed:
        assert f'name="often" value="{often}" checked' in page
        assert [kind for kind in ALL if f'name="kinds" value="{kind}" checked' in page] == kinds
    else:
        assert "You will not be asked again" in page


@pytest.mark.parametrize(
    "body",
    [
        {"often": "daily", "kinds": ALL},
        {"kinds": ALL},
        {"often": ["once", "any"], "kinds": ALL},
        {"often": "once", "kinds": ["general", "x"]},
        {"often": "once; DROP", "kinds": "{{7*7}}"},
        {"again": "yes"},
    ],
)
def test_a_form_that_is_not_ours_changes_nothing_and_says_so(client, ask, body):
    at = ask()
    page = client.post(at.off, data=body)
    assert page.status_code == 400
    assert "Nothing was changed" in page.text
    assert of(person(at)) == Wishes()
    assert db.session.query(Wish).all() == []


def test_wishes_change_twenty_times_a_minute_at_most_and_a_no_is_always_heard(client, ask):
    at = ask()
    for _ in range(10):
        assert [told(client, at, often).status_code for often in ("once", "twice")] == [200, 200]
    late = told(client, at, "once")
    assert (late.status_code, 'value="once" checked' in late.text) == (429, True)
    assert 0 < int(late.headers["Retry-After"]) <= 61
    assert of(person(at)) == Wishes(182)
    assert client.post(at.off, data=ONE_CLICK).status_code == 200
    assert of(person(at)).is_unsubscribed


def test_one_click_stays_what_it_was_whatever_else_the_body_says(client, ask):
    at = ask()
    done = client.post(at.off, data=ONE_CLICK | {"often": "any", "kinds": ALL})
    assert (done.status_code, "Set-Cookie" in done.headers, "Location" in done.headers) == (200, False, False)
    assert person(at).status is ContactStatus.UNSUBSCRIBED


def test_who_pressed_by_mistake_lets_themselves_be_asked_again_on_the_page_they_land_on(client, ask):
    at = ask()
    left = client.post(at.off, data={"confirm": "yes"}).text
    assert "Was that a mistake?" in left
    assert "Ask me again" in left
    assert "Your wishes are saved" in told(client, at, "twice").text
    back = person(at)
    assert (back.status, of(back)) == (ContactStatus.ACTIVE, Wishes(182))
    assert db.session.get(Suppression, back.email_key) is None
    rows = db.session.scalars(sa.select(Wish).order_by(Wish.id)).all()
    assert [(row.is_unsubscribed, row.rest_days, row.told_by) for row in rows] == [
        (True, None, "respondent"),
        (False, 182, "respondent"),
    ]
    actions = db.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions == ["contact.unsubscribe", "contact.resubscribe"]
    assert db.session.scalars(sa.select(ScoreDue.account_id)).all() == [back.account_id]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"bounced_at": make.NOW}, ContactStatus.BOUNCED),
        ({"status": ContactStatus.LEFT, "left_on": make.NOW.date()}, ContactStatus.LEFT),
    ],
)
def test_to_be_asked_again_ends_no_bounce_and_no_departure(client, ask, given, status):
    contact = make.contact(**given)
    at = ask(contact=contact)
    told(client, at, "any", [])
    told(client, at)
    assert person(at).status is status
    assert person(at).unsubscribed_at is None


def test_an_address_that_bounced_or_was_erased_stays_closed(client, ask):
    at = ask()
    key = person(at).email_key
    db.session.commit()
    transactions.write(db.session)
    db.session.add(Suppression(email_key=key, reason="bounced", at=clock.now()))
    db.session.commit()
    told(client, at, "once")
    assert db.session.get(Suppression, key).reason == "bounced"


def test_everybody_who_reads_the_mailbox_has_the_same_wishes(client, ask):
    one, other = (ask(contact=make.contact(email="Kim@Customer.example")) for _number in range(2))
    told(client, one, "once", ["events"])
    assert of(person(other)) == of(person(one)) == Wishes(365, AskKind.GENERAL)
    told(client, other)
    assert of(person(other)) == of(person(one)) == Wishes()


def test_what_is_on_its_way_and_not_wanted_is_stopped(client, ask, session):
    templates.ensure(session, now=clock.now())
    survey = session.query(Survey).filter_by(key="nps").one()
    event = make.wave(program=make.program(survey=survey, kind=ProgramKind.TRANSACTIONAL))
    contact = make.contact()
    planned = make.invitation(wave=event, contact=contact, state=InvitationState.PLANNED, sent_at=None)
    at = ask(contact=contact)
    told(client, at, "any", ["general"])
    session.expire_all()
    assert session.get(Invitation, planned.id).state is InvitationState.CANCELLED
    assert session.get(Invitation, at.id).state is InvitationState.SENT


def test_less_often_stops_what_comes_too_soon_and_every_reminder(client, ask, session):
    contact = make.contact()
    soon = make.invitation(contact=contact, state=InvitationState.QUEUED, sent_at=None)
    at = ask(contact=contact, remind_at=clock.now() + DAY, reminders_left=2)
    told(client, at, "twice")
    session.expire_all()
    assert session.get(Invitation, soon.id).state is InvitationState.CANCELLED
    sent = session.get(Invitation, at.id)
    assert (sent.state, sent.remind_at, sent.reminders_left) == (InvitationState.SENT, None, 0)


def test_staff_see_the_wishes_and_their_history_but_cannot_change_them(client, ask, sign_in):
    at = ask()
    told(client, at, "any", [])
    told(client, at, "once", ["general"])
    make.program(name="Half-yearly")
    page = sign_in("admin").get(f"/contacts/{at.contact_id}").text
    assert "How they want to be asked" in page
    assert "Once a year at most. Not after events such as a support case." in page
    assert page.index("Once a year at most.") < page.index("Not at all.")
    assert "Wants to be asked less often" in page
    assert 'name="often"' not in page


def test_somebody_entered_later_has_the_wishes_of_the_mailbox(client, ask, sign_in):
    at = ask(contact=make.contact(email="kim@customer.example"))
    told(client, at, "once")
    other = make.account()
    form = {"first_name": "Kim", "last_name": "Lee", "email": "kim@customer.example", "role": "user"}
    manager = sign_in("manager")
    form |= {"role_from": "2026-01-15", "title": "", "language": "", "time_zone": ""}
    done = post(manager, f"/accounts/{other.id}/contacts", f"/accounts/{other.id}/contacts/new", **form)
    assert done.status_code == 303
    db.session.expire_all()
    found = db.session.scalars(sa.select(Contact).where(Contact.account_id == other.id)).one()
    assert found.rest_days == 365


def test_somebody_imported_later_has_the_wishes_of_the_mailbox(session, now):
    make.contact(email="kim@customer.example", rest_days=365, unwanted_kind=AskKind.EVENTS)
    later, other = make.contact(email="KIM@customer.example"), make.contact()
    journey.rows_imported(session, Touched(), now=now)
    session.expire_all()
    assert of(later) == Wishes(365, AskKind.EVENTS)
    assert of(other) == Wishes()


@pytest.mark.browser
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_page_works_without_script_by_keyboard_at_320_pixels_in_both_schemes(app, ask):
    at = ask(language="de")
    with browser() as chromium:
        for scheme in ("light", "dark"):
            page = chromium.new_context(
                color_scheme=scheme, java_script_enabled=False, viewport={"width": 320, "height": 640}
            ).new_page()
            serve(page, app)
            page.goto(HOME + at.off)
            page.get_by_label("Höchstens einmal im Jahr").focus()
            page.keyboard.press("Space")
            page.keyboard.press("Tab")
            page.keyboard.press("Tab")
            page.keyboard.press("Space")
            page.keyboard.press("Tab")
            with page.expect_navigation():
                page.keyboard.press("Enter")
            assert page.get_by_role("heading", name="Ihre Wünsche sind gespeichert").is_visible()
            assert page.get_by_label("Höchstens einmal im Jahr").is_checked()
            page.get_by_role("button", name="Nicht mehr fragen").click()
            page.get_by_label("So oft wie bisher").check()
            page.get_by_role("button", name="Wieder fragen").click()
        page = chromium.new_context(bypass_csp=True, viewport={"width": 320, "height": 640}).new_page()
        serve(page, app)
        for state in ("open", "off"):
            page.goto(HOME + at.off)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
            assert axe(page) == []
            boxes = [box.bounding_box() for box in page.locator(".list label, button").all()]
            assert min(box["height"] for box in boxes) >= 44
            links = [link.bounding_box() for link in page.locator("main a").all()]
            assert min((box["height"] for box in links), default=44) >= 44
            assert min(b["y"] - a["y"] - a["height"] for a, b in itertools.pairwise(boxes)) >= 4
            if state == "open":
                page.get_by_role("button", name="Nicht mehr fragen").click()
                page.get_by_role("heading", name="Wir fragen Sie nicht mehr").wait_for()


@pytest.mark.browser
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_page_stands_on_one_screen_of_a_phone_in_every_state(app, ask):
    at = ask()
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 360, "height": 740})
        serve(page, app)
        page.goto(HOME + at.off)
        heights = []
        for button in ("Save", "Do not ask me again", None):
            heights.append(page.evaluate("document.documentElement.scrollHeight"))
            if button:
                with page.expect_navigation():
                    page.get_by_role("button", name=button, exact=True).click()
        assert max(heights) <= 740
