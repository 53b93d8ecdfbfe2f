"""What every kind of question has: the words for staff, how its field is read, how its answers are summed up (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask_babel.speaklater import LazyString

LONGEST_WORDS = 2000
# Beside a choice there may be a line to write on, a phone number for instance: it is posted under the name and this.
MORE = "_more"


class Wrong(ValueError):
    """What was posted cannot be an answer; the message is for the respondent and is worded when it is shown."""

    @property
    def words(self) -> LazyString:
        return self.args[0]


@dataclass(frozen=True, slots=True)
class Given:
    """The answer to one question of `kind`: a number, words, the keys of what was picked, or several of these."""

    kind: str
    number: float | None = None
    words: str | None = None
    picked: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return self.number is None and not self.words and not self.picked

    @property
    def values(self) -> frozenset[str]:
        """What a rule may ask for: the number or the keys, as text."""
        number = () if self.number is None else (f"{self.number:g}",)
        return frozenset((*number, *self.picked))

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "number": self.number, "words": self.words, "picked": list(self.picked)}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Given:
        return cls(said["kind"], said["number"], said["words"], tuple(said["picked"] or ()))


@dataclass(frozen=True)
class Asked:
    """A question as its field is read: the id of its row, the name of its field, its options."""

    id: int
    name: str
    kind: Kind
    is_required: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def choices(self) -> tuple[str, ...]:
        """The keys to choose from."""
        return tuple(self.options.get("choices", ()))

    @property
    def rule(self) -> Mapping[str, Any] | None:
        """When the question is asked; None for always."""
        return self.options.get("shown_if")

    @property
    def may_be_bad(self) -> bool:
        """Whether there are answers that say that something is wrong."""
        return bool(self.kind.bad or self.options.get("bad"))


@dataclass(frozen=True)
class Summary:
    """What `n` people answered: how often each value or key came; its mean, and the share of good values, on a scale.

    `nps` is promoters less detractors in points, only for the recommendation.
    """

    n: int
    counts: Mapping[str, int] = field(default_factory=dict)
    mean: float | None = None
    top: float | None = None
    nps: float | None = None

    def share(self, key: str) -> float:
        return self.counts.get(key, 0) / self.n if self.n else 0.0


class Kind:
    """One kind of question. `field` names the macro of the answer page, `column` where the answer stands in responses.

    `seconds` is how long an answer takes, roughly, on a phone. Of the `values`, those in `bad` call for somebody who finds
    out why; a number is one "for" what `about` says, such as ease. `extras` are the words of a question of this kind beside
    the question itself and why it is asked.
    """

    key: ClassVar[str]
    title: ClassVar[LazyString]
    meaning: ClassVar[LazyString]
    field: ClassVar[str]
    seconds: ClassVar[int] = 8
    column: ClassVar[str] = ""
    values: ClassVar[range] = range(0)
    bad: ClassVar[range] = range(0)
    has_choices: ClassVar[bool] = False
    extras: ClassVar[tuple[str, ...]] = ()
    about: ClassVar[LazyString | str] = ""
    is_single: ClassVar[bool] = False
    """Whether a survey has at most one question of the kind."""

    @property
    def is_chosen(self) -> bool:
        """Whether one answers by choosing and not by writing."""
        return self.field not in {"text", "comment"}

    def read(self, asked: Asked, posted: Mapping[str, list[str]]) -> Given | None:
        """What was answered; None when nothing was. Wrong when it cannot be an answer to this question."""
        raise NotImplementedError

    def is_bad(self, given: Given, options: Mapping[str, Any]) -> bool:
        """Whether an answer to a question with these options says that something is wrong."""
        return given.number in self.bad

    def summary(self, groups: Iterable[tuple[Given, int]]) -> Summary:
        """All answers, equal ones together with their number."""
        groups = list(groups)
        return Summary(sum(number for _given, number in groups), counted(groups))


def counted(groups: Iterable[tuple[Given, int]]) -> dict[str, int]:
    """How often each value or key was given."""
    counts: Counter[str] = Counter()
    for given, number in groups:
        for value in given.values:
            counts[value] += number
    return dict(counts)


def texts(posted: Mapping[str, list[str]], name: str) -> list[str]:
    """The values of a field that are not empty."""
    return [value for value in posted.get(name, ()) if value]
