"""Rows of what the demo company did about answers, as its thank-you pages tell it."""

from __future__ import annotations

from datetime import timedelta

from app.demo.company.companies import MANAGER, STAFF
from app.demo.rows.customers import Home
from app.followups.improvements.models import Improvement
from app.followups.models import Cause

SUPPORT = {
    "en": (
        "Support takes too long to answer.",
        "Two more people answer now, and each question has a name to it.",
    ),
    "de": (
        "Der Support antwortet zu langsam.",
        "Zwei weitere Menschen antworten jetzt, und jede Frage hat einen Namen.",
    ),
    "fr": (
        "Le support met trop de temps à répondre.",
        "Deux personnes de plus répondent, et chaque question a un nom.",
    ),
    "es": (
        "El soporte tarda demasiado en responder.",
        "Ahora responden dos personas más, y cada pregunta tiene un nombre.",
    ),
}
SLOW = {
    "en": ("Large stock lists load slowly.", "Lists of any length open in a second since the last version."),
    "de": ("Große Bestandslisten laden langsam.", "Seit der letzten Version öffnen Listen jeder Länge in einer Sekunde."),
    "fr": ("Les longues listes se chargent lentement.", "Depuis la dernière version, elles s'ouvrent en une seconde."),
    "es": ("Las listas largas cargan despacio.", "Desde la última versión se abren en un segundo."),
}  # fmt: skip
ENTRIES = ((SUPPORT, None, 40), (SLOW, Cause.PRODUCT_PERFORMANCE, 12))


def add(home: Home) -> None:
    home.add(
        Improvement,
        [
            {
                "words": {code: {"said": said, "did": did} for code, (said, did) in words.items()},
                "cause": cause,
                "from_on": home.today - timedelta(days=ago),
                "to_on": None,
                "is_demo": True,
                "author": STAFF[MANAGER][0],
                "created_at": home.morning(home.today - timedelta(days=ago)),
                "updated_at": home.morning(home.today - timedelta(days=ago)),
            }
            for words, cause, ago in ENTRIES
        ],
    )
