"""What a chart is before it is drawn: its marks, its scale, its words and its table.

No colour stands here: every mark has a class, and the style sheets know light, dark and paper. `data` repeats the
places and words for the script that adds pointing at things.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Point:
    """One value of a series: a period or a group. `value` None is a gap; `low` and `high` are its interval."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    note: str = ""
    url: str | None = None
    is_provisional: bool = False
    mark: str = ""


@dataclass(frozen=True)
class Composition:
    """How many of each band one period holds; `open` were asked and may still answer, so the rest is provisional.
    `urls` lead to the rows behind each band; `names` says what they are called where they are not those of the NPS."""

    label: str
    promoter: int = 0
    passive: int = 0
    detractor: int = 0
    silent: int = 0
    url: str | None = None
    note: str = ""
    open: int = 0
    urls: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return self.promoter + self.passive + self.detractor + self.silent + self.open

    @property
    def is_provisional(self) -> bool:
        return self.open > 0


@dataclass(frozen=True)
class Bubble:
    """One account: `x` and `y` are 0..100, `y` None stands in the lane below; the area goes with `size`."""

    label: str
    x: float
    y: float | None
    size: float
    colour: str = "none"
    url: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Shape:
    """One mark: an SVG element with its class, its attributes, and words shown on pointing at it."""

    tag: str
    css: str
    at: dict[str, float | str]
    words: str = ""
    is_stretched: bool = False


@dataclass(frozen=True)
class Chart:
    """Everything the template needs. `shapes` with `is_stretched` are drawn in 0..100 across and pixels down."""

    kind: str
    title: str
    description: str
    height: int
    unit: str
    head: list[str]
    rows: list[list[str]]
    links: list[str | None]
    shapes: list[Shape] = field(default_factory=list)
    scale: list[tuple[float, str]] = field(default_factory=list)
    legend: list[tuple[str, str]] = field(default_factory=list)
    note: str = ""
    empty: str = ""
    data: dict = field(default_factory=dict)
    cell_links: list[dict[int, str]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.shapes
