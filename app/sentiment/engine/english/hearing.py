"""Reads a plain English text: its polarity, its clauses, and what each word did to it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from operator import attrgetter, itemgetter

from app.sentiment.engine.english.features import OF_CLAUSES, OF_HITS, grams, of_clauses, of_hits, of_words
from app.sentiment.engine.english.heads import Heads, chances, heads
from app.sentiment.engine.english.rules import Hit, Part, parts
from app.sentiment.engine.heard import Heard, Stretch, Word, may_be_mixed
from app.sentiment.engine.tokens import Token

Known = tuple[int, float, float]
MOST_REMOVED = 12
"""So many words of the list are tried left out, one at a time, to see what each did; the strongest first."""
MANNER = len(OF_HITS) + len(OF_CLAUSES)
WORTH_SHOWING = 0.6
"""A trained weight that makes a word worth marking though it is on no list."""
OF_LOGIT = 0.25
"""A logit of one moves the polarity by about so much where it moves it most."""


def hear(text: str, words: list[Token], weights: Heads | None = None, *, with_clauses: bool = True) -> Heard:
    """What is heard in a plain English text; `words` are its tokens, `weights` those that are shipped.

    When its clauses are not asked for, they are judged only if they can make the text mixed.
    """
    found, weights = parts(words), weights or heads()
    whole = Judged(text, words, found, weights, weights.of_grams(grams(words)))
    moved = whole.words()
    is_known = bool(whole.known) or any(part.hits for part in found)
    stretches = []
    if with_clauses or may_be_mixed([part.weight for part in found], max(whole.chances[0], whole.chances[2])):
        stretches = clauses(text, words, whole, moved)
    return Heard(whole.polarity, whole.chances, moved, stretches, is_known, weights.lines)


def clauses(text: str, words: list[Token], whole: Judged, moved: list[Word]) -> list[Stretch]:
    """The clauses of a text; the only one says what the whole says."""
    if len(whole.parts) != 1:
        return [stretch(text, words, part, whole, moved) for part in whole.parts]
    first, last = words[whole.parts[0].first], words[whole.parts[0].last - 1]
    return [Stretch(first.start, last.end, whole.polarity, tuple(moved))]


def stretch(text: str, words: list[Token], part: Part, whole: Judged, moved: list[Word]) -> Stretch:
    """A clause judged by itself, with what its words did to the whole."""
    start, end = words[part.first].start, words[part.last - 1].end
    known = between(whole.known, part.first, part.last, itemgetter(0))
    alone = Judged(text[start:end], words[part.first : part.last], [part], whole.weights, known)
    inside = tuple(between(moved, start, end, attrgetter("start")))
    return Stretch(start, end, alone.polarity, inside, part.weight)


def between(ordered: list, first: int, last: int, place: Callable) -> list:
    """Those whose place is from `first` to before `last`, found without looking at all."""
    return ordered[bisect_left(ordered, first, key=place) : bisect_left(ordered, last, key=place)]


class Judged:
    """A run of tokens with the logits that the heads give it; `known` are the places and weights of its grams."""

    def __init__(
        self, text: str, words: list[Token], found: list[Part], weights: Heads, known: list[Known]
    ) -> None:
        self.tokens, self.parts, self.weights, self.known = words, found, weights, known
        kinds = [word.kind for word in words]
        self.spoken = kinds.count("word")
        self.said = self.figured()
        manner = weights.of_figures(of_words(text.strip(), words, kinds), MANNER)
        negative = weights.bias[0] + self.said[0] + manner[0] + sum([known[1] for known in self.known])
        positive = weights.bias[1] + self.said[1] + manner[1] + sum([known[2] for known in self.known])
        self.chances = chances(negative, positive)
        self.polarity = self.chances[2] - self.chances[0]

    def figured(self) -> tuple[float, float]:
        """The logits of what the words of the list say."""
        hits = [hit for part in self.parts for hit in part.hits]
        return self.weights.of_figures((*of_hits(hits, self.spoken), *of_clauses(self.parts, hits)), 0)

    def words(self) -> list[Word]:
        """What each word did: the change when it is left out of the figures, and its own trained weight."""
        moved: dict[int, float] = {}
        for place, negative, positive in self.known:
            moved[place] = moved.get(place, 0.0) + (positive - negative)
        hits = [(part, hit) for part in self.parts for hit in part.hits]
        hits.sort(key=lambda pair: -abs(pair[1].polarity))
        offset, found = self.tokens[0].place if self.tokens else 0, []
        for count, (part, hit) in enumerate(hits):
            did = self.without(part, hit) if count < MOST_REMOVED else hit.polarity
            for place in range(hit.first, hit.last + 1):
                did += moved.pop(place, 0.0)
            found.append((self.tokens[hit.first - offset].start, self.tokens[hit.last - offset].end, did))
        for place, did in moved.items():
            if abs(did) > WORTH_SHOWING:
                word = self.tokens[place - offset]
                found.append((word.start, word.end, did))
        return [Word(start, end, max(-1.0, min(1.0, did * OF_LOGIT))) for start, end, did in sorted(found)]

    def without(self, part: Part, hit: Hit) -> float:
        """How much the difference of the logits falls when a word of the list counts for nothing."""
        place = part.hits.index(hit)
        del part.hits[place]
        negative, positive = self.figured()
        part.hits.insert(place, hit)
        did = (self.said[1] - positive) - (self.said[0] - negative)
        # Next to stronger words of its kind one word does little; it then shows with what it says by itself.
        return did if did * hit.polarity > 0 and abs(did) > abs(hit.polarity) else hit.polarity
