"""What a respondent reads in another language: every page and mail, without a word of English left in it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import pytest
from flask import render_template

from app.core import clock, errors
from app.core.database import transactions
from app.core.installation import installation
from app.core.language.words import addressing
from app.delivery import letters
from app.delivery.models import InvitationChange, InvitationState
from app.followups.promises.models import Promise
from app.public import pages
from app.public.forms import Posted
from app.public.thanks import contact, favour
from app.surveys.kinds import refusals
from app.surveys.models import Survey
from tests import make
from tools import words

DAY, DAY_ON = timedelta(days=1), date(2026, 3, 25)
GERMAN = {"Accept-Language": "de-CH,de;q=0.9,en;q=0.5"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
LONG_WORDS = {"score": "9", "comment": "x" * 5001}


@pytest.fixture(params=["sqlite"])
def database_kind(request):
    """Words do not depend on the database."""
    return request.param


def spoken(ask, client) -> dict[str, str]:
    """Every page behind a German person's link, by what it is."""
    fresh, left, skipped, seldom = (ask("nps_value", language="de") for _number in range(4))
    long_ago = clock.now() - 40 * DAY
    over = ask(language="de", sent_at=long_ago, state=InvitationState.SILENT, silent_at=clock.now())
    unasked = ask(language="de", sent_at=None, state=InvitationState.CANCELLED)
    found = {
        "question": client.get(fresh.link),
        "value": client.get(ask("value", language="de").link),
        "nothing chosen": client.post(fresh.link, data={}),
        "wrong number": client.post(fresh.link, data={"score": "11", "value_ease": "0"}),
        "too long": client.post(fresh.link, data=LONG_WORDS),
        "unreadable": client.post(
            fresh.link, data=b"score=9&comment=%ff", content_type="application/x-www-form-urlencoded"
        ),
        "leaving": client.get(fresh.off),
        "skipping": client.get(f"{fresh.off}?once=1"),
        "somebody else": client.get(f"{fresh.off}?other=1"),
        "nobody": client.post(
            f"{skipped.link}/decline", data={"why": "left", "name": "x" * 1200, "email": "x"}
        ),
        "gone": client.post(f"{skipped.link}/decline", data={"why": "left"}),
        "less often": client.post(seldom.off, data={"often": "once", "kinds": ["general"]}),
        "not left": client.post(fresh.off, data={}),
        "skipped": client.post(f"{skipped.link}/decline", data={"why": "not_now"}),
        "left": client.post(left.off, data={"confirm": "yes"}),
        "cancelled": client.get(unasked.link),
        "closed": client.post(over.link, data={"score": "3", "comment": "Zu spät"}),
    }
    for score in (3, 8, 10):
        at = ask(language="de")
        client.post(at.link, data={"score": score})
        found[f"thanks for {score}"] = client.get(f"{at.link}/thanks")
    found["again"] = client.get(at.link)
    found["nothing to skip"] = client.post(f"{at.link}/decline")
    found |= called_back(ask, client) | further(ask, client)
    valued = ask("value", language="de")
    client.post(valued.link, data={"value_overall": "8"})
    found["thanks for a value"] = client.get(f"{valued.link}/thanks")
    return {name: page.text for name, page in found.items()}


def called_back(ask, client) -> dict:
    """Asking to be contacted, by phone and by mail, and what the thanks say then."""
    found = {}
    for way, phone in (("phone", "+49 40 123456"), ("mail", "")):
        at = ask(language="de")
        client.post(at.link, data={"score": "3"})
        found[f"no number for {way}"] = client.post(f"{at.link}/contact", data={"way": "phone"})
        client.post(f"{at.link}/contact", data={"way": way, "phone": phone})
        found[f"promise by {way}"] = client.get(f"{at.link}/thanks")
    return found


def further(ask, client) -> dict:
    """Questions of other kinds, what is wrong with their answers, and the page of further questions."""
    begun, pleased = ask("onboarding", language="de"), ask("csat", language="de")
    found = {
        "choices": client.get(begun.link),
        "wrong choices": client.post(begun.link, data={"start_ease": "5", "first_value": "x", "goal": "x"}),
        "wrong list": client.post(pleased.link, data={"csat": "3", "drivers": ["x"]}),
        "too many": client.post(pleased.link, data={"csat": "3", "drivers": ["price", "ease", "support"]}),
    }
    client.post(begun.link, data={"start_ease": "5", "first_value": "not_yet"})
    return found | {"further": client.get(f"{begun.link}/further")}


