"""The metrics by key, read from `metrics.toml`, the one place where a figure gets its name and its meaning.

Units: `points` of NPS; `share` 0 to 1; `scale` as given; nouns (`people`, `asks`) whole numbers; `chance` 0 to 1, a
p-value; `score` 0 to 100; `polarity` -1 to 1; `money`; `flag` 0 or 1; `words`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from flask_babel import gettext as _

FILE = Path(__file__).with_name("metrics.toml")


@dataclass(frozen=True)
class Metric:
    """One figure: what it is called, what it says, how it is counted, its unit and range, and what it is counted from.

    `names` are other names under which exports or the API carry it: `Schema.field` or `file.csv:column`.
    """

    key: str
    english: str
    says: str
    counted: str
    unit: str
    bounds: str
    comes_from: str
    names: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return _(self.english)

    @property
    def meaning(self) -> str:
        return _(self.says)

    @property
    def formula(self) -> str:
        return _(self.counted)

    @property
    def range(self) -> str:
        return _(self.bounds)

    @property
    def source(self) -> str:
        return _(self.comes_from)


def read(file: Path = FILE) -> tuple[dict[str, Metric], frozenset[str]]:
    """Every metric by its key, and the columns of exports that say what a row is rather than a figure."""
    found = tomllib.loads(file.read_text("utf-8"))
    columns = frozenset(found.pop("columns")["names"])
    return {key: made(key, given) for key, given in found.items()}, columns


def made(key: str, given: dict) -> Metric:
    return Metric(
        key,
        given["label"],
        given["meaning"],
        given["formula"],
        given["unit"],
        given["range"],
        given["source"],
        tuple(given.get("names", ())),
    )


METRICS, COLUMNS = read()
BY_NAME = {name: metric for metric in METRICS.values() for name in metric.names} | METRICS


def metric(key: str) -> Metric:
    """KeyError for one that the glossary does not list."""
    return METRICS[key]


def named(name: str, of: str = "") -> Metric | None:
    """The metric of a column or field: by `of` and name where one name means two things, else by the name alone."""
    return BY_NAME.get(f"{of}.{name}") or BY_NAME.get(name)


def matching(words: str) -> list[Metric]:
    """The metrics whose name or meaning holds all the words, by name; all without words."""
    wanted = words.casefold().split()
    return sorted(
        (one for one in METRICS.values() if all(word in text_of(one) for word in wanted)),
        key=lambda one: one.label.casefold(),
    )


def text_of(one: Metric) -> str:
    return " ".join((one.key, one.label, one.meaning, one.formula, *one.names)).casefold()


def legend(keys: Iterable[str], of: str = "") -> list[tuple[str, ...]]:
    """What an export says beside its figures: key, name, meaning, formula, unit, range and source of each column."""
    found = [one for key in keys if (one := named(key, of)) is not None]
    return [(one.key, one.label, one.meaning, one.formula, one.unit, one.range, one.source) for one in found]


LEGEND = ("key", "name", "meaning", "formula", "unit", "range", "source")
