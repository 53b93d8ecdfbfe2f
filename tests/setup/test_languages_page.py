"""The page of languages: who has read which, formal or informal, and sentences in other words that win everywhere."""

from __future__ import annotations

import re
from html import unescape

import pytest

from app.core.audit import AuditEvent
from app.core.face import current as faces
from app.core.face import sentences
from app.core.face.models import Correction
from app.delivery import letters
from app.extensions import db
from tests.posting import post
from tests.public.conftest import ask  # noqa: F401 a fixture

LANGUAGES = "/settings/languages"
BUTTON = "Send my answer"


@pytest.fixture
def admin(sign_in):
    return sign_in("admin")


def key_of(original: str) -> str:
    return sentences.Sentence(original, 0, "", "", "").key


def row_of(page: str, name: str) -> str:
    return next(row for row in page.split("<tr>") if f">{name}</a>" in row)


def correct(admin, language: str, original: str, words: str):
    at = f"{LANGUAGES}/{language}/sentences/{key_of(original)}"
    return post(admin, at, at, words=words)


def test_a_translation_says_whether_a_native_speaker_has_read_it(admin):
    page = admin.get(LANGUAGES).text
    assert page.count("not reviewed yet") == 9
    assert "the original" in row_of(page, "English")
    at = f"{LANGUAGES}/fr"
    field = re.search(r'<input[^>]*name="reviewer"[^>]*>', admin.get(at).text)[0]
    assert 'value=""' in field, "whoever administrates is no native speaker of nine languages"
    assert post(admin, f"{at}/review", at, reviewer="").status_code == 400
    assert post(admin, f"{at}/review", at, reviewer="Amélie Roux").status_code == 303
    assert "Amélie Roux" in row_of(admin.get(LANGUAGES).text, "French")
    assert correct(admin, "fr", BUTTON, "Envoyer").status_code == 303
    assert "changed since" in row_of(admin.get(LANGUAGES).text, "French")
    actions = {event.action for event in db.session.query(AuditEvent)}
    assert {"translation.approved", "translation.corrected"} <= actions


def test_every_sentence_stands_beside_english(admin):
    page = unescape(admin.get(f"{LANGUAGES}/pl").text)
    for original, _form, text, _home in sentences.shipped("pl", False):
        assert original in page
        assert text in page


def test_a_corrected_sentence_is_read_at_once_and_taken_back_by_nothing(admin, client, ask):  # noqa: F811
    link = ask(language="de").link
    assert "Antwort senden" in client.get(link).text
    correct(admin, "de", BUTTON, "Abschicken & fertig")
    page = client.get(link).text
    assert "Abschicken & fertig" in page
    assert "Antwort senden" not in page
    assert "corrected" in admin.get(f"{LANGUAGES}/de").text
    correct(admin, "de", BUTTON, "")
    assert "Antwort senden" in client.get(link).text
    assert db.session.query(Correction).count() == 0


def test_another_process_reads_the_change_with_the_next_link(app, admin, client, ask):  # noqa: F811
    link = ask(language="fr").link
    client.get(link)
    before = faces.current()
    correct(admin, "fr", BUTTON, "Envoyer")
    app.extensions[faces.EXTENSION] = before
    assert ">Envoyer</button>" in client.get(link).text
    assert faces.current().version != before.version


@pytest.mark.parametrize(
    ("original", "words", "said"),
    [
        ("Hello %(name)s,", "Hallo!", "exactly these placeholders"),
        ("Hello %(name)s,", "Hallo %(name)s %(company)s", "exactly these placeholders"),
        (BUTTON, "100 % senden", "written twice"),
        (BUTTON, "<b>Senden</b>", "No <"),
        (BUTTON, '" onfocus=alert(1) "', "No <"),
        (BUTTON, "&lt;script&gt;", "No <"),
    ],
)
def test_words_that_would_break_a_page_are_refused_with_what_was_typed(admin, original, words, said):
    refused = correct(admin, "de", original, words)
    assert refused.status_code == 400
    assert said in unescape(refused.text)
    assert words in unescape(refused.text)
    assert db.session.query(Correction).count() == 0


def test_people_are_addressed_informally_where_that_was_chosen(admin, client, ask):  # noqa: F811
    formal, other = ask("nps_value", language="de"), ask("nps_value", language="fr")
    at = f"{LANGUAGES}/de"
    assert post(admin, f"{at}/address", at, address="informal").status_code == 303
    page = client.get(formal.link).text
    assert "dass du" in page
    assert not re.search(r"\b(Ihnen|Ihre?)\b", page)
    assert "vous" in client.get(other.link).text
    assert letters.greeting("Ann", "König", "de") == "Hallo Ann,"
    assert letters.greeting("Ann", "König", "fr") == "Bonjour Ann König,"
    post(admin, f"{at}/address", at, address="formal")
    assert letters.greeting("Ann", "König", "de") == "Guten Tag Ann König!"


def test_a_language_with_one_form_has_no_choice(admin):
    assert "How people are addressed" not in admin.get(f"{LANGUAGES}/ja").text
    at = f"{LANGUAGES}/ja"
    assert post(admin, f"{at}/address", at, address="informal").status_code == 400
    assert admin.get(f"{LANGUAGES}/xx").status_code == 404
    assert admin.get(f"{LANGUAGES}/de/nothing").status_code == 404


def test_only_administrators_change_words(sign_in):
    manager = sign_in("manager")
    assert manager.get(LANGUAGES).status_code == 403
    assert manager.get(f"{LANGUAGES}/de").status_code == 403
