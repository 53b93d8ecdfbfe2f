"""Knowing an automatic reply, by its headers or its words in many languages, and when the person is back (pure).

Words in the text alone are weak evidence: people write about their holidays too. So they count only near the beginning
of a short text that quotes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import cache

from babel.dates import get_day_names, get_month_names

from app.delivery.inbound.reading.letter import Letter

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "nb", "fi", "cs")
FARTHEST = timedelta(days=366)
BEGINNING = 600
SHORT = 1500

SUBJECTS = re.compile(
    r"\b(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response|antwort)|autoreply|auto:|out[- ]of[- ](?:the[- ])?office|ooo:|"
    r"away from (?:the|my) (?:office|mail|desk)|on vacation|on leave|annual leave|vacation (?:notice|reply)|"
    r"automatische antwort|abwesenheits?(?:notiz|nachricht|meldung|assistent)?|abwesend|nicht im büro|"
    r"réponse automatique|absence du bureau|message d'absence|absent du bureau|absence\b|"
    r"respuesta automática|respuesta automatica|fuera de (?:la )?oficina|ausente|"
    r"risposta automatica|fuori (?:sede|ufficio)|assenza|"
    r"resposta automática|resposta automatica|fora do escritório|fora do escritorio|ausência|ausencia|"
    r"automatisch antwoord|automatische? (?:antwoord|reactie)|afwezig(?:heid)?|niet (?:op kantoor|aanwezig)|"
    r"odpowiedź automatyczna|automatyczna odpowiedź|nieobecność|poza biurem|"
    r"autosvar|automatiskt svar|frånvaro|automatisk svar|fravær|ikke til stede|"
    r"automaattinen vastaus|poissa|automatická odpověď|mimo kancelář|自動応答|自动回复|自動回覆|不在)",
    re.IGNORECASE,
)
BODIES = re.compile(
    r"\b(?:(?:i am|i'm|i’m|i will be|i'll be) (?:currently |now )?(?:out of (?:the )?office|away|on (?:annual |parental |sick |maternity |paternity )?(?:leave|vacation|holiday))|"
    r"(?:currently|presently) (?:out of (?:the )?office|on (?:leave|vacation|holiday))|limited access to (?:my )?e-?mail|"
    r"thank you for your (?:e-?mail|message)\W+i am (?:currently )?(?:out|away|on)|"
    r"(?:bin|befinde mich) .{0,60}?(?:nicht im (?:büro|haus)|abwesend|(?:im|in) urlaub|in elternzeit|außer haus)|nicht im büro|"
    r"(?:je suis|je serai) .{0,40}?(?:absente?|en congés?|en vacances|hors du bureau)|actuellement absente?|"
    r"(?:estoy|estaré|me encuentro) .{0,40}?(?:fuera de (?:la )?oficina|ausente|de vacaciones)|"
    r"(?:sono|sarò) .{0,40}?(?:fuori (?:ufficio|sede)|assente|in ferie|in vacanza)|"
    r"(?:estou|estarei) .{0,40}?(?:fora do escrit[óo]rio|ausente|de férias|em férias)|"
    r"(?:ik ben|ben ik) .{0,40}?(?:afwezig|niet (?:op kantoor|aanwezig)|met (?:vakantie|verlof)|op vakantie)|"
    r"(?:jestem|będę) .{0,40}?(?:nieobecn[ya]|poza biurem|na urlopie)|przebywam .{0,20}?na urlopie|"
    r"jag är .{0,40}?(?:på semester|inte på kontoret|frånvarande|ledig)|jeg er .{0,40}?(?:på ferie|ikke på kontoret|fraværende)|"
    r"olen .{0,40}?(?:poissa|lomalla)|jsem .{0,40}?(?:mimo kancelář|na dovolené))",
    re.IGNORECASE | re.DOTALL,
)


def is_declared(letter: Letter) -> bool:
    """The mail itself says in a header that a program wrote it."""
    submitted = letter.header("Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return True
    named = (
        "X-Autoreply",
        "X-Autorespond",
        "X-Autoresponder",
        "X-AutoReply-From",
        "X-Mail-Autoreply",
        "X-FC-MachineGenerated",
    )
    if any(letter.header(name) and letter.header(name).lower() not in ("no", "false") for name in named):
        return True
    if letter.header("Precedence").lower() in ("auto_reply", "auto-reply", "bulk", "junk"):
        return True
    kind = letter.message.get_content_type()
    report = str(letter.message.get_param("report-type") or "") if kind == "multipart/report" else ""
    return report == "disposition-notification" or kind == "text/calendar"


def sounds_automatic(subject: str, words: str, quoted: str) -> bool:
    """The subject says so, or a short text that quotes nothing begins with it."""
    if SUBJECTS.search(subject):
        return True
    return len(words) <= SHORT and not quoted and BODIES.search(words[:BEGINNING]) is not None


def return_date(words: str, *, today: date) -> date | None:
    """The day on which the person is back, or until which they are away, as far as it can be read; else None.

    The latest of the days that are named within a year counts. A date that could be two days is none. The name of a
    weekday counts when it is the only thing said.
    """
    near = [day for day in days_in(words, today) if today <= day <= today + FARTHEST]
    if near:
        return max(near)
    named = (weekdays().get(found[1].lower()) for found in WEEKDAY_BEHIND.finditer(words))
    weekday = next((number for number in named if number is not None), None)
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1) if weekday is not None else None


ISO = re.compile(r"\b(20\d\d)-(\d{1,2})-(\d{1,2})\b")
DOTTED = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(20\d\d|\d\d)\b)?")
SLASHED = re.compile(r"\b(\d{1,2})[/-](\d{1,2})[/-](20\d\d|\d\d)\b")
DAY_MONTH = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th|er|º|\.)?\s+(?:of\s+|de\s+|d')?([^\W\d_]{3,12})\.?(?:,?\s+(?:de\s+)?(20\d\d))?",
    re.I,
)
MONTH_DAY = re.compile(
    r"\b([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?\b(?!\s*[.:]\d)(?:,?\s+(20\d\d))?", re.I
)
WEEKDAY_BEHIND = re.compile(
    r"\b(?:until|till|by|on|back|bis|am|ab|jusqu'au|le|retour|hasta el|hasta|el|fino a|lunedì|di nuovo|até|na|tot|op|vanaf|do|"
    r"w|od|till och med|på|til)\s+(?:next\s+|zum\s+|à\s+)?(" + "[^\\W\\d_]{3,14}(?:-feira)?" + r")\b",
    re.IGNORECASE,
)


def days_in(words: str, today: date) -> Iterator[date]:
    """Every day that is named without doubt; one without a year is the next such day."""
    for year, month, day in ISO.findall(words):
        yield from made(int(year), int(month), int(day))
    for day, month, year in DOTTED.findall(words):
        yield from dated(day, int(month), year, today)
    for one, other, year in SLASHED.findall(words):
        day, month = (one, other) if int(one) > 12 else (other, one) if int(other) > 12 else (one, other)
        if int(one) > 12 or int(other) > 12 or one == other:
            yield from dated(day, int(month), year, today)
    for day, name, year in DAY_MONTH.findall(words):
        yield from dated(day, months().get(name.lower()), year, today)
    for name, day, year in MONTH_DAY.findall(words):
        yield from dated(day, months().get(name.lower()), year, today)


def dated(day: str, month: int | None, year: str, today: date) -> Iterator[date]:
    if month is None:
        return
    if year:
        yield from made(int(year) if len(year) == 4 else 2000 + int(year), month, int(day))
        return
    for found in made(today.year, month, int(day)):
        yield from [found] if found >= today else made(today.year + 1, month, int(day))


def made(year: int, month: int, day: int) -> Iterator[date]:
    try:
        yield date(year, month, day)
    except ValueError:
        return


@cache
def months() -> dict[str, int]:
    """The names of months, long and short, in every language known here; a name that means two is left out."""
    return table(get_month_names, range(1, 13), ("wide", "abbreviated"))


@cache
def weekdays() -> dict[str, int]:
    """The names of weekdays; Monday is 0."""
    return table(get_day_names, range(7), ("wide",))


def table(names: Callable, numbers: range, widths: Sequence[str]) -> dict[str, int]:
    found: dict[str, set[int]] = {}
    for language in LANGUAGES:
        for context in ("format", "stand-alone"):
            for width in widths:
                for number in numbers:
                    name = names(width, context, language)[number].lower().rstrip(".")
                    found.setdefault(name, set()).add(number)
    return {name: next(iter(which)) for name, which in found.items() if len(which) == 1 and len(name) > 2}
