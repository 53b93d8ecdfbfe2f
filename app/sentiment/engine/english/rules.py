"""What English sentences do to their words: negation, contrast, wishes, and "nothing" as an answer.

The analyzer judges words; here it is told in which part of the sentence they stand.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from operator import attrgetter

from app.sentiment.engine.english import patterns
from app.sentiment.engine.english.wordlist import NEGATORS, analyzer
from app.sentiment.engine.tokens import Token

REACH = 4
"""So many words after a negation are negated, at most to the end of the clause."""
FLIPPED_PRAISE, FLIPPED_BLAME, NO_TROUBLE, RELIEVED = -0.7, -0.5, -0.9, 0.3
PRAISED = 0.7
WISHED = 0.15
TURNED, CONCEDED = 1.8, 0.5
by_place = attrgetter("first")


@dataclass(slots=True, eq=False)
class Hit:
    """Words with a polarity, -1..1, from token `first` to token `last` of their comment."""

    first: int
    last: int
    polarity: float
    flipped: bool = False


@dataclass(slots=True)
class Part:
    """Tokens first..last (exclusive) that say one thing. Weight: how much it counts beside the other parts."""

    first: int
    last: int
    weight: float = 1.0
    is_turn: bool = False
    hits: list[Hit] = field(default_factory=list)
    wishes: int = 0
    requests: int = 0
    stray: int = 0

    def join(self, other: Part) -> None:
        """Take in the part after this one."""
        self.last = other.last
        self.hits += other.hits
        self.wishes += other.wishes
        self.requests += other.requests
        self.stray += other.stray

    @property
    def polarity(self) -> float:
        return sum([hit.polarity for hit in self.hits]) / len(self.hits) if self.hits else 0.0


def parts(words: list[Token]) -> list[Part]:
    """The clauses of a comment, cut at full stops and turns, and at commas between praise and blame."""
    found = []
    for first, last, weight, is_turn in cuts(words):
        if any(word.kind != "mark" and word.kind != "newline" for word in words[first:last]):
            found.append(judged(Part(first, last, weight, is_turn), words))
    return merged(found, words)


def cuts(words: list[Token]):
    """Where clauses begin and end, with their weight."""
    first, weight, is_turn, conceding = 0, 1.0, False, False
    for word in words:
        if word not in patterns.CUTS:
            continue
        at = word.place
        is_stop = word in patterns.STOPS and word.kind != "word"
        is_turning = word in patterns.TURNS and not (
            word == "yet" and (at == 0 or not is_pause(words, at - 1))
        )
        is_conceding = word in patterns.CONCESSIONS and (
            at == first or is_pause(words, at - 1) or word in ("although", "despite")
        )
        if not (is_stop or is_turning or is_conceding or word == ","):
            continue
        end = at + 1 if is_stop or word == "," else at
        if end > first:
            yield first, end, weight, is_turn
        first = end
        if is_turning:
            weight, is_turn, conceding = TURNED, True, False
        elif is_conceding:
            weight, is_turn, conceding = CONCEDED, False, True
        elif is_stop or conceding:
            weight, is_turn, conceding = 1.0, False, False
    if first < len(words):
        yield first, len(words), weight, is_turn


def is_pause(words: list[Token], at: int) -> bool:
    return at < 0 or words[at].kind in ("mark", "newline")


def merged(found: list[Part], words: list[Token]) -> list[Part]:
    """Clauses that only a comma divides stay one unless one praises and the other blames."""
    kept: list[Part] = []
    for part in found:
        before = kept[-1] if kept else None
        if (
            before
            and words[part.first - 1] == ","
            and part.weight == before.weight
            and part.is_turn == before.is_turn
            and before.polarity * part.polarity >= 0
        ):
            before.join(part)
        else:
            kept.append(part)
    return kept


def judged(part: Part, words: list[Token]) -> Part:
    """The part with the words that the analyzer knows, after negation and wishes."""
    here = joined(words[part.first : part.last])
    text = " ".join(here)
    unbeaten = patterns.UNBEATEN.search(text)
    part.wishes = 0 if unbeaten else len(patterns.COMPLAINT_WISH.findall(text))
    part.requests = len(patterns.REQUEST.findall(text))
    for chunk, polarity, _, _ in analyzer().assessments([(word, None) for word in here], negation=False):
        if polarity:
            last = chunk[-1] if len(chunk) == 1 else last_token(chunk)
            part.hits.append(Hit(chunk[0].place, reach_of(last), max(-1.0, min(1.0, polarity))))
    if unbeaten:
        part.hits = [Hit(part.first, reach_of(here[-1]), PRAISED, flipped=True)]
        return part
    is_answer = part.first == 0 and patterns.ANSWER.match(text) is not None
    negate(part, words, part.first + is_answer)
    relieve(part, words)
    if part.wishes or part.requests:
        wish(part)
    turn_of_phrase(part, here, text)
    part.hits.sort(key=by_place)
    if part.first == 0 and here[0] in patterns.COMPARATIVES and "than" not in here:
        missed(part)
    return part


def last_token(chunk: list[str]) -> Token:
    """The last word of an assessment, to which the analyzer adds an exclamation mark of its own."""
    return [word for word in chunk if isinstance(word, Token)][-1]


def missed(part: Part) -> None:
    """A comment that begins with "faster" or "better" names what is not so."""
    part.wishes = max(part.wishes, 1)
    if part.hits and part.hits[0].first == part.first and part.hits[0].polarity > 0:
        part.hits[0].polarity *= -0.5


def reach_of(word: Token) -> int:
    return word.place + word.count(" ")


def joined(words: list[Token]) -> list[Token]:
    """The words with known phrases as one word each."""
    phrases, here, at = analyzer().phrases, [], 0
    if phrases.keys().isdisjoint(pairwise(words)):
        return words
    while at < len(words):
        for phrase in phrases.get(tuple(words[at : at + 2]), ()):
            if tuple(words[at : at + len(phrase)]) == phrase:
                here.append(as_one(words[at : at + len(phrase)]))
                at += len(phrase)
                break
        else:
            here.append(words[at])
            at += 1
    return here


def as_one(words: list[Token]) -> Token:
    """Several words as one, which is of the kind of the first."""
    first, one = words[0], Token(" ".join(words))
    one.place, one.start, one.end = first.place, first.start, words[-1].end
    one.kind, one.loud = first.kind, first.loud
    return one


def negate(part: Part, words: list[Token], start: int) -> None:
    """Turn what stands within reach of a negation from `start` on; one that turns nothing is a stray one."""
    here = words[start : part.last]
    if NEGATORS.isdisjoint(here):
        return
    inside = {at for hit in part.hits if hit.last > hit.first for at in range(hit.first, hit.last + 1)}
    for word in here:
        if word not in NEGATORS or word.place in inside:
            continue
        for hit in part.hits:
            if (
                word.place < hit.first <= word.place + REACH
                and not hit.flipped
                and words[hit.first].kind == "word"
            ):
                if any(one in NEGATORS for one in words[hit.first : hit.last + 1]):
                    break
                if hit.polarity < 0 and any(one in patterns.RELIEF for one in words[word.place : hit.first]):
                    hit.flipped = True
                    break
                hit.polarity *= turned(word, hit.polarity)
                hit.flipped, hit.first = True, word.place
                break
            if hit.first <= word.place <= hit.last:
                break
        else:
            part.stray += 1


def turned(word: Token, polarity: float) -> float:
    if polarity > 0:
        return FLIPPED_PRAISE
    return NO_TROUBLE if word in patterns.ABSENCES else FLIPPED_BLAME


def relieve(part: Part, words: list[Token]) -> None:
    """Trouble that is solved, counted or named as a thing is none; praise that ended is blame."""
    for hit in part.hits:
        if hit.flipped:
            continue
        after = words[hit.last + 1 : min(part.last, hit.last + 3)]
        if hit.polarity < 0 and words[hit.last] in patterns.TROUBLE:
            ease(hit, after, part, words)
        elif hit.polarity > 0 and not patterns.ENDED.isdisjoint(after):
            hit.polarity, hit.flipped = -hit.polarity, True


def ease(hit: Hit, after: list[Token], part: Part, words: list[Token]) -> None:
    """Make nothing of trouble in a name ("crash report"), and a little praise of trouble that went away."""
    before = words[max(part.first, hit.first - 3) : hit.first]
    if after and after[0] in patterns.ABOUT_TROUBLE:
        hit.polarity *= 0.1
        return
    is_gone = any(word in patterns.FELL for word in after) or any(word in patterns.RELIEF for word in before)
    is_denied = any(word in NEGATORS for word in words[part.first : hit.first])
    if is_gone and not is_denied and not part.requests:
        hit.polarity, hit.flipped = RELIEVED, True


def turn_of_phrase(part: Part, here: list[Token], text: str) -> None:
    """Wishes for what is not good enough, and times that are too long or pleasantly short, are words of their own."""
    starts: list[int] = []
    for found in patterns.WORSE.finditer(text):
        starts = starts or starts_of(here)
        first = here[bisect_right(starts, found.start()) - 1]
        last = here[bisect_right(starts, found.end() - 1) - 1]
        if found.lastgroup == "wish":
            part.hits = [
                hit
                for hit in part.hits
                if not first.place <= hit.first <= reach_of(last) + 2 or hit.polarity < 0
            ]
            part.wishes = max(part.wishes, 1)
        part.hits.append(Hit(first.place, reach_of(last), patterns.WORSE_BY[found.lastgroup], flipped=True))


def starts_of(words: list[Token]) -> list[int]:
    """Where each word begins in the text that they make, joined by spaces."""
    return [0, *accumulate([len(word) + 1 for word in words[:-1]])]


def wish(part: Part) -> None:
    """Praise inside a wish praises what is not there yet."""
    for hit in part.hits:
        if hit.polarity > 0:
            hit.polarity *= -1.0 if hit.flipped and part.wishes else WISHED
