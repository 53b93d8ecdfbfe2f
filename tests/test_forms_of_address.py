"""Formal and informal words are never mixed: no sentence of either form holds a word of the other."""

from __future__ import annotations

import re

import pytest

from app.core.face.sentences import PLACEHOLDER, shipped
from app.core.language.words import INFORMAL, RESPONDENTS
from app.surveys import templates
from app.surveys.words import addressing

NAMES = re.compile(r"\{\w+\}")
# A German "Sie" at the beginning of a sentence may be an answer or a person, in the middle it is the reader.
FORMAL_WORDS = {
    "de": r"\bIhnen\b|\bIhr(e[mnrs]?)?\b|(?<=[\w,] )Sie\b",
    "es": r"\b(usted(es)?|su|sus|suy[oa]s?|le)\b",
    "fr": r"\b(vous|votre|vos|veuillez)\b",
    "it": r"\b(lei|su[oa]|suoi|sue|glielo|contattarla|chiederle)\b",
    "nl": r"\b(u|uw)\b",
    "pl": r"\b(Państw\w*|Pan|Pani|prosimy)\b",
    "pt": r"\b(senhor\w*|lhe|si|seus?|suas?|você)\b",
}
INFORMAL_WORDS = {
    "de": r"\b(du|dich|dir|dein\w*|euch|eure?\w*)\b",
    "es": r"\b(tú|tus?|te|ti|contigo|tuy[oa]s?)\b",
    "fr": r"\b(tu|te|toi|ton|ta|tes)\b|\bt’",
    "it": r"\b(tu|te|ti|tu[oa]|tuoi|tue)\b",
    "nl": r"\b(je|jij|jou|jouw)\b",
    "pl": r"\b(ty|ci|cię|ciebie|tobą|tobie|twój|twoj\w*|twoim)\b",
    "pt": r"\b(contigo|tu|te|ti|teus?|tuas?)\b",
}
LANGUAGES = sorted(FORMAL_WORDS)


def leaves(words) -> list[str]:
    return (
        [leaf for value in words.values() for leaf in leaves(value)] if isinstance(words, dict) else [words]
    )


def said(language: str, is_informal: bool) -> list[str]:
    """All that people read in one form of address: pages, mails and the shipped surveys."""
    words = templates.shipped_words()[language]
    surveys = addressing.said_by(words, addressing.informal(language)) if is_informal else words
    return [text for _original, _form, text, _home in shipped(language, is_informal)] + leaves(surveys)


def test_seven_languages_have_an_informal_form_everywhere():
    assert list(INFORMAL.languages()) == ["en", *addressing.languages()]
    assert addressing.languages() == LANGUAGES
    assert set(LANGUAGES) < set(RESPONDENTS.languages())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_mixes_the_forms(language):
    for is_informal, other in ((False, INFORMAL_WORDS), (True, FORMAL_WORDS)):
        found = [
            text
            for text in said(language, is_informal)
            if re.search(other[language], text, re.IGNORECASE if language != "de" else 0)
        ]
        assert found == [], "informal" if is_informal else "formal"
    own = [text for text in said(language, True) if re.search(INFORMAL_WORDS[language], text, re.IGNORECASE)]
    assert len(own) > 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_informal_sentence_names_what_the_formal_one_names(language):
    pairs = list(zip(shipped(language, False), shipped(language, True), strict=True))
    assert any(one[2] != other[2] for one, other in pairs)
    for one, other in pairs:
        assert set(PLACEHOLDER.findall(one[2])) == set(PLACEHOLDER.findall(other[2])), other
    for one, other in addressing.informal(language).items():
        assert sorted(NAMES.findall(one)) == sorted(NAMES.findall(other)), other
        assert one != other
