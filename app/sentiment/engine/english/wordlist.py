"""TextBlob's pattern analyzer with a word list of its own: the one it comes with, extended, corrected and made small.

TextBlob's first file imports NLTK, and NLTK imports numpy, scipy and others wherever they happen to be installed:
0.6 seconds and 20 to 170 MB in each process, for parts that nobody uses here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

from app.core.processes.memory.imports import bare

with bare("textblob"):
    from textblob.en import MODULE, Sentiment

TEXTBLOB = version("textblob")
WORDS = Path(__file__).parents[1] / "words"
STRENGTHS = {"-3": -0.9, "-2": -0.55, "-1": -0.3, "0": 0.0, "+1": 0.3, "+2": 0.55, "+3": 0.9}
MODIFIER = "RB"
VOWELS = "aeiou"
NEGATORS = frozenset(
    (
        "not", "no", "never", "n't", "cannot", "can't", "don't", "doesn't", "didn't", "won't",
        "isn't", "wasn't", "aren't", "weren't", "couldn't", "wouldn't", "shouldn't", "hasn't",
        "haven't", "hadn't", "ain't", "neither", "nor", "none", "nobody", "nothing", "without",
        "hardly", "barely", "scarcely", "rarely", "seldom", "zero", "lacks", "lacking", "fewer",
        "less",
    )
)  # fmt: skip


class Listed(Sentiment):
    """The analyzer on its own words; `phrases` are what several words say together, by the first two of them."""

    # The words are here from the start; looking one up need not ask whether they are.
    __contains__, __getitem__, get = dict.__contains__, dict.__getitem__, dict.get

    def __init__(self) -> None:
        super().__init__(path=str(Path(MODULE) / "en-sentiment.xml"), modifiers=(MODIFIER,), negations=())
        self.phrases: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        self.load()
        # A second list of the same words by their senses, and senses that nobody asks for: four fifths of the memory.
        self._synsets.clear()
        for word, senses in self.items():
            dict.__setitem__(self, word, known(senses))
        for strength, word in listed("en.txt"):
            self.learn(word, strength)
        for strength, sign in listed("signs.txt"):
            self.annotate(sign, polarity=strength)
        for word in NEGATORS & self.keys():
            self.learn(word, 0.0)
        for longer in self.phrases.values():
            longer.sort(key=len, reverse=True)

    def learn(self, word: str, strength: float) -> None:
        """A word or phrase of ours; a word that only strengthens the next one keeps doing so."""
        intensity = dict.get(self, word, {None: (0.0, 0.0, 1.0)})[None][2]
        if "_" in word:
            all_words = tuple(word.split("_"))
            self.phrases.setdefault(all_words[:2], []).append(all_words)
            word = word.replace("_", " ")
        self.annotate(word, polarity=strength, intensity=intensity)


def known(senses: dict) -> dict:
    """What of a word's senses decides: their mean, and whether it strengthens the word after it."""
    mean = tuple(round(number, 2) for number in senses[None])
    return {None: mean, MODIFIER: mean} if MODIFIER in senses else {None: mean}


def listed(name: str) -> Iterator[tuple[float, str]]:
    """The words of a file of ours with their strength, in all their forms."""
    for line in (WORDS / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            strength, *words = line.split()
            for word in words:
                for form in forms(word):
                    yield STRENGTHS[strength], form


def forms(word: str) -> Iterator[str]:
    """The forms of `crash/v` (a verb), `bug/n` (a noun) or `slow/a` (an adjective); anything else stands for itself."""
    stem, _, kind = word.partition("/") if word[-2:] in ("/v", "/n", "/a") else (word, "", "")
    yield stem
    if kind in ("v", "n"):
        yield (
            stem[:-1] + "ies"
            if ends_in_y(stem)
            else stem + ("es" if stem.endswith(("s", "sh", "ch", "x")) else "s")
        )
    short = stem[:-1] if stem.endswith("e") else stem
    if kind == "v":
        yield (stem[:-1] + "i" if ends_in_y(stem) else short) + "ed"
        yield short + "ing"
    if kind == "a":
        short = stem[:-1] + "i" if ends_in_y(stem) else short
        yield from (short + "er", short + "est", stem[:-1] + "y" if stem.endswith("le") else stem + "ly")


def ends_in_y(stem: str) -> bool:
    return stem.endswith("y") and stem[-2:-1] not in VOWELS


@cache
def analyzer() -> Listed:
    """The one analyzer of this process; loading takes a tenth of a second."""
    return Listed()
