"""What all choices have in common: keys of a list, whose words stand with the question in each language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from app.surveys.kinds import refusals
from app.surveys.kinds.kind import Asked, Given, Kind, Wrong, texts


class Choice(Kind):
    """Picks of a list. `most` is how many may be picked where the question does not say; 0 is any number."""

    has_choices = True
    extras = ("choices",)
    most: ClassVar[int] = 0

    def most_of(self, asked: Asked) -> int:
        return asked.options.get("most", self.most) or len(asked.choices)

    def is_bad(self, given: Given, options: Mapping[str, Any]) -> bool:
        """Whether something was picked that the question lists as `bad`."""
        return not set(given.picked).isdisjoint(options.get("bad", ()))

    def read(self, asked: Asked, posted: Mapping[str, list[str]]) -> Given | None:
        found = list(dict.fromkeys(texts(posted, asked.name)))
        if not found:
            return None
        if not set(found) <= set(asked.choices):
            raise Wrong(refusals.CHOOSE_OF_LIST)
        if len(found) > self.most_of(asked):
            raise Wrong(refusals.choose_at_most(self.most_of(asked)))
        return Given(self.key, picked=tuple(key for key in asked.choices if key in found))
