"""Cutting comments into phrases, and telling which phrases are forms of one another (pure).

In languages with spaces a phrase is up to three words between stop words. Chinese and Japanese have none: there it is
every stretch of two to six signs of a run that holds no grammatical sign; of those that stand in one another only the
telling ones are kept by whoever counts them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.sentiment.themes.matching import folded
from app.sentiment.themes.stopwords import stopwords

LONGEST, LONGEST_TEXT = 3, 4000
SIGNS = range(2, 7)
PARTS = re.compile(r"[.,;:!?()\[\]\"“”«»\n/|–—]+|\s-\s")
WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
HAN = re.compile("[\u3400-\u9fff]{2,40}")
KANJI_AND_KATAKANA = re.compile("[\u30a1-\u30faー\u3400-\u9fff]{2,40}")
RUNS = {"zh": HAN, "ja": KANJI_AND_KATAKANA}
GRAMMAR = frozenset(
    "的了是我你他她它们很也都在有和与就还不没这那个些么吗吧呢啊被把给让对从到为以可能会要想用来去说得地着过请再最太更好差多少每次天年月日时一二三两几上下中后前里"
)
"""Chinese signs that stand between words more often than in the name of something."""
UNMARKED = frozenset("々〇私僕弊社御今毎最的年月日回点方者感性化")
"""Japanese signs that name nothing where they stand alone at an end."""
ENDINGS = (
    *("ations", "ation", "ungen", "ements", "ement", "ings", "ing", "ung", "ions", "ion", "iert", "ieren"),
    *("eren", "heit", "keit", "ies", "ers", "ed", "er", "en", "em", "es", "el", "ns", "ne", "e", "n", "s"),
    *(
        "azioni",
        "azione",
        "zioni",
        "zione",
        "aciones",
        "ación",
        "cion",
        "ções",
        "ção",
        "os",
        "as",
        "i",
        "o",
        "a",
        "y",
    ),
    *("ów", "ami", "ach", "ie", "ами", "ями", "ах", "ях", "ов", "ев", "ой", "ий", "ы", "и", "а", "я", "у"),
    *("ların", "lerin", "ları", "leri", "lar", "ler", "nya"),
)
STEMS = re.compile(
    f"(?<=\\w{{4}})(?:{'|'.join(sorted({folded(e) for e in ENDINGS}, key=len, reverse=True))})$"
)


def phrases(text: str, language: str) -> Iterator[str]:
    """The phrases of a comment, some of them several times."""
    if language in RUNS:
        yield from stretches(text[:LONGEST_TEXT], language)
        return
    stop = stopwords(language)
    for part in PARTS.split(text[:LONGEST_TEXT].lower()):
        run: list[str] = []
        for word in [*WORD.findall(part), None]:
            if word is not None and word not in stop and len(word) > 2:
                run.append(word)
                for length in range(1, min(LONGEST, len(run)) + 1):
                    if length > 1 or len(word) > 3:
                        yield " ".join(run[-length:])
            else:
                run = []


def stretches(text: str, language: str) -> Iterator[str]:
    """Two to six signs in a row that no grammatical sign and no word of praise or blame cuts."""
    for run in RUNS[language].findall(text):
        for start in range(len(run)):
            for length in SIGNS:
                piece = run[start : start + length]
                if len(piece) == length and is_name(piece, language):
                    yield piece


def is_name(piece: str, language: str) -> bool:
    if language == "zh":
        is_plain = GRAMMAR.isdisjoint(piece)
    else:
        is_plain = not {piece[0], piece[-1]} & UNMARKED and piece[0] != "ー"
    return is_plain and piece not in stopwords(language)


def form_of(phrase: str) -> tuple[str, ...]:
    """What phrases that are forms of one another have in common: their stems in any order."""
    return tuple(sorted(STEMS.sub("", word) for word in re.split(r"[\s'’\-]+", folded(phrase)) if word))
