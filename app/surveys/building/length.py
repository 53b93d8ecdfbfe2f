"""How long a survey takes, and when that begins to cost answers (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from app.surveys.models import SurveyVersion

# Up to here people stay with it; see the defaults: fewer than six questions, and say the time needed.
MANY_QUESTIONS, MANY_SECONDS, MANY_WRITTEN = 5, 60, 1


@dataclass(frozen=True)
class Length:
    """What everybody is asked, in questions and seconds, and the most that somebody may be asked on top."""

    questions: int
    seconds: int
    written: int
    further: int

    @property
    def words(self) -> str:
        said = ngettext("%(num)s question", "%(num)s questions", self.questions)
        time = _("about %(seconds)s seconds", seconds=max(10, round(self.seconds, -1)))
        more = (
            ngettext(", %(num)s more for some", ", %(num)s more for some", self.further)
            if self.further
            else ""
        )
        return f"{said}, {time}{more}"

    @property
    def warnings(self) -> list[str]:
        """Why this survey will be answered by fewer people; none where it is short."""
        found = []
        if self.questions > MANY_QUESTIONS:
            found.append(
                _(
                    "More than %(most)s questions: with each further one more people leave before the button. Which answer would change"
                    " what you do? Ask that one; the others can be asked another time.",
                    most=MANY_QUESTIONS,
                )
            )
        if self.seconds > MANY_SECONDS:
            found.append(
                _(
                    "More than a minute: on a phone, between two meetings, that is put off and forgotten. The mail should"
                    " say how long it takes."
                )
            )
        if self.written > MANY_WRITTEN:
            found.append(
                _(
                    "More than one question to write on: people write once at most, and the second one costs the first."
                )
            )
        return found


def length_of(version: SurveyVersion) -> Length:
    everybody = [question.of_kind for question in version.questions if not question.asked.rule]
    return Length(
        len(everybody),
        sum(kind.seconds for kind in everybody),
        sum(not kind.is_chosen for kind in everybody),
        len(version.questions) - len(everybody),
    )
