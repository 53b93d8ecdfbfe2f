"""The word-list engine: TextBlob's pattern analyzer, loaded without the heavy libraries that its toolkit would try.

NLTK imports numpy, scipy and others wherever they happen to be installed, for parts that nobody uses here: 47 MB of
memory become 176. They are hidden from it while it loads, and only then.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

HEAVY = (
    "numpy",
    "scipy",
    "sklearn",
    "statsmodels",
    "pandas",
    "matplotlib",
    "py3langid",
    "svgling",
    "twython",
)


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Make `import` of these libraries fail inside the block, unless they are in memory already."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)


with hidden(*HEAVY):
    from textblob.sentiments import PatternAnalyzer

NAME = "textblob"
VERSION = version("textblob")
LANGUAGES = frozenset({"en"})
_analyzer = PatternAnalyzer()


def assess(text: str) -> tuple[float, list[tuple[str, float]]]:
    """The polarity of English `text`, -1..1, and the words it rests on with their own polarity."""
    found = _analyzer.analyze(text, keep_assessments=True)
    return found.polarity, [(" ".join(words), polarity) for words, polarity, *_ in found.assessments]
