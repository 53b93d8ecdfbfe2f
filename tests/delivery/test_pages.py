"""The pages around a launch: preview, launch once and with the number typed, the wave's progress, the mailbox."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from app.contacts.models import ContactStatus
from app.core import clock
from app.core.audit import Actor
from app.core.installation import installation
from app.core.outbox_rows import OutboxRow
from app.delivery import waves
from app.delivery.mail import mailer
from app.delivery.models import Invitation, InvitationState, Purpose, Wave, WaveState
from app.extensions import db
from app.jobs import job_named
from app.surveys import templates
from app.surveys.models import Program, ProgramKind, Survey
from tests import make
from tests.make import NOW

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def program(session) -> Program:
    templates.ensure(session, now=NOW)
    facts = installation(session)
    facts.company, facts.product = "Vendor", "Ledger"
    nps = session.scalars(sa.select(Survey).filter_by(key="nps")).one()
    return make.program(name="Relationship", survey=nps)


@pytest.fixture
def manager(app, program, sign_in):
    app.config["WTF_CSRF_ENABLED"] = False
    return sign_in("manager", name="Ana")


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def key_on(page: str) -> str:
    return re.search(r'name="launch_key" type="hidden" value="([^"]+)"', page)[1]


def press(client, program, **given):
    page = text_of(client.get(f"/programs/{program.id}/launch"))
    data = {"launch_key": key_on(page), "when": "now", "at_any_hour": "y"} | given
    return client.post(f"/programs/{program.id}/waves", data=data)


def the_wave(session) -> Wave:
    session.expire_all()
    return session.scalars(sa.select(Wave)).one()


def pass_jobs(*names: str, **later) -> None:
    for name in names:
        job_named(name).work(clock.now() + timedelta(**later))
        db.session.commit()


def test_the_preview_tells_of_each_person_in_or_out_and_why(session, manager, program):
    make.contact(first_name="Ada")
    make.contact(first_name="Bea", status=ContactStatus.BOUNCED)
    path = f"/programs/{program.id}/people"
    page = text_of(manager.get(path))
    assert "Mail to this person came back" in page
    for query, names in {"who=asked": "Ada", "who=out": "Bea", "who=bounced": "Bea", "q=bea": "Bea"}.items():
        found = text_of(manager.get(f"{path}?{query}"))
        assert [name for name in ("Ada", "Bea") if f">{name} " in found] == [names], query
    assert "Nothing matches" in text_of(manager.get(f"{path}?q=nobody"))
    assert "Nothing matches" in text_of(manager.get(f"{path}?who=left"))


def test_people_whose_language_or_zone_is_not_known_are_counted_with_what_holds_for_them(
    session, manager, program, sign_in
):
    installation(session).language, installation(session).time_zone = "de", "Europe/Berlin"
    make.contact(first_name="Ada", language=None, account=make.account(time_zone="Asia/Tokyo"))
    make.contact(first_name="Bea", language=None)
    make.contact(first_name="Cyd", language="fr", time_zone="Europe/Paris")
    told = (
        "Of 2 people in the audience the language is not known: asked in German.",
        "Of 2 people the time zone is not known. "
        "1 goes by the clock of the account, the others by that of Europe/Berlin.",
    )
    people = f"/programs/{program.id}/people"
    for path in (people, f"/programs/{program.id}/launch"):
        page = text_of(manager.get(path))
        assert [words in page for words in (*told, 'href="/contacts/gaps"')] == [True] * 3, path
    rows = re.findall(r"<tr data-key-item>.*?</tr>", text_of(manager.get(people)), re.DOTALL)
    assert ["German<span" in row for row in rows] == [True, True, False]
    assert ["Asia/Tokyo" in rows[0], "Europe/Berlin, ours" in rows[1]] == [True, True]
    seen = text_of(sign_in("viewer").get(people))
    assert (told[0] in seen, "/contacts/gaps" in seen) == (True, False)
    installation(session).language = "sv"  # The survey has no Swedish words.
    session.flush()
    assert "not known: asked in English." in text_of(manager.get(people))


def test_the_preview_goes_on_page_by_page(session, manager, program, monkeypatch):
    monkeypatch.setattr("app.delivery.asking.preview.PAGE", 2)
    for name in ("Ada", "Bea", "Cyd"):
        make.contact(first_name=name)
    first = text_of(manager.get(f"/programs/{program.id}/people"))
    following = re.search(r'href="([^"]+after=\d+)"', first)[1]
    second = text_of(manager.get(following.replace("&amp;", "&")))
    assert (">Ada " in first, ">Cyd " in first, ">Cyd " in second, ">Ada " in second) == (
        True,
        False,
        True,
        False,
    )


def test_the_launch_page_shows_figures_reasons_and_samples(session, manager, program):
    owned = make.account(owner=make.staff())
    make.contact(first_name="Ada", account=owned, language="de")
    make.contact(first_name=EVIL, language="en")
    make.contact(status=ContactStatus.BOUNCED)
    page = text_of(manager.get(f"/programs/{program.id}/launch"))
    for words in (
        "Ask 2 people",
        "Mail to this person came back",
        "German",
        "English",
        "1 account has no owner",
    ):
        assert words in page, words
    assert "No default owner is named" in page
    assert page.count('class="mail-frame"') == 2
    assert "Guten Tag Ada Contact" in page
    assert "<script>alert" not in page
    assert "<style" not in page
    assert page.count("sandbox srcdoc=") == 2


def test_a_launch_makes_a_wave_that_waits_and_can_be_undone(session, manager, program):
    make.contact()
    answer = press(manager, program)
    wave = the_wave(session)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/waves/{wave.id}")
    assert (wave.state, wave.launched_by, wave.launched_by_id) == (
        WaveState.WAITING,
        "Ana",
        manager.person.id,
    )
    page = text_of(manager.get(f"/waves/{wave.id}"))
    assert "You can undo for" in page
    place = f"/waves/{wave.id}"
    undone = manager.post(f"{place}/undo")
    assert undone.headers["Location"].endswith(f"/programs/{program.id}")
    assert session.scalar(sa.select(sa.func.count(Wave.id))) == 0
    assert manager.get(place).status_code == 404
    assert manager.post(f"{place}/undo").status_code == 404


def test_a_program_of_single_asks_is_not_launched_to_many(session, manager):
    by_hand = make.program(name="By hand", kind=ProgramKind.MANUAL)
    make.contact()
    place = f"/programs/{by_hand.id}"
    form = {"launch_key": f"program:{by_hand.id}:after:0", "when": "now", "at_any_hour": "y"}
    for answer in (manager.get(f"{place}/launch"), manager.post(f"{place}/waves", data=form)):
        assert answer.status_code == 409
        assert "By hand asks one person at a time" in text_of(answer)
    assert session.scalar(sa.select(sa.func.count(Wave.id))) == 0


def test_two_tabs_and_two_managers_make_one_wave(session, manager, program, sign_in):
    make.contact()
    other = sign_in("manager", name="Bo")
    keys = [key_on(text_of(who.get(f"/programs/{program.id}/launch"))) for who in (manager, manager, other)]
    places = {
        who.post(f"/programs/{program.id}/waves", data={"launch_key": key, "when": "now"}).headers["Location"]
        for who, key in zip((manager, manager, other), keys, strict=True)
    }
    assert len(places) == 1
    assert "launched already, by Ana" in text_of(other.get(places.pop()))
    assert session.scalar(sa.select(sa.func.count(Invitation.id))) == 1


def test_above_fifty_people_their_number_must_be_typed(session, manager, program):
    for _ in range(51):
        make.contact()
    for typed, words in {"": "Type the number of people: 51", "50": "It is 51 people now", "x": "51"}.items():
        answer = press(manager, program, typed=typed)
        assert (answer.status_code, words in text_of(answer)) == (400, True), typed
    assert session.scalar(sa.select(sa.func.count(Wave.id))) == 0
    assert press(manager, program, typed="51").status_code == 303


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"when": "later"}, "Choose the day and the time."),
        ({"when": "later", "send_at": "2020-01-01T10:00"}, "This moment has passed."),
        ({"when": "later", "send_at": "2999-01-01T10:00"}, "within a year"),
        ({"when": "later", "send_at": "tomorrow"}, "send_at-error"),
        ({"when": "never"}, "when-error"),
    ],
)
def test_a_moment_that_cannot_be_is_refused_at_its_field(session, manager, program, given, words):
    make.contact()
    answer = press(manager, program, **given)
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert session.scalar(sa.select(sa.func.count(Wave.id))) == 0


def test_a_chosen_moment_is_of_the_installation_s_zone(session, manager, program):
    installation(session).time_zone = "Asia/Tokyo"
    make.contact()
    day = (clock.now() + timedelta(days=3)).date()
    press(manager, program, when="later", send_at=f"{day}T09:00")
    assert the_wave(session).send_at.isoformat() == f"{day}T00:00:00+00:00"


def test_a_key_that_is_not_the_page_s_own_is_not_used(session, manager, program):
    make.contact()
    for key in ("x" * 500, "program:999:after:0", ""):
        assert (
            manager.post(f"/programs/{program.id}/waves", data={"launch_key": key, "when": "now"}).status_code
            == 303
        )
    keys = session.scalars(sa.select(Wave.launch_key).order_by(Wave.id)).all()
    assert all(key.startswith(f"program:{program.id}:") for key in keys)


def test_an_audience_that_cannot_be_asked_says_so_instead_of_a_button(session, manager, program):
    empty = text_of(manager.get(f"/programs/{program.id}/launch"))
    assert "The audience is empty." in empty
    assert "Last mail" not in empty
    assert "Import people" in empty
    assert "Import people" in text_of(manager.get(f"/programs/{program.id}/people"))
    make.contact(status=ContactStatus.BOUNCED)
    page = text_of(manager.get(f"/programs/{program.id}/launch"))
    assert "Change the audience" in page
    assert "Nobody can be asked now." in page
    assert "Ask 0" not in page


def test_when_everybody_is_deferred_the_launch_is_planned_for_the_first_who_is_free(
    session, manager, program
):
    now = clock.now()
    installation(session).live_at = now - timedelta(days=300)
    ada, bea, cyd = (make.contact(first_name=name) for name in ("Ada", "Bea", "Cyd"))
    for person, ago in ((ada, 80), (bea, 30)):
        sent_at = now - timedelta(days=ago)
        make.invitation(contact=person, wave=make.wave(), sent_at=sent_at, state="answered", answered_at=now)
    cyd.status = ContactStatus.BOUNCED
    session.commit()
    page = text_of(manager.get(f"/programs/{program.id}/launch"))
    assert "Nobody can be asked now." in page
    assert "Ask 1 person" in page
    planned = datetime.fromisoformat(re.search(r'name="send_at"[^>]*value="([^"]+)"', page)[1])
    free_on = (now + timedelta(days=10)).date()
    assert free_on <= planned.date() <= free_on + timedelta(days=7)
    assert re.search(r'value="later"[^>]* checked|checked[^>]* value="later"', page)
    press(manager, program, when="later", send_at=planned.isoformat(timespec="minutes"))
    asks = {
        row.contact_id: row
        for row in session.scalars(sa.select(Invitation).join(Wave).where(Wave.program_id == program.id))
    }
    assert asks[ada.id].state is InvitationState.PLANNED
    assert asks[ada.id].due_at.replace(tzinfo=None) >= planned
    assert asks[bea.id].suppressed_reason == "quarantine"


def test_the_preview_tells_the_hour_on_the_own_clock(session, manager, program):
    make.contact(first_name="Ada", time_zone="Asia/Tokyo")
    make.contact(first_name="Bea")
    page = text_of(manager.get(f"/programs/{program.id}/people"))
    rows = re.findall(r"<tr data-key-item>(.*?)</tr>", page, re.DOTALL)
    told = [
        re.search(r">[^<>]*?(\d+):\d\d[^<>]*</time>.*?small\">([^<]+)<", row, re.DOTALL).groups()
        for row in rows
    ]
    assert [zone for _hour, zone in told] == ["Asia/Tokyo", "UTC, ours, theirs is not known"]
    assert all(8 <= int(hour) < 11 for hour, _zone in told)


def test_a_wave_is_sent_and_its_page_follows_until_it_is_done(session, settings, manager, program):
    make.contact(email="kim@customer.example")
    press(manager, program)
    wave = the_wave(session)
    first = manager.get(f"/waves/{wave.id}/progress")
    assert (first.status_code, "<html" in text_of(first)) == (200, False)
    pass_jobs("start_waves", "queue_mail", "send_mail", minutes=11)
    wave = the_wave(session)
    done = manager.get(f"/waves/{wave.id}/progress?told=sending:5")
    assert (wave.state, done.status_code) == (WaveState.FINISHED, 286)
    assert "All mails have left." in text_of(done)
    assert "hx-swap-oob" in text_of(done)
    mails = list(mailer.mailbox(settings).lines())
    assert [mail.to for mail in mails] == ["Kim Contact"] or "kim@customer.example" in mails[0].to
    told = re.search(r'value="(finished:\d+)"', text_of(done))[1]
    assert 'id="wave-said"' not in text_of(manager.get(f"/waves/{wave.id}/progress?told={told}"))


def test_the_live_part_is_sent_only_when_something_in_it_changed(session, manager, program):
    make.contact(email="kim@customer.example")
    press(manager, program)
    wave = the_wave(session)
    page = text_of(manager.get(f"/waves/{wave.id}"))
    assert "data-countdown=" in page
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]
    assert manager.get(f"/waves/{wave.id}/progress?seen={seen}").status_code == 204
    pass_jobs("start_waves", minutes=11)
    moved = manager.get(f"/waves/{wave.id}/progress?seen={seen}")
    assert moved.status_code == 200
    assert f'value="{seen}"' not in text_of(moved)


def test_pause_resume_and_cancel_are_one_press_each(session, manager, program):
    make.contact()
    press(manager, program)
    wave = the_wave(session)
    for verb, state in (
        ("pause", "paused"),
        ("resume", "waiting"),
        ("pause", "paused"),
        ("cancel", "cancelled"),
    ):
        assert manager.post(f"/waves/{wave.id}/{verb}").status_code == 303
        assert the_wave(session).state == WaveState(state)
    answer = manager.post(f"/waves/{wave.id}/resume")
    assert (answer.status_code, "cannot be resumed" in text_of(answer)) == (409, True)
    assert "Undo the launch" not in text_of(manager.get(f"/waves/{wave.id}"))


def test_the_people_of_a_wave_are_filtered_by_the_address(session, manager, program):
    for name in ("Ada", "Bea"):
        make.contact(first_name=name)
    make.contact(first_name="Cyd", status=ContactStatus.BOUNCED)
    press(manager, program)
    path = f"/waves/{the_wave(session).id}"
    for query, names in {
        "state=planned": ["Ada", "Bea"],
        "reason=bounced": ["Cyd"],
        "q=ada": ["Ada"],
        "state=x": ["Ada", "Bea", "Cyd"],
    }.items():
        page = text_of(manager.get(f"{path}?{query}"))
        assert [name for name in ("Ada", "Bea", "Cyd") if f">{name} " in page] == names, query
    page = text_of(manager.get(f"{path}?state=silent"))
    assert "Nothing matches" in page
    assert re.search(r'<option value="silent" selected[^>]*>Silent \(0\)', page)


def test_the_people_of_a_wave_say_who_is_away(session, manager, program):
    wave = make.wave(program=program, state=WaveState.FINISHED)
    make.invitation(wave=wave, state=InvitationState.SENT, is_auto_reply=True)
    make.invitation(wave=wave, state=InvitationState.SILENT, silent_at=NOW, is_auto_reply=True)
    make.invitation(wave=wave, state=InvitationState.ANSWERED, answered_at=NOW, is_auto_reply=True)
    make.invitation(wave=wave, state=InvitationState.SENT)
    assert text_of(manager.get(f"/waves/{wave.id}")).count(">away<") == 2


def test_what_is_in_doubt_is_sent_once_more_when_somebody_says_so(session, manager, program):
    wave = make.wave(program=program, state=WaveState.FINISHED)
    row = make.invitation(wave=wave, state=InvitationState.IN_DOUBT)
    mail = {"group": f"wave:{wave.id}", "recipient": "a@customer.example", "message_id": "1@x", "due_at": NOW}
    session.add(OutboxRow(kind="invitation", ref=str(row.id), state="in_doubt", **mail))
    assert "Send again" in text_of(manager.get(f"/waves/{wave.id}"))
    assert manager.post(f"/invitations/{row.id}/resend").status_code == 303
    session.expire_all()
    assert (row.state, row.wave.state) == (InvitationState.QUEUED, WaveState.SENDING)
    assert manager.post(f"/invitations/{row.id}/resend").status_code == 409


@pytest.mark.parametrize(("state", "said"), [("paused", True), ("finished", False)])
def test_a_mail_that_is_sent_once_more_waits_for_a_paused_wave(session, manager, program, state, said):
    wave = make.wave(program=program, state=WaveState(state))
    row = make.invitation(wave=wave, state=InvitationState.IN_DOUBT)
    mail = {"group": f"wave:{wave.id}", "recipient": "a@customer.example", "message_id": "1@x", "due_at": NOW}
    session.add(OutboxRow(kind="invitation", ref=str(row.id), state="in_doubt", **mail))
    manager.post(f"/invitations/{row.id}/resend")
    page = text_of(manager.get(f"/waves/{wave.id}"))
    assert "sent once more" in page
    assert ("once more when the wave goes on" in page) is said


def test_waves_are_listed_newest_first_and_single_asks_apart(session, manager, program):
    person = make.contact()
    spring = make.wave(program=program, name="Spring wave")
    long_ago = spring.launched_at - timedelta(days=90)
    past = make.wave(program=program, name="Taken in later", launched_at=long_ago)
    session.commit()
    waves.invite(session, program, person, actor=Actor("staff", None, "Ana"), now=clock.now())
    page = text_of(manager.get("/waves"))
    assert page.index("Spring wave") < page.index("Taken in later")
    older = text_of(manager.get(f"/waves?before={spring.id}"))
    assert ("Taken in later" in older, "Spring wave" in older) == (True, False)
    single = text_of(manager.get("/waves?kind=single"))
    assert (person.name in single, "Spring wave" in single) == (True, False)
    assert "Nothing matches" in text_of(manager.get(f"/waves?before={past.id}"))


def test_one_press_asks_a_person_once(session, app, program, sign_in):
    app.config["WTF_CSRF_ENABLED"] = False
    person, csm = make.contact(first_name="Kim", last_name="Lee"), sign_in("csm")
    places = {
        csm.post(f"/contacts/{person.id}/asks", data={"attempt": "abc"}).headers["Location"] for _ in range(2)
    }
    assert len(places) == 1
    page = text_of(csm.get(places.pop()))
    assert "Kim Lee is asked in a moment." in page
    assert "/asks/undo" in page
    assert f'"/contacts/{person.id}/asks"' not in page, "one ask is on its way: no second button"
    wave = the_wave(session)
    assert (wave.purpose, wave.program.name) == (Purpose.SINGLE, "Just ask")
    assert wave.undo_until == wave.launched_at + timedelta(minutes=2)
    coming = text_of(csm.get("/asks/coming?owner=all"))
    assert ("Kim Lee" in coming, "Undo on their page" in coming) == (True, True)
    assert csm.post("/contacts/999/asks").status_code == 404
    assert csm.post(f"/contacts/{person.id}/asks", data={"program": "999"}).status_code == 404


def test_a_single_ask_is_taken_back_by_whoever_may_ask(session, app, program, sign_in):
    app.config["WTF_CSRF_ENABLED"] = False
    person, csm = make.contact(), sign_in("csm")
    csm.post(f"/contacts/{person.id}/asks", data={"program": str(program.id)})
    assert the_wave(session).program_id == program.id
    answer = csm.post(f"/contacts/{person.id}/asks/undo", follow_redirects=True)
    assert "Taken back" in text_of(answer)
    session.expire_all()
    assert session.scalars(sa.select(Wave)).all() == []
    assert csm.post(f"/contacts/{person.id}/asks/undo").status_code == 404
    assert sign_in("viewer").post(f"/contacts/{person.id}/asks").status_code == 403


def test_one_press_in_quarantine_is_refused_with_the_free_day(session, app, program, sign_in):
    app.config["WTF_CSRF_ENABLED"] = False
    person = make.contact(first_name="Kim", last_name="Lee")
    sent_at = clock.now() - timedelta(days=30)
    row = make.invitation(
        contact=person, sent_at=sent_at, state=InvitationState.SILENT, silent_at=clock.now()
    )
    answer = sign_in("csm").post(f"/contacts/{person.id}/asks")
    free = f"{row.sent_at + timedelta(days=90):%B} {(row.sent_at + timedelta(days=90)).day}"
    assert answer.status_code == 409
    assert "Kim Lee cannot be asked now. Was asked recently." in text_of(answer)
    assert free in text_of(answer)


def test_a_test_mail_goes_to_the_one_who_pressed_and_leads_to_a_preview(session, settings, manager, program):
    back = manager.post(f"/programs/{program.id}/test-mails", data={"back": "launch", "language": "de"})
    assert back.headers["Location"].endswith(f"/programs/{program.id}/launch")
    pass_jobs("send_mail")
    box = mailer.mailbox(settings)
    line = next(box.lines())
    page = text_of(manager.get(f"/mailbox/{line.name}"))
    assert manager.person.email in page
    assert f"/surveys/{program.survey_id}/preview?score=10" in page
    assert "/a/example" not in page
    assert "/u/example" not in page
    assert session.scalar(sa.select(sa.func.count(Invitation.id))) == 0


def test_the_mailbox_says_what_to_do_when_it_is_empty(manager):
    assert "No mail yet" in text_of(manager.get("/mailbox"))


def test_the_mailbox_shows_a_mail_in_a_sandbox_with_links_that_open_beside_it(
    session, settings, manager, program
):
    make.contact(email="kim@customer.example", first_name=EVIL)
    make.contact(email="lee@customer.example")
    press(manager, program)
    pass_jobs("start_waves", "queue_mail", "send_mail", minutes=11)
    assert "lee@customer.example" in text_of(manager.get("/mailbox"))
    found = text_of(manager.get("/mailbox?q=KIM@customer"))
    assert "lee@customer.example" not in found
    name = re.search(r'href="/mailbox/([^"]+)"', found)[1]
    page = text_of(manager.get(f"/mailbox/{name}"))
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="' in page
    assert "<script>alert" not in page
    links = re.findall(rf'href="({re.escape(settings.BASE_URL)}/a/[^"]+)"', page)
    assert len([link for link in links if "score=" in link]) == 11
    assert re.search(r">/a/[\w-]{6}…\?score=10</a>", page)
    assert "<pre" in text_of(manager.get(f"/mailbox/{name}?view=text"))
    assert "Nothing matches" in text_of(manager.get("/mailbox?q=nobody"))
    for gone in ("x.eml", "..%2Fsecret_key", "0" * 19 + "-00000000.eml"):
        assert manager.get(f"/mailbox/{gone}").status_code == 404


@pytest.fixture
def doubtful(session, program):
    wave = make.wave(program=program, state=WaveState.FINISHED, name="Spring")
    rows = [make.invitation(wave=wave, state=InvitationState.IN_DOUBT) for _ in range(3)]
    for row in rows:
        mail = {
            "group": f"wave:{wave.id}",
            "recipient": f"{row.id}@customer.example",
            "message_id": f"{row.id}@x",
        }
        mail |= {"due_at": NOW, "reason": "The connection broke."}
        session.add(OutboxRow(kind="invitation", ref=str(row.id), state="in_doubt", **mail))
    session.commit()
    return rows


def test_mails_in_doubt_are_listed_and_a_person_decides(session, manager, program, doubtful):
    page = text_of(manager.get("/waves/in-doubt"))
    assert page.count("The connection broke.") == 3
    assert '<span class="sections__count">3' in page
    assert "3 mails are in doubt." in text_of(manager.get("/waves"))
    assert "Waves (3)" in text_of(manager.get("/programs"))
    first, second, third = doubtful
    back = {"back": "doubts"}
    assert manager.post(f"/invitations/{first.id}/count-as-sent", data=back).location == "/waves/in-doubt"
    assert manager.post(f"/invitations/{second.id}/resend", data=back).location == "/waves/in-doubt"
    session.expire_all()
    assert [row.state for row in doubtful] == [
        InvitationState.SENT,
        InvitationState.QUEUED,
        InvitationState.IN_DOUBT,
    ]
    assert manager.post(f"/invitations/{first.id}/count-as-sent").status_code == 409
    shown = {"ask": [str(third.id), str(first.id), "9" * 30]}
    assert manager.post("/waves/in-doubt/count-as-sent", data=shown).status_code == 303
    assert "Nothing is in doubt" in text_of(manager.get("/waves/in-doubt"))


def test_who_may_not_decide_sees_what_is_in_doubt(app, session, program, doubtful, sign_in):
    page = text_of(sign_in("viewer").get(f"/waves/in-doubt?wave={doubtful[0].wave_id}"))
    assert "The connection broke." in page
    assert "Send again" not in page
    assert "sections__count" not in page


def test_a_wave_that_paused_itself_says_why_and_lists_the_addresses(session, manager, program):
    wave = make.wave(program=program, state=WaveState.PAUSED, name="Spring")
    wave.pause_cause, wave.paused_reason = "bounces", "6% of the mails came back."
    bad = make.contact(email="nobody@customer.example")
    make.invitation(wave=wave, contact=bad, state=InvitationState.BOUNCED, closed_at=NOW)
    page = text_of(manager.get(f"/waves/{wave.id}"))
    for words in (
        "This wave paused itself.",
        "6% of the mails came back.",
        bad.email,
        "Continue all the same",
    ):
        assert words in page
    wave.pause_cause, wave.first_people = "first", 25
    make.invitation(wave=wave, state=InvitationState.PLANNED, sent_at=None)
    session.commit()
    page = text_of(manager.get(f"/waves/{wave.id}"))
    assert "The first 25 people, chosen at random, were asked." in page
    assert "Continue with the other person" in page
    assert manager.post(f"/waves/{wave.id}/resume").status_code == 303
    assert the_wave(session).first_people is None


def test_the_first_launch_of_a_program_says_that_it_begins_with_a_few(session, manager, program):
    installation(session).live_at = NOW
    account = make.account()
    for _ in range(26):
        make.contact(account=account)
    assert "it writes to 25 people chosen at random" in text_of(manager.get(f"/programs/{program.id}/launch"))
    press(manager, program)
    assert the_wave(session).first_people == 25
