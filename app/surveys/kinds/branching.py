"""Which questions are asked of whom: a rule stands with a question and names a band of the score or an earlier answer.

`{"band": ["detractor"]}` or `{"question": "csat", "values": ["1", "2"]}`; without a rule a question is asked of
everybody. Questions with a rule come on a second page, after the answers they depend on are saved. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.surveys.kinds.kind import Asked, Given
from app.surveys.scales import band

SCORE = "score"


def is_shown(rule: Mapping[str, Any] | None, answers: Mapping[str, Given]) -> bool:
    """Whether a question with that rule is asked of somebody who gave these answers, by the names of their questions."""
    if not rule:
        return True
    if "band" in rule:
        score = answers.get(SCORE)
        return score is not None and score.number is not None and band(int(score.number)) in rule["band"]
    given = answers.get(rule.get("question", ""))
    return given is not None and not given.values.isdisjoint(rule.get("values", ()))


def following(questions: Iterable[Asked], answers: Mapping[str, Given]) -> list[Asked]:
    """The questions with a rule that these answers call for and that are not answered yet."""
    return [one for one in questions if one.rule and one.name not in answers and is_shown(one.rule, answers)]
