"""What unfolds on a phone, so that the page is one screen there."""

from datetime import UTC, datetime

import pytest

from app.surveys import templates
from app.surveys.kinds import KINDS
from app.surveys.kinds.folding import folded
from app.surveys.kinds.kind import Asked


@pytest.mark.parametrize(
    ("survey", "names"),
    [
        ("nps", set()),
        ("value", {"value_goal", "value_ease"}),
        ("nps_value", {"value_overall", "value_goal", "value_ease"}),
        ("csat", {"drivers"}),
        ("ces", set()),
        ("onboarding", {"goal"}),
    ],
)
def test_only_what_the_screen_has_no_room_for_is_folded(survey, names):
    version = templates.shipped(survey, now=datetime.now(UTC)).versions[0]
    assert folded([question.asked for question in version.questions]) == names


def test_what_must_be_answered_or_leads_on_or_is_written_never_is():
    many = {"choices": [f"c{n}" for n in range(12)]}
    page = [
        Asked(1, "comment", KINDS["comment"]),
        Asked(2, "needed", KINDS["single"], True, many),
        Asked(3, "leads", KINDS["single"], False, many),
        Asked(4, "score", KINDS["nps"]),
        Asked(5, "said", KINDS["text"]),
        Asked(6, "free", KINDS["multiple"], False, many),
    ]
    later = Asked(
        7, "later", KINDS["drivers"], False, many | {"shown_if": {"question": "leads", "values": ["c1"]}}
    )
    assert folded([*page, later]) == {"free"}
    assert folded([later]) == frozenset()
