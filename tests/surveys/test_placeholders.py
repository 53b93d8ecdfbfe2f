"""Placeholders of staff's words: a closed list, refused where they are wrong, filled in once and never evaluated."""

from __future__ import annotations

import pytest

from app.core.errors import Invalid
from app.delivery import letters
from app.surveys import placeholders
from tests import make


@pytest.fixture
def database_kind():
    """Words do not depend on the database."""
    return "sqlite"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello {first_name} at {account}: {company}, {product}, {sender}", None),
        ("No placeholder, 100 % ${HOME} is not one", "Character 24: there is no placeholder {HOME}."),
        ("Dear {firstname}", "Character 6: there is no placeholder {firstname}."),
        ("{{7*7}}", "Character 1: this brace has no partner."),
        ("Half {company", "Character 6: this brace has no partner."),
        ("Half company}", "Character 13: this brace has no partner."),
        ("{}", "Character 1: there is no placeholder {}."),
        ("{company.__class__}", "Character 1: there is no placeholder {company.__class__}."),
        ("{First_name}", "Character 1: there is no placeholder {First_name}."),
    ],
)
def test_an_unknown_or_broken_placeholder_is_named_with_its_place(app, text, said):
    found = placeholders.wrong(text)
    if said is None:
        assert found is None
    else:
        assert found.startswith(said)
        assert "{first_name}, {account}" in found


def test_what_a_program_says_is_refused_at_its_own_field(app):
    with pytest.raises(Invalid) as refused:
        placeholders.require_known({"de": {"subject": "gut", "closing": "{x}"}, "en": {"opening": "}"}})
    assert set(refused.value.errors) == {"mail.de.closing", "mail.en.opening"}


def mail(first_name, **own):
    program = make.program(mail={"en": own})
    company = letters.Company("Evil {account} {{7*7}} <b>", "https://ask.example")
    wording = letters.invitation(
        letters.ask_of(program, program.survey.current, "en", company, "Ann {first_name}")
    )
    values = letters.personal(first_name, "Acme {sender} ${x} <i>")
    values |= {"greeting": "Hello,", "token": "T"}
    return {part: wording.fill(part, values) for part in ("subject", "text", "html")}


@pytest.mark.parametrize(
    ("words", "with_name", "without"),
    [
        ("Hi {first_name}, how are we doing?", "Hi Ada, how are we doing?", "Hi, how are we doing?"),
        ("{first_name}, how are we doing?", "Ada, how are we doing?", "how are we doing?"),
        ("One question, {first_name}", "One question, Ada", "One question,"),
        ("For {first_name} at ({account})", "For Ada at (Acme {sender} ${x} <i>)", None),
    ],
)
def test_a_first_name_is_filled_in_and_leaves_no_hole_where_none_is_known(app, words, with_name, without):
    assert mail("Ada", subject=words)["subject"] == with_name
    assert with_name in mail("Ada", opening=words)["text"]
    if without:
        assert mail("", subject=words)["subject"] == without
        assert mail(" ", opening=words)["text"].count("  ") == mail("", opening="x")["text"].count("  ")


def test_nothing_that_anybody_typed_is_evaluated_or_filled_twice(app):
    found = mail(
        "{company}", opening="{first_name} {company} {sender}", closing="<script>1</script> {account}"
    )
    assert "{company} Evil {account} {{7*7}} <b> Ann {first_name}" in found["text"]
    assert "{company} Evil {account} {{7*7}} &lt;b&gt; Ann {first_name}" in found["html"]
    assert "&lt;script&gt;1&lt;/script&gt; Acme {sender} ${x} &lt;i&gt;" in found["html"]
    assert "49" not in found["text"]
