"""The word-list engine: TextBlob's pattern analyzer, loaded without the toolkit that TextBlob's other parts need.

The package's first file imports NLTK, and NLTK imports numpy, scipy and others wherever they happen to be installed:
0.6 seconds and 20 to 170 MB in each process, for parts that nobody uses here.
"""

from __future__ import annotations

from importlib.metadata import version

from app.core.processes.imports import bare

with bare("textblob"):
    from textblob.en import sentiment

NAME = "textblob"
VERSION = version("textblob")
LANGUAGES = frozenset({"en"})
# Left to itself it loads its words at first use, and a second thread that comes meanwhile sees only some of them.
sentiment.load()


def assess(text: str) -> tuple[float, list[tuple[str, float]]]:
    """The polarity of English `text`, -1..1, and the words it rests on with their own polarity."""
    found = sentiment(text)
    return found[0], [(" ".join(words), polarity) for words, polarity, *_ in found.assessments]