def seldom(app) -> dict[str, str]:
    """What needs a past, a colleague's doing or a survey of one's own to be met: the words themselves."""
    with app.test_request_context(), addressing("de"):
        asked = favour.questions("Ledger")
        shown = {
            "lang": "de",
            "company": "Northwind",
            "contact": {"missed": contact.missed(Promise(due_on=DAY_ON))},
        }
        told = [{"said": "A", "did": "B"}]
        settled = {"action": "/", "likely": None, "longest": 9} | shown
        done = {"is_accepted": True, "link": "https://review.example"}
        return {
            "favours": "\n".join(
                [*asked.values(), str(refusals.CHOOSE), str(refusals.WRITE), str(refusals.choose_at_most(2))]
            ),
            "favour": render_template(
                "public/thanks.html", favour={"kind": "beta", "question": "?"}, **shown
            ),
            "favour done": render_template("public/thanks.html", favour=done, told=told, **shown),
        } | {
            f"settled {said}": render_template("public/settled.html", said=said, **settled)
            for said in (None, "yes", "not_yet")
        }


def failures(app, client, token: str) -> dict[str, str]:
    """The pages that say what did not work, to a browser that asks for German."""
    found = {
        "no such link": client.get("/a/x", headers=GERMAN).text,
        "not that way": client.put("/a/x", headers=GERMAN).text,
    }
    posted = Posted({"comment": ["Mein Text"]})
    with app.test_request_context(f"/a/{token}", method="POST", headers=GERMAN):
        found["busy"] = errors.busy().get_data(as_text=True)
        found["not looked up"] = pages.not_saved(posted, "/a/x")
    with app.test_request_context(f"/a/{token}", headers=GERMAN):
        found["away"] = errors.busy().get_data(as_text=True)
        found["too many"] = errors.too_many(60).get_data(as_text=True)
        found["unexpected"] = errors.render_unexpected(ValueError()).get_data(as_text=True)
        found["broken"] = errors.render(500, "").get_data(as_text=True)
    return found


def mails(session) -> dict[str, str]:
    """The mails of every shipped survey, and of one whose words are all fixed ones."""
    found = {}
    company = letters.Company("Nordwind", "https://ask.example")
    make.survey()
    for survey in session.query(Survey):
        ask = letters.ask_of(make.program(survey=survey), survey.current, "de", company)
        for name, has_scores in (("numbers", True), ("button", False)):
            asked = replace(ask, has_scores=has_scores)
            wordings = [
                letters.invitation(asked),
                letters.reminder(asked, is_last=False),
                letters.reminder(asked, is_last=True),
            ]
            for number, wording in enumerate(wordings):
                parts = (wording.subject, wording.text, wording.html)
                found[f"{survey.key} {name} {number}"] = "\n".join(parts)
    told = letters.told(company, "de", letters.Saying("Zu langsam.", "Jetzt schneller."))
    found["told"] = "\n".join((told.subject, told.text, told.html))
    settled = letters.settled(company, "de", has_words=True)
    found["settled"] = "\n".join((settled.subject, settled.text, settled.html))
    found["greetings"] = letters.greeting("Ann", "König", "de") + letters.greeting("", "", "de")
    return found


@pytest.fixture
def german(app, session, client, ask, sign_in, monkeypatch) -> dict[str, str]:
    """All that a German person can get to read, by what it is, as text."""
    found = spoken(ask, client)
    at = ask(language="de")
    found |= failures(app, client, at.token)
    found["preview"] = sign_in("viewer").get(f"/surveys/{survey_id(session)}/preview?language=de").text
    with monkeypatch.context() as broken:
        broken.setattr("app.journey.answer_received", unavailable)
        found["not saved"] = client.post(at.link, data={"score": "3"}).text
    transactions.write(session)
    installation(session).company = ""
    session.commit()
    found["no company"] = client.get(at.off).text
    found |= mails(session) | seldom(app)
    return {name: unescape(text) for name, text in found.items()}


def survey_id(session) -> int:
    return session.query(Survey).filter_by(key="nps").one().id


def unavailable(*args, **kwargs):
    raise errors.GateBusy


