"""The catalogues of respondents' words say the same as the originals. That they are complete is a house rule."""

from __future__ import annotations

import re

import pytest

from app.core.language.words import RESPONDENTS, STAFF_LANGUAGES, Catalogue, addressing, locale_of, speaking
from app.surveys import templates
from tools import words

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}|</?\w[^>]*>")


TEN = {"ar", "de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt"}


def flat(words_of: dict, path: tuple = ()) -> dict[tuple, str]:
    """The texts at the ends of nested words, by the way to them."""
    found = {}
    for key, value in words_of.items():
        found |= flat(value, (*path, key)) if isinstance(value, dict) else {(*path, key): value}
    return found


def messages(code: str) -> list:
    """What is translated already."""
    return [message for message in words.present(code) if message.id and words.is_full(message)]


def forms(said: str | tuple) -> list[str]:
    return [said] if isinstance(said, str) else list(said)


@pytest.fixture(params=words.languages())
def code(request) -> str:
    return request.param


@pytest.fixture(params=["sqlite"])
def database_kind(request):
    """Words need an application but no database worth the name."""
    return request.param


def test_translations_have_the_placeholders_of_the_original(code):
    for message in messages(code):
        wanted = set(PLACEHOLDER.findall(forms(message.id)[-1]))
        for translation in forms(message.string):
            assert set(PLACEHOLDER.findall(translation)) == wanted, message.id


def test_translations_begin_and_end_like_the_original(code):
    """No blank at either end gets lost or added: words are joined with others there."""
    for message in messages(code):
        for original, translation in zip(forms(message.id), forms(message.string), strict=False):
            assert (original[0].isspace(), original[-1].isspace()) == (
                translation[0].isspace(),
                translation[-1].isspace(),
            ), message.id


def test_no_french_mark_can_begin_a_line():
    """Before ? ! : ; and within « » French has a blank, at which a narrow phone must not part the line."""
    shipped = templates.shipped_words()["fr"]
    said = [*flat(shipped).values(), *(text for m in messages("fr") for text in forms(m.string))]
    assert [text for text in said if re.search(r" [?!;:»]|« ", text)] == []


def test_every_source_that_addresses_respondents_is_searched():
    """A template of theirs outside `babel.cfg` would stay English unnoticed."""
    searched = {place for message in words.extracted() for place, _line in message.locations}
    worded = [
        path
        for folder in ("public", "email")
        for path in (words.APP / "templates" / folder).rglob("*.*")
        if re.search(r"\b_\(|\{% trans", path.read_text("utf-8")) and path.parent.name != "test"
    ]
    assert worded
    assert {path.relative_to(words.ROOT).as_posix() for path in worded} <= searched


def test_ten_languages_ship_for_pages_mails_and_surveys():
    assert set(RESPONDENTS.languages()) == set(templates.shipped_words()) == TEN


@pytest.mark.parametrize("language", sorted(TEN - {"en"}))
def test_the_shipped_surveys_say_the_same_in_every_language(language):
    """No word is missing and none is left over, and each names what the English one names."""
    original, translation = (flat(templates.shipped_words()[tag]) for tag in ("en", language))
    assert translation.keys() == original.keys()
    for path, text in original.items():
        assert sorted(PLACEHOLDER.findall(translation[path])) == sorted(PLACEHOLDER.findall(text)), path
        assert bool(translation[path]) == bool(text), path
        assert translation[path] != text or not text or len(text) < 12, path


@pytest.mark.parametrize("code", words.languages())
def test_plurals_have_as_many_forms_as_the_language(code):
    for message in messages(code):
        if message.pluralizable:
            assert len(message.string) == words.present(code).num_plurals, message.id


def test_a_new_word_shows_as_untranslated(tmp_path, monkeypatch):
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    words.file_of("fr").parent.mkdir(parents=True)
    words.file_of("fr").write_text(words.updated("fr", words.extracted()), "utf-8")
    assert len(words.untranslated("fr")) == len(words.extracted())
    assert 'msgid "Send my answer"\nmsgstr ""\n' in words.file_of("fr").read_text("utf-8")


def test_words_that_nobody_confirmed_are_not_shown(app, tmp_path):
    file = tmp_path / "de" / "LC_MESSAGES" / "respondents.po"
    file.parent.mkdir(parents=True)
    file.write_text('#, fuzzy\nmsgid "one"\nmsgstr "eins"\n\nmsgid "two"\nmsgstr "zwei"\n', "utf-8")
    found = Catalogue("respondents", tmp_path).of("de")
    assert (found.gettext("one"), found.gettext("two")) == ("one", "zwei")


def test_respondents_are_addressed_in_their_language_and_staff_in_theirs(app):
    from_catalogue = RESPONDENTS.gettext
    for language in ("de", "de-AT", "de_CH"):
        with addressing(language):
            assert from_catalogue("Send my answer") == "Antwort senden"
            with speaking("de") as locale:
                assert locale.language in STAFF_LANGUAGES
                assert app.jinja_env.from_string("{{ _('Send my answer') }}").render() == "Send my answer"
            assert app.jinja_env.from_string("{{ _('Send my answer') }}").render() == "Antwort senden"
    for language in ("xx", "", None, "en-GB"):
        with addressing(language) as locale:
            assert (locale.language, from_catalogue("Send my answer")) == ("en", "Send my answer")
    assert locale_of("pt-BR").territory == "BR"
