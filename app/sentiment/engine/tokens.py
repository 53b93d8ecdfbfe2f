"""Words, smileys and signs of a comment with their places."""

from __future__ import annotations

import re

SMILEYS = r"[:;=8][\-o']?[)(\]\[dDpPsS/\\|@3*]+(?!\w)|\^_?\^|<3|</3|-_-|\bx[dD]\b|\([:;]|\)[:;]"
MARKS = r"[\u0300-\u036f\u064b-\u0655\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962-\u0963]"
"""Signs that belong to the letter before them; Python does not count them as letters."""
LETTERS = rf"[^\W\d_]+(?:{MARKS}+[^\W\d_]*)*"
PLAIN_LETTERS = "[a-zA-Z]+"


def token_of(letters: str) -> re.Pattern[str]:
    """What is a token where words are written with such letters."""
    return re.compile(
        rf"(?P<smiley>{SMILEYS})"
        rf"|(?P<word>{letters}(?:['\-]{letters})*)"
        r"|(?P<number>\d+(?:[.,:/]\d+)*)"
        r"|(?P<mark>(?P<first>[!?.,;:()\"…\-])(?P=first)*)"
        r"|(?P<newline>\n)"
        r"|(?P<sign>[^\s\w](?:\ufe0f|\U0001f3fb|\U0001f3fc|\U0001f3fd|\U0001f3fe|\U0001f3ff)?)"
    )


# The same for texts in ASCII, which most are, at three quarters of the time.
TOKEN, PLAIN_TOKEN = token_of(LETTERS), token_of(PLAIN_LETTERS)
DRAWN, PLAIN_DRAWN = re.compile(r"([^\W\d_])\1{2,}"), re.compile(r"([a-zA-Z])\1{2,}")
SHORT = {
    "dont": "don't",
    "doesnt": "doesn't",
    "didnt": "didn't",
    "cant": "can't",
    "wont": "won't",
    "isnt": "isn't",
    "wasnt": "wasn't",
    "arent": "aren't",
    "werent": "weren't",
    "couldnt": "couldn't",
    "wouldnt": "wouldn't",
    "shouldnt": "shouldn't",
    "hasnt": "hasn't",
    "havent": "haven't",
    "hadnt": "hadn't",
    "thats": "that's",
    "im": "i'm",
    "ive": "i've",
    "its": "it's",
    "u": "you",
    "ur": "your",
    "thx": "thanks",
    "pls": "please",
    "plz": "please",
}


class Token(str):
    """A word in small letters, or a sign; it stands at text[start:end] and is the `place`-th of its comment."""

    __slots__ = ("end", "kind", "loud", "place", "start")
    start: int
    end: int
    kind: str
    loud: bool
    place: int


def tokens(text: str) -> list[Token]:
    """The tokens of a plain text, in order. Linear: nothing is looked at twice."""
    found, (pattern, drawn) = [], (PLAIN_TOKEN, PLAIN_DRAWN) if text.isascii() else (TOKEN, DRAWN)
    is_drawn = drawn.search(text) is not None
    for place, match in enumerate(pattern.finditer(text)):
        raw, kind = match[0], match.lastgroup or "sign"
        if kind == "word":
            word = (DRAWN.sub(r"\1\1", raw) if is_drawn else raw).lower()
            made = Token(SHORT.get(word, word))
        else:
            made = Token(raw[0] if kind == "mark" else raw)
        made.start, made.end = match.span()
        made.kind, made.place = kind, place
        made.loud = raw.isupper() and kind == "word" and len(raw) > 2
        found.append(made)
    return found
