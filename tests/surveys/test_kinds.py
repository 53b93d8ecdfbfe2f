"""The kinds of questions: what their fields take and refuse, and what their answers come to. Pure."""

from __future__ import annotations

import pytest

from app.surveys.kinds import KINDS
from app.surveys.kinds.branching import following, is_shown
from app.surveys.kinds.kind import Asked, Given, Wrong

ABC = {"choices": ["a", "b", "c"]}


def read(kind: str, posted: dict[str, list[str]], **options):
    asked = Asked(1, "q", KINDS[kind], options=options)
    return KINDS[kind].read(asked, posted)


@pytest.mark.parametrize(
    ("kind", "posted", "options", "found"),
    [
        ("csat", ["5"], {}, Given("csat", 5)),
        ("ces", ["7"], {}, Given("ces", 7)),
        ("ces", [""], {}, None),
        ("single", ["b"], ABC, Given("single", picked=("b",))),
        ("multiple", ["c", "a", "c"], ABC, Given("multiple", picked=("a", "c"))),
        ("multiple", [], ABC, None),
        ("drivers", ["a", "b"], ABC, Given("drivers", picked=("a", "b"))),
        ("text", [" hello\r\n"], {}, Given("text", words="hello")),
        ("text", ["  "], {}, None),
        ("goal", ["yes"], {}, Given("goal", picked=("yes",))),
        ("contact", ["no"], {}, Given("contact", picked=("no",))),
    ],
)
def test_what_was_posted_is_read(kind, posted, options, found):
    assert read(kind, {"q": posted}, **options) == found


@pytest.mark.parametrize(
    ("kind", "posted", "options"),
    [
        ("csat", ["0"], {}),
        ("csat", ["4", "5"], {}),
        ("ces", ["8"], {}),
        ("single", ["d"], ABC),
        ("single", ["a", "b"], ABC),
        ("multiple", ["a", "b", "c"], ABC | {"most": 2}),
        ("drivers", ["a", "b", "c"], ABC),
        ("text", ["x" * 2001], {}),
        ("goal", ["perhaps"], {}),
        ("contact", ["mail", "phone"], {}),
        ("contact", ["phone"], {}),
    ],
)
def test_what_cannot_be_an_answer_is_refused(kind, posted, options):
    with pytest.raises(Wrong):
        read(kind, {"q": posted}, **options)


def test_another_goal_means_that_the_present_one_is_not_it():
    found = read("goal", {"q": ["yes"], "q_more": ["Close  in\ntwo days"]})
    assert found == Given("goal", words="Close in two days", picked=("no",))


def test_a_number_to_call_is_kept_only_where_a_call_was_asked_for():
    assert read("contact", {"q": ["phone"], "q_more": ["+49 30 1234"]}).words == "+49 30 1234"
    assert read("contact", {"q": ["mail"], "q_more": ["+49 30 1234"]}).words is None
    assert read("contact", {"q_more": ["+49 30 1234"]}) is None


def test_scales_come_to_a_mean_and_a_share_of_good_answers():
    found = KINDS["csat"].summary([(Given("csat", 5), 2), (Given("csat", 4), 1), (Given("csat", 1), 1)])
    assert (found.n, found.mean, found.top, found.counts) == (4, 3.75, 0.75, {"5": 2, "4": 1, "1": 1})
    assert KINDS["ces"].summary([(Given("ces", 4), 1), (Given("ces", 5), 1)]).top == 0.5
    assert KINDS["nps"].summary([(Given("nps", 10), 3), (Given("nps", 6), 1), (Given("nps", 8), 0)]).nps == 50
    assert KINDS["nps"].summary([]).mean is None


def test_shares_of_several_choices_are_of_people():
    groups = [(Given("multiple", picked=("a", "b")), 3), (Given("multiple", picked=("b",)), 1)]
    found = KINDS["multiple"].summary(groups)
    assert (found.n, found.share("a"), found.share("b"), found.share("c")) == (4, 0.75, 1, 0)


def test_rules_ask_by_band_or_by_an_earlier_answer():
    low, high = ({"score": Given("nps", number)} for number in (6, 9))
    assert is_shown(None, {})
    assert is_shown({"band": ["detractor"]}, low)
    assert not is_shown({"band": ["detractor", "passive"]}, high)
    assert not is_shown({"band": ["detractor"]}, {})
    rule = {"question": "q", "values": ["4", "b"]}
    assert is_shown(rule, {"q": Given("csat", 4)})
    assert is_shown(rule, {"q": Given("multiple", picked=("a", "b"))})
    assert not is_shown(rule, {"q": Given("csat", 5)})
    assert not is_shown(rule, {})


def test_what_follows_is_what_the_answers_call_for_and_nobody_answered():
    always = Asked(1, "always", KINDS["text"])
    when_low = Asked(2, "low", KINDS["text"], options={"shown_if": {"band": ["detractor"]}})
    low = {"score": Given("nps", 2)}
    assert following([always, when_low], low) == [when_low]
    assert following([always, when_low], low | {"low": Given("text", words="x")}) == []
    assert following([always, when_low], {"score": Given("nps", 9)}) == []
