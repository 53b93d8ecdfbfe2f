"""Which questions unfold on a phone, because the page would be longer than its screen otherwise (pure).

Never the first one, what must be answered, the recommendation, words to write, or what leads to further questions; of
the others as few as the screen needs, from the last one back. The height is counted in rows for a thumb and does not
look at the words, so that nobody is asked otherwise for the language they read.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.surveys.kinds.kind import Asked

# A screen of 360 by 800 pixels, less the name of the company and the button; a row is 48 pixels high.
SCREEN = 14
# The question itself, the words at the ends of a scale, the line to write on beside a choice; what is folded.
WORDS, ENDS, MORE, FOLDED = 1.5, 1, 1.5, 1.2
WRITTEN = 3


def folded(questions: Sequence[Asked]) -> frozenset[str]:
    """The names of those of a page's questions that unfold; rules among them say what leads on."""
    page = [one for one in questions if not one.rule] or list(questions)
    leading = {one.rule.get("question") for one in questions if one.rule}
    height, found = sum(rows(one) for one in page), set()
    for one in reversed(page[1:]):
        if height <= SCREEN:
            break
        if one.kind.is_chosen and not (one.is_required or one.name in leading or one.kind.key == "nps"):
            height += FOLDED - rows(one)
            found.add(one.name)
    return frozenset(found)


def rows(asked: Asked) -> float:
    """How high a question stands on a phone, with its words."""
    kind, number = asked.kind, len(asked.kind.values)
    if kind.has_choices or 0 < number <= 5:
        return WORDS + (number or len(asked.choices))
    if number:
        return WORDS + ENDS + (2 if number > 7 else 1)
    if not kind.is_chosen:
        return WRITTEN
    return WORDS + MORE + sum(name not in ("more", "question_without_goal") for name in kind.extras)
