"""What passwords are taken, without a rule about kinds of characters."""

import pytest

from app.auth import passwords


@pytest.fixture(autouse=True)
def words(app):
    """Objections are told in the language of a request."""


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "          trailing blanks and all          ",
        "🐴🔋📎🐎🌂🎺🪁🧵🫖🪗🧷🪩",
        "x7#kQ" * 3 + "z",
        "a" * 20 + " few others behind them",
        "wortwolkenbruch im september",
        "length is what counts " * 4,
    ],
)
def test_long_passwords_of_any_characters_are_taken(password):
    assert passwords.objection(password) is None


@pytest.mark.parametrize("password", ["", "elevenchars", "x" * 129])
def test_too_short_and_too_long_are_refused(password):
    assert "characters" in passwords.objection(password)


@pytest.mark.parametrize(
    "password",
    [
        "123456789012",
        "password1234",
        "Password1234!",
        "P@ssw0rd2024!",
        "passwordpassword",
        "qwertyuiopasd",
        "qwertzuiop123",
        "abcdefghijkl",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "iloveyou1234",
        "welcome12345",
        "letmeinplease",
        "unbelievable",
        "manchesterunited",
        "1q2w3e4r5t6y",
        "administrator",
        "changeme1234",
    ],
)
def test_common_passwords_are_refused_also_when_dressed_up(password):
    assert passwords.objection(password)


@pytest.mark.parametrize(
    "password", ["justask-2024!", "JustAskJustAsk", "acme-acme-acme", "ines.vogel-99", "vogelvogel12"]
)
def test_words_of_the_product_the_company_and_the_person_are_not_enough(password):
    words = passwords.words_of("ines.vogel@acme.example", "Ines Vogel", "Acme")
    assert passwords.objection(password, words=words)


def test_a_sentence_with_the_companys_name_in_it_is_fine():
    assert passwords.objection("acme never sleeps on tuesdays", words=["acme"]) is None
