"""Telling what somebody wrote from what they quoted (pure).

Lines behind a > are quoted, with the line above them that says who wrote when. Where a mail program puts the former mail
below without such signs, everything from its first line on is quoted. What stands between or below quoted lines was
written, since many people answer line by line.
"""

from __future__ import annotations

import re

# "On 3 March Kim wrote:" in the languages of the mail programs that write it; at most two lines long.
WROTE = re.compile(
    r"^\W{0,3}(?:on|am|le|el|il|em|op|den|dnia|w dniu|dne|pe|a)\b.{3,250}?"
    r"(?:wrote|schrieb(?:en)?|a écrit|escribió|ha scritto|escreveu|schreef|skrev|napisał\(?a?\)?|napsal\(?a?\)?|kirjoitti)"
    r"\b[^\n]{0,120}?:\s*$",
    re.IGNORECASE | re.DOTALL,
)
REPORTED = re.compile(
    r"^.{3,200}?(?:wrote|schrieb am .{3,60}|a écrit|escribió|ha scritto|escreveu|schreef|skrev|napisał\(?a?\)?)\s?:\s*$",
    re.IGNORECASE,
)
ORIGINAL = re.compile(
    r"^[-_ ]{2,}\s*(?:original message|forwarded message|ursprüngliche nachricht|weitergeleitete nachricht|"
    r"message d'origine|message original|mensaje original|messaggio originale|mensagem original|"
    r"oorspronkelijk bericht|ursprungligt meddelande|oprindelig meddelelse|wiadomość oryginalna)\b",
    re.IGNORECASE,
)
RULE = re.compile(r"^_{20,}\s*$")
FROM = re.compile(r"^\*?(?:from|von|de|da|van|från|fra|od)\s?:\*?\s.{2,}", re.IGNORECASE)
SENT = re.compile(
    r"^\*?(?:sent|date|gesendet|datum|envoyé|enviado|inviato|data|verzonden|skickat|sendt|wysłano|to|an|à|para|a|aan)"
    r"\s?:\*?\s.{2,}",
    re.IGNORECASE,
)
SIGNATURE = re.compile(r"^-- ?$")


def fold(text: str) -> tuple[str, str]:
    """What was written and what was quoted. Where nothing seems written, everything counts as written."""
    written: list[str] = []
    quoted: list[str] = []
    lines = text.split("\n")
    for place, line in enumerate(lines):
        if begins_former_mail(lines, place):
            quoted += lines[place:]
            break
        (quoted if is_quoted(lines, place) else written).append(line)
    own = tidy(written)
    return (own, tidy(quoted)) if own else (text.strip(), "")


def is_quoted(lines: list[str], place: int) -> bool:
    """A line behind a >, or one that introduces such lines."""
    if lines[place].lstrip().startswith(">"):
        return True
    return introduces(lines, place) is not None and is_followed_by_quote(lines, introduces(lines, place))


def introduces(lines: list[str], place: int) -> int | None:
    """The place behind "On ... wrote:", where one begins, or ends, at `place`; else None."""
    here = lines[place].strip()
    if not here or len(here) > 400:
        return None
    if WROTE.match(here) or REPORTED.match(here):
        return place + 1
    below = lines[place + 1].strip() if place + 1 < len(lines) else ""
    if below and len(below) < 200 and WROTE.match(f"{here} {below}"):
        return place + 2
    above = lines[place - 1].strip() if place else ""
    return place + 1 if above and len(above) < 250 and WROTE.match(f"{above} {here}") else None


def is_followed_by_quote(lines: list[str], place: int) -> bool:
    following = [line for line in lines[place : place + 3] if line.strip()]
    return bool(following) and following[0].lstrip().startswith(">")


def begins_former_mail(lines: list[str], place: int) -> bool:
    """Where a former mail stands below as it was: a rule, a heading, or its From and Sent lines."""
    line = lines[place].strip()
    if ORIGINAL.match(line):
        return True
    after = [other.strip() for other in lines[place + 1 : place + 5]]
    if RULE.match(line):
        return any(FROM.match(other) for other in after)
    if FROM.match(line):
        return any(SENT.match(other) for other in after[:2])
    behind = introduces(lines, place)
    return behind is not None and not any(other.lstrip().startswith(">") for other in lines[behind:])


def tidy(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()
