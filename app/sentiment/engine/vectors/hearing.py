"""Reads a plain text of any language by its meaning, helped by the word list of its language where there is one.

What a clause or a word did is the change of the reading when it is left out: a vector has no words to point at.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from app.sentiment.engine.english import hearing as english
from app.sentiment.engine.english.heads import chances
from app.sentiment.engine.heard import Heard, Stretch, Word
from app.sentiment.engine.others import hearing as others
from app.sentiment.engine.others.lists import SPACELESS, WordList, languages
from app.sentiment.engine.tokens import Token, tokens
from app.sentiment.engine.vectors.head import Logits, head
from app.sentiment.engine.vectors.model import vectors

Vectors = Callable[[Sequence[str]], list[list[float]]]
Chances = tuple[float, float, float]
Place = tuple[int, int]
OF_LIST_ENGLISH, OF_LIST = 0.6, 0.35
"""How much of the reading comes from words and rules; the rest comes from the vector."""
MOST_PIECES = 8
SHORTEST_WORD = 4
LONGEST_TRIED = 1500
"""Of longer texts nothing is left out to see what it did, since a vector of one takes a second: they are told by their words."""
FURTHEST = 6.0
NO_LIST = WordList()


def hear(
    text: str, words: list[Token], language: str, *, with_words: bool = True, vectors: Vectors = vectors
) -> Heard:
    """What is heard in a plain text of `language`, whether or not there is a list of its words.

    Without words the rest is the same, and sooner there.
    """
    clauses, pieces = clauses_of(text, words, language), []
    if with_words and len(text) <= LONGEST_TRIED:
        pieces = clauses if len(clauses) > 1 else words_of(text, words, language)
    rest = [text[:start] + " " * (end - start) + text[end:] for start, end in pieces]
    alone = [text[start:end] for start, end in clauses] if len(clauses) > 1 else []
    whole, *others = judged([text, *rest, *alone], language, vectors)
    moved = [
        Word(start, end, polarity(whole) - polarity(without))
        for (start, end), without in zip(pieces, others, strict=False)
    ]
    if with_words and len(text) > LONGEST_TRIED:
        listed = listed_of(text, words, language)
        moved = listed.words if listed else []
    found = stretches(clauses, others[len(rest) :], moved, whole)
    return Heard(polarity(whole), whole, moved, found, lines=head().lines)


def stretches(clauses: list[Place], alone: list[Chances], moved: list[Word], whole: Chances) -> list[Stretch]:
    """The clauses as each sounds by itself; a single one sounds as the whole does."""
    if alone:
        return [Stretch(*place, polarity(one)) for place, one in zip(clauses, alone, strict=True)]
    return [Stretch(*place, polarity(whole), tuple(moved)) for place in clauses]


def clauses_of(text: str, words: list[Token], language: str) -> list[Place]:
    """The places of the clauses; of one too long to be tried piece by piece, the whole."""
    if language == "en":
        found = english.hear(text, words).stretches
    elif language in languages():
        found = others.hear(text, words, language).stretches
    else:
        found = [Stretch(start, end, 0.0) for start, end, *_ in others.spaced(words, NO_LIST, language)]
    if len(text) > LONGEST_TRIED:
        return [(words[0].start, words[-1].end)]
    places = [(stretch.start, stretch.end) for stretch in found if text[stretch.start : stretch.end].strip()]
    return places if 1 < len(places) <= MOST_PIECES else [(words[0].start, words[-1].end)]


def words_of(text: str, words: list[Token], language: str) -> list[Place]:
    """The words whose part in the whole is looked at: those that a list knows, then the longest, a few at most."""
    listed = listed_of(text, words, language)
    places = [(word.start, word.end) for word in listed.words] if listed else []
    places.sort(key=lambda place: place[0] - place[1])
    if language not in SPACELESS:
        spoken = [word for word in words if word.kind == "word" and len(word) >= SHORTEST_WORD]
        spoken.sort(key=lambda word: (-len(word), word.start))
        places += [
            (word.start, word.end)
            for word in spoken
            if not any(start < word.end and word.start < end for start, end in places)
        ]
    return sorted(places[:MOST_PIECES])


def judged(texts: list[str], language: str, vectors: Vectors) -> list[Chances]:
    """The chances of negative, neutral and positive of each text."""
    share = OF_LIST_ENGLISH if language == "en" else OF_LIST
    found = []
    for text, vector in zip(texts, vectors(texts), strict=True):
        logits, listed = head().logits(vector), leaning(listed_of(text, tokens(text), language))
        if listed is not None:
            logits = blended(logits, listed, share)
        found.append(chances(*logits))
    return found


def blended(one: Logits, other: Logits, share: float) -> Logits:
    return one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1])


def listed_of(text: str, words: list[Token], language: str) -> Heard | None:
    """What the default engine hears; None without a list, and without any word that it knows."""
    if language == "en":
        heard = english.hear(text, words)
    elif language in languages():
        heard = others.hear(text, words, language)
    else:
        return None
    return heard if heard.is_known and (language == "en" or heard.words) else None


def leaning(heard: Heard | None) -> Logits | None:
    if heard is None:
        return None
    negative, neutral, positive = (max(chance, 1e-6) for chance in heard.chances)
    found = (math.log(side / neutral) for side in (negative, positive))
    return tuple(max(-FURTHEST, min(FURTHEST, logit)) for logit in found)


def polarity(of: Chances) -> float:
    return of[2] - of[0]