def pieces(said: str) -> list[str]:
    """The fixed parts of a message that are long enough to be told from names."""
    return [piece.strip() for piece in PLACEHOLDER.split(said) if len(piece.strip(" .,:!?")) > 2]


def test_nothing_a_german_reads_has_an_english_word_left_in_it(german):
    catalog = [message for message in words.present("de") if message.id]
    meant = " ".join(message.string for message in catalog)
    english = [piece for message in catalog for piece in pieces(message.id) if piece not in meant]
    assert len(english) >= len(catalog)
    for name, text in german.items():
        assert [piece for piece in english if piece in text] == [], name


def test_every_german_word_is_read_somewhere(german):
    """So the test above has seen each of them in its place, and nobody translates what is never shown."""
    everything = "\n".join(german.values())
    catalog = [message for message in words.present("de") if message.id]
    unseen = [m.id for m in catalog if not all(piece in everything for piece in pieces(m.string))]
    assert unseen == []


def test_a_page_declares_its_language(client, ask):
    for language, declared in (("de", "de"), ("de-AT", "de"), ("en", "en"), ("xx", "en")):
        at = ask(language=language)
        for page in (client.get(at.link), client.get(at.off), client.post(at.link, data={})):
            assert page.headers["Content-Language"] == declared
            assert f'<html lang="{declared}" dir="ltr">' in page.text


def test_a_page_of_nobodys_link_speaks_as_the_browser_asks(client):
    for wanted, declared in (("de-AT,en;q=0.3", "de"), ("sv", "en"), ("", "en"), ("en,de;q=0.9", "en")):
        page = client.get("/a/x", headers={"Accept-Language": wanted})
        assert page.headers["Content-Language"] == declared
        assert f'<html lang="{declared}" dir="ltr">' in page.text


def test_days_and_numbers_are_written_as_germans_write_them(client, ask):
    sent_at = clock.now() - DAY
    at = ask(language="de", sent_at=sent_at, closes_at=clock.now() + DAY)
    client.post(at.link, data={"score": "9"})
    assert re.search(r"möglich bis \d+\. [A-Z]\w+ 20\d\d", client.get(f"{at.link}/thanks").text)
    assert "höchstens 5.000 Zeichen" in client.post(at.link, data=LONG_WORDS).text
    assert letters.day_in_words(date(2026, 3, 25), "de") == "Mittwoch, 25. März 2026"


def test_what_is_stored_for_staff_is_not_in_the_respondents_language(client, session, ask):
    at = ask(language="de")
    installation(session).language = "de"
    client.post(f"{at.link}/decline", data={"why": "not_me"})
    assert session.query(InvitationChange).one().reason == "Says: I am not the right person."


def test_a_language_chosen_on_the_page_stays_through_sending_and_records_nothing(client, ask):
    at = ask("nps_value", language="de")
    assert '<a href="?lang=fr" lang="fr">Français</a>' in client.get(at.link).text
    assert '<a href="?lang=fr&amp;score=3"' in client.get(f"{at.link}?score=3").text
    led = client.get(f"{at.link}?score=3&lang=fr")
    assert (led.status_code, led.location) == (302, f"{at.link}~fr?score=3")
    page = client.get(led.location)
    assert page.headers["Content-Language"] == "fr"
    assert f'action="{at.link}~fr"' in page.text
    assert client.get(f"{at.link}~fr?lang=ar").location == f"{at.link}~ar"
    refused = client.post(f"{at.link}~fr", data={"score": "x"})
    assert (refused.status_code, refused.headers["Content-Language"]) == (400, "fr")
    sent = client.post(f"{at.link}~fr", data={"score": "9"})
    thanks = client.get(sent.location)
    assert thanks.headers["Content-Language"] == "fr"
    assert "Merci" in thanks.text
    assert client.get(at.link).headers["Content-Language"] == "de"


def test_a_language_that_is_not_offered_changes_nothing(client, ask):
    at = ask(language="de")
    for wrong in ("sv", "../x", "de~fr", "%0d%0aX:1", ""):
        page = client.get(f"{at.link}?lang={wrong}", follow_redirects=True)
        assert (page.status_code, page.headers["Content-Language"]) == (200, "de")
    assert client.get(f"/a/{'x' * 43}~fr").status_code == 404
