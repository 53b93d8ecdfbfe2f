"""What English sentences do to their words: negation, contrast, wishes, and "nothing" as an answer.

The analyzer judges words; here it is told in which part of the sentence they stand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from app.sentiment.engine.english.wordlist import analyzer
from app.sentiment.engine.tokens import Token

NEGATORS = frozenset(
    (
        "not", "no", "never", "n't", "cannot", "can't", "don't", "doesn't", "didn't", "won't",
        "isn't", "wasn't", "aren't", "weren't", "couldn't", "wouldn't", "shouldn't", "hasn't",
        "haven't", "hadn't", "ain't", "neither", "nor", "none", "nobody", "nothing", "without",
        "hardly", "barely", "scarcely", "rarely", "seldom", "zero", "lacks", "lacking", "fewer",
        "less",
    )
)  # fmt: skip
ABSENCES = frozenset(
    (
        "no", "never", "without", "zero", "nothing", "none", "fewer", "less", "nobody", "haven't",
        "hasn't", "hadn't",
    )
)  # fmt: skip
REACH = 4
"""So many words after a negation are negated, at most to the end of the clause."""
TURNS = frozenset(("but", "however", "yet", "nevertheless", "nonetheless", "whereas"))
CONCESSIONS = frozenset(("although", "though", "while", "whilst", "despite", "albeit"))
STOPS = frozenset(".!?;\n…")
ENDS_SENTENCE = frozenset(".!?\n")
FLIPPED_PRAISE, FLIPPED_BLAME, NO_TROUBLE = -0.7, -0.5, -0.9
WISHED = 0.15
TURNED, CONCEDED = 1.8, 0.5

COMPLAINT_WISH = re.compile(
    r"\b(?:could|should|would|might|needs? to|must|ought to|can) (?:really |also |still |all |definitely )?(?:be|do with|have been|use|get)\b"
    r"|\bi (?:really )?wish\b|\bwish (?:it|they|you|there|the|we)\b|\bif only\b|\bneeds? (?:a lot|much|some|more|better|improv|fix|work)"
    r"|\bexpect(?:ed)? (?:more|better|faster)|\broom for\b|\bshould(?:n't| not)? (?:have|not)\b|\bcould use\b"
)
REQUEST = re.compile(
    r"\bplease\b|\bwould (?:like|love|prefer|be (?:nice|good|great|helpful|useful|better|awesome|amazing|cool|lovely|handy|perfect|fantastic))\b"
    r"|\bit'?d be\b|\bi'd (?:like|love)\b|\bwe'd (?:like|love)\b|\bcan you\b|\bcould you\b|\bhope(?:fully)?\b|\bsuggest(?:ion)?s?\b"
    r"|\b(?:add|allow|include|provide|offer|introduce|enable|consider|make it|give us|bring back)\b|\blooking forward\b|\bwish ?list\b"
    r"|\bfeature request\b|\bwould (?:help|appreciate)\b|\bmore (?!than\b|or less\b)\w+|\bbetter if\b|\bhow (?:can|do|to|about)\b"
)
EXEMPT = re.compile(r"\b(?:could not|couldn't|can't|would not) (?:be )?(?:better|happier|improve|more|ask)")
NOTHING = re.compile(
    r"\W*(?:(?:absolutely|really|honestly|currently|at present|at the moment|i think|for me|well|there is|there's|there was|there are) ?)*"
    r"(?:nothing|none|nope|no|n ?/ ?a|na|nil|nowt|zero|not applicable|no comments?|no changes?|no suggestions?|not a thing|nothing at all)"
    r"(?:\W+(?:really|at all|at present|at the moment|right now|so far|as yet|yet|comes to mind|i can think of|that i can think of|to add|else|for now|whatsoever|to improve|to say|to report|different|more|needed|needs|improving|changing|to change|specific|in particular))*\W*",
    re.IGNORECASE,
)


@dataclass(slots=True)
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
        return sum(hit.polarity for hit in self.hits) / len(self.hits) if self.hits else 0.0


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
        at = word.place
        is_stop = word in STOPS and word.kind != "word"
        is_turning = word in TURNS and not (word == "yet" and (at == 0 or not is_pause(words, at - 1)))
        is_conceding = word in CONCESSIONS and (
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
    exempt = EXEMPT.search(text) is not None
    part.wishes = 0 if exempt else len(COMPLAINT_WISH.findall(text))
    part.requests = len(REQUEST.findall(text))
    for chunk, polarity, _, _ in analyzer().assessments([(word, None) for word in here], negation=False):
        if polarity:
            ends = [word for word in chunk if isinstance(word, Token)]
            part.hits.append(Hit(ends[0].place, reach_of(ends[-1]), max(-1.0, min(1.0, polarity))))
    negate(part, words)
    if part.wishes or part.requests:
        wish(part)
    return part


def reach_of(word: Token) -> int:
    return word.place + word.count(" ")


def joined(words: list[Token]) -> list[Token]:
    """The words with known phrases as one word each."""
    phrases, here, at = analyzer().phrases, [], 0
    while at < len(words):
        word = words[at]
        for rest in phrases.get(word, ()):
            if tuple(words[at + 1 : at + 1 + len(rest)]) == rest:
                one = Token(" ".join((word, *rest)))
                one.place, one.start, one.end = word.place, word.start, words[at + len(rest)].end
                one.kind, one.loud = word.kind, word.loud
                here.append(one)
                at += len(rest)
                break
        else:
            here.append(word)
        at += 1
    return here


def negate(part: Part, words: list[Token]) -> None:
    """Turn what stands within reach of a negation; a negation that turns nothing is a stray one."""
    inside = {at for hit in part.hits if hit.last > hit.first for at in range(hit.first, hit.last + 1)}
    for word in words[part.first : part.last]:
        if word not in NEGATORS or word.place in inside:
            continue
        for hit in part.hits:
            if word.place < hit.first <= word.place + REACH and not hit.flipped:
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
    return NO_TROUBLE if word in ABSENCES else FLIPPED_BLAME


def wish(part: Part) -> None:
    """Praise inside a wish praises what is not there yet."""
    for hit in part.hits:
        if hit.polarity > 0:
            hit.polarity *= -1.0 if hit.flipped and part.wishes else WISHED
