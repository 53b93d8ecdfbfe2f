"""Words that a program sets itself on its pages: in their language only, each person's names filled in, never stale."""

from __future__ import annotations

from app.core.database import transactions
from tests import make

EVIL = "<script>alert(1)</script>{account}"
WORDS = {
    "page_opening": "{first_name}, a minute for {account}?\nWe at {company} read it.",
    "page_comment": "What should we know?",
    "thanks": "Thanks, {first_name}.",
    "thanks_low": "We call you.",
}


def say(session, at, words: dict) -> None:
    transactions.write(session)
    session.get_one(type(at.row), at.id).wave.program.mail = words
    session.commit()


def asked(ask, session, words: dict, **given):
    at = ask(**given)
    say(session, at, words)
    return at


def test_the_page_says_the_programs_own_words_and_follows_their_change(ask, session, client):
    contact = make.contact(first_name=EVIL, account=make.account(name="Acme & Sons"))
    at = asked(ask, session, {"en": WORDS}, contact=contact)
    page = client.get(at.link).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{account}, a minute for Acme &amp; Sons?</p>" in page
    assert '<p class="opening">We at Northwind read it.</p>' in page
    assert page.count("What should we know?") == 4
    assert "<script>" not in page
    say(session, at, {"en": {"page_opening": "Something else."}})
    page = client.get(at.link).text
    assert "Something else." in page
    assert "What should we know?" not in page


def test_programs_with_one_survey_do_not_say_each_others_words(ask, session, client):
    at, plain = asked(ask, session, {"en": WORDS}), ask()
    nameless = asked(ask, session, {"en": WORDS}, contact=make.contact(first_name="", last_name=""))
    named = client.get(at.link).text
    assert f"{at.row.contact.first_name}, a minute" in named
    assert "a minute" not in client.get(plain.link).text
    assert '"opening">a minute for' in client.get(nameless.link).text


def test_words_of_another_language_are_not_used(ask, session, client):
    at = asked(ask, session, {"en": WORDS}, language="de")
    page = client.get(at.link).text
    assert "a minute" not in page
    client.post(at.link, data={"score": "10"})
    assert "Thanks, " not in client.get(f"{at.link}/thanks").text


def test_the_thanks_are_the_programs_own_by_band(ask, session, client):
    for score, words, said in (
        (3, WORDS, "We call you."),
        (8, WORDS, "Thanks, Kim."),
        (3, {"thanks": "Thanks all."}, "Thanks all."),
        (10, {"thanks_low": "We call you."}, "Good to hear"),
    ):
        at = asked(ask, session, {"en": words}, contact=make.contact(first_name="Kim"))
        client.post(at.link, data={"score": str(score)})
        page = client.get(f"{at.link}/thanks").text
        assert said in page
        assert "Your answer is saved" in page


def test_a_form_with_errors_keeps_the_own_words(ask, session, client):
    at = asked(ask, session, {"en": WORDS}, contact=make.contact(first_name="Kim"))
    page = client.post(at.link, data={"comment": "x"})
    assert page.status_code == 400
    assert "Kim, a minute" in page.text
