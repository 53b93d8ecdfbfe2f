"""A comment made ready for reading, sign for sign as long as it was: what is found in it has its place in the original."""

from __future__ import annotations

import html
import re

LONGEST = 4000
"""So many signs of a comment are read; the rest is kept but not read."""

TAGS = re.compile(r"<[/!a-zA-Z][^<>]{0,200}>")
ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
SHORTENED = re.compile(r"(?<=[a-zA-Z])&(?:#0?39|#x27|apos|#8217|rsquo);([a-zA-Z]{1,2})\b")
"""The apostrophe of "don't" as an entity; the letters after it move up to it, so that the word stays one."""
ADDRESS = re.compile(r"https?://\S{1,300}|www\.\S{1,300}|\S{1,64}@\S{1,100}\.\w+")
QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "\u00a0": " ", "\u2011": "-", "ё": "е", "Ё": "Е"}
)
UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


def plain(text: str) -> str:
    """The beginning of `text` without markup, addresses and invisible signs, each replaced by as many spaces."""
    text = text[:LONGEST].translate(QUOTES)
    if "<" in text:
        text = TAGS.sub(blank, text)
    if "&" in text:
        text = ENTITY.sub(meant, SHORTENED.sub(drawn_together, text))
    if "://" in text or "www." in text or "@" in text:
        text = ADDRESS.sub(blank, text)
    return UNSEEN.sub(" ", text)


def blank(found: re.Match) -> str:
    return " " * len(found[0])


def drawn_together(found: re.Match) -> str:
    return ("'" + found[1]).ljust(len(found[0]))


def meant(found: re.Match) -> str:
    """The sign that an entity stands for, with spaces up to the entity's length."""
    sign = html.unescape(found[0])
    return sign.ljust(len(found[0])) if len(sign) <= len(found[0]) else blank(found)
