"""The set-up page, as an administrator uses it: each step's state comes from what is there, so it resumes anywhere."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.installation import installation
from app.core.processes import workers
from app.jobs import job_named
from app.setup import steps
from app.setup.steps import State
from app.surveys import templates
from tests import crawling, make
from tests.posting import token

READY = {"BASE_URL": "https://ask.example.com", "MAIL_URL": "smtp://127.0.0.1:1"}


@pytest.fixture
def post(sign_in):
    client = sign_in("admin", password=make.PASSWORD)

    def send(path, **fields):
        found = token(client.get("/setup").text)
        return client.post(path, data={"csrf_token": found} | fields)

    send.client = client
    return send


@pytest.fixture
def states(app, session):
    """`states()` gives the state of each step by its key."""

    def now():
        session.commit()
        found = steps.facts(session, app.extensions["settings"], now=clock.now())
        return {step.key: step.state for step in steps.steps(found)}

    return now


def prepared(session, *, live: bool = False):
    """Everything that the steps ask for but the look at the survey and the wave."""
    row = installation(session)
    row.company, row.setup = "Own Ltd", {"zone_chosen": True}
    row.mail_confirmed_at = clock.now()
    row.live_at = clock.now() if live else None
    workers.beat(session, "host:1", started_at=clock.now(), now=clock.now())
    owner = make.staff(role="csm", password=make.PASSWORD)
    return make.contact(account=make.account(owner=owner))


def test_a_new_installation_says_what_is_next_and_why(post, states):
    assert states() == {
        "company": State.TO_DO,
        "mail": State.TO_DO,
        "staff": State.TO_DO,
        "import": State.TO_DO,
        "survey": State.TO_DO,
        "wave": State.BLOCKED,
        "live": State.BLOCKED,
    }
    page = post.client.get("/setup").text
    assert "The company has no name of its own yet." in page
    assert "import people first" in page
    assert page.count("step--next") == 1


@pytest.mark.settings_with(**READY)
def test_each_step_is_done_when_what_it_is_for_exists(post, session, states):
    prepared(session)
    assert [key for key, state in states().items() if state is not State.DONE] == ["survey", "wave", "live"]
    installation(session).setup_done_at = None
    make.invitation(contact=make.contact(), wave=make.wave(is_rehearsal=True))
    assert states()["wave"] is State.DONE


@pytest.mark.settings_with(**READY)
def test_the_demo_company_does_no_step(session, states):
    person = make.staff(role="admin", is_demo=True, password=make.PASSWORD)
    make.staff(role="csm", is_demo=True, password=make.PASSWORD)
    contact = make.contact(account=make.account(is_demo=True, owner=person), is_demo=True)
    make.invitation(contact=contact, wave=make.wave(is_demo=True))
    installation(session).company = "Meridian"
    found = states()
    assert {found[key] for key in ("staff", "import", "live")} == {State.TO_DO, State.BLOCKED}
    assert found["wave"] is State.BLOCKED


def test_accounts_without_owner_want_somebody_who_stands_in(session, states):
    prepared(session)
    make.account(owner=None)
    assert states()["company"] is State.TO_DO
    installation(session).default_owner_id = make.staff().id
    assert states()["company"] is State.DONE


def test_viewers_and_the_disabled_are_no_second_person(post, session, states):
    make.staff(role="viewer", password=make.PASSWORD)
    make.staff(role="csm", password=make.PASSWORD, active=False)
    make.staff(role="csm")
    assert states()["staff"] is State.TO_DO
    assert "I work alone" in post.client.get("/setup").text
    assert post("/setup/alone").status_code == 303
    assert states()["staff"] is State.DONE


def test_the_survey_is_tried_out_or_sent_and_nothing_is_recorded(post, session, states):
    templates.ensure(session, now=make.NOW)
    survey = re.search(r'<option value="(\d+)"', post.client.get("/setup").text)[1]
    answer = post("/setup/survey", survey=survey, do="open")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/setup/survey/{survey}")
    assert states()["survey"] is State.DONE
    before = crawling.checksums()
    page = post.client.get(f"/setup/survey/{survey}?score=3").text
    assert re.search(r'value="3"[^>]* checked', page)
    fields = {"score": "3", "comment": "Slow."}
    assert post(f"/setup/survey/{survey}", comment="Slow.").status_code == 400
    thanks = post(f"/setup/survey/{survey}", **fields)
    assert thanks.status_code == 200
    assert "Nothing is recorded" in thanks.text
    assert crawling.checksums() == before
    assert post("/setup/survey", survey=survey, do="mail").status_code == 303
    row = session.execute(sa.text("SELECT recipient, kind, message_id FROM outbox")).one()
    assert tuple(row)[:2] == (post.client.person.email, "staff")
    assert f"/setup/survey/{survey}?score=3" in session.scalar(sa.text("SELECT html FROM outbox_letters"))
    assert session.scalar(sa.text("SELECT count(*) FROM waves")) == 0
    assert post("/setup/survey", survey="99", do="open").status_code == 404


@pytest.mark.settings_with(**READY)
def test_the_entry_leaves_the_navigation_when_everything_is_done(post, session, sign_in):
    contact = prepared(session)
    entry = 'data-key-words="Set-up"'
    assert entry in post.client.get("/setup").text
    assert entry not in sign_in("manager").get("/accounts").text
    templates.ensure(session, now=make.NOW)
    survey = re.search(r'<option value="(\d+)"', post.client.get("/setup").text)[1]
    post("/setup/survey", survey=survey, do="open")
    make.invitation(contact=contact, wave=make.wave(is_rehearsal=True))
    assert entry in post.client.get("/setup").text, "not live yet"
    assert post("/setup/live", confirm="Go live").status_code == 303
    page = post.client.get("/setup").text
    assert entry not in page
    assert "Everything is done" in page
    assert installation(session).setup_done_at
    assert 'href="/setup"' in post.client.get("/settings").text


@pytest.mark.settings_with(**READY)
def test_the_worker_notices_that_the_last_step_was_done_elsewhere(session):
    contact = prepared(session, live=True)
    make.staff(role="admin", password=make.PASSWORD)
    row = installation(session)
    row.setup = row.setup | {steps.SEEN: "x"}
    session.commit()
    job = job_named("finish_setup")
    assert job.work(clock.now()) == 0
    make.invitation(contact=contact, wave=make.wave())
    session.commit()
    assert job.work(clock.now()) == 1
    assert job.work(clock.now()) == 0


def test_the_banner_leads_administrators_here_and_nobody_else(post, sign_in):
    assert "What is needed to go live" in post.client.get("/accounts").text
    assert "What is needed to go live" not in sign_in("manager").get("/accounts").text


def test_going_live_on_the_page_is_refused_and_names_what_is_missing(post, session):
    assert "opens only on this machine" in post.client.get("/setup").text
    page = post.client.get("/setup/live").text
    assert "JUSTASK_BASE_URL" in page
    assert 'href="/setup/mail"' in page
    assert 'name="confirm"' not in page
    assert post("/setup/live", confirm="go live").status_code == 409
    assert not installation(session).is_live


@pytest.mark.settings_with(**READY)
def test_the_phrase_is_asked_for_at_its_field(post, session):
    prepared(session)
    answer = post("/setup/live", confirm="yes")
    assert answer.status_code == 400
    assert 'aria-describedby="confirm-error"' in answer.text
    assert re.search(r'href="/setup" aria-current="true"', answer.text), "the section stays marked"
    assert not installation(session).is_live


@pytest.mark.settings_with(**READY)
def test_what_would_be_deleted_is_listed_before(post, session):
    contact = prepared(session)
    make.invitation(contact=contact, wave=make.wave(is_rehearsal=True))
    make.account(is_demo=True)
    page = post.client.get("/setup/live").text
    assert "1 rehearsal wave<" in page
    assert "1 demo account<" in page
    assert "it can go with the step" in post.client.get("/setup").text
    assert post("/setup/live", confirm="go live").status_code == 409
    assert post("/setup/live", confirm="go live", remove_demo="1").status_code == 303
    assert installation(session).is_live


def test_the_demo_goes_by_a_button_once_somebody_own_can_administer(sign_in, session):
    client = sign_in("admin", is_demo=True, password=make.PASSWORD)
    make.account(is_demo=True)
    page = client.get("/setup/live").text
    named = page.partition('class="blockers"')[2].partition("</ul>")[0].count("<li")
    assert f"{named} things stand in the way." in client.get("/setup").text
    assert "Remove the demo company now" not in page
    assert "the present sign-ins go with it" in page
    found = token(page)
    assert client.post("/setup/demo/removal", data={"csrf_token": found}).status_code == 409
    make.staff(role="admin", password=make.PASSWORD)
    session.commit()
    assert "Remove the demo company now" in client.get("/setup/live").text
    assert client.post("/setup/demo/removal", data={"csrf_token": found}).status_code == 303
    assert session.execute(sa.text("SELECT count(*) FROM accounts")).scalar_one() == 0


def test_the_page_to_go_live_warns_while_there_is_nobody_to_ask(session, sign_in):
    admin = sign_in("admin")
    make.account(is_demo=True)
    session.commit()
    assert "There is nobody to ask yet" in admin.get("/setup/live").text
    make.account()
    session.commit()
    assert "There is nobody to ask yet" not in admin.get("/setup/live").text
