"""By register: what explains its differences, and by what its entries are told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy.orm import Session

from app.reports.freezing.causing.causes import (
    Since,
    class_of_vote,
    of_comments,
    of_follow_ups,
    of_moves,
    of_promises,
    of_values,
    of_votes,
)
from app.reports.freezing.causing.causes_of_people import of_accounts, of_asks, of_contacts
from app.reports.freezing.rolls import Caused, Change, Roll, differences
from app.surveys.scales import value_level

EXPLAIN: dict[str, Callable[[Session, list[Change], Since], Iterator[Caused]]] = {
    "people": of_votes,
    "people_before": of_votes,
    "answers": of_votes,
    "moves": of_moves,
    "promises": of_promises,
    "follow_ups": of_follow_ups,
    "comments": of_comments,
    "valuing": of_values,
    "value_answers": of_values,
    "contacts": of_contacts,
    "homes": of_accounts,
    "asks": of_asks,
}


def level_of_value(state: str) -> str:
    return value_level(float(first_part(state))).value


def first_part(state: str) -> str:
    return state.partition("|")[0]


CLASS_OF: dict[str, Callable[[str], str]] = {
    "people": class_of_vote,
    "people_before": class_of_vote,
    "answers": class_of_vote,
    "moves": str,
    "promises": str,
    "follow_ups": first_part,
    "comments": first_part,
    "valuing": level_of_value,
    "value_answers": level_of_value,
    "contacts": first_part,
    "homes": first_part,
    "asks": first_part,
}


def is_vote(name: str) -> bool:
    return EXPLAIN[name] is of_votes


def explained(session: Session, then: Roll, now: Roll, since: Since) -> dict[str, list[Caused]]:
    """By register, every entry that differs with its cause."""
    return {
        name: list(EXPLAIN[name](session, differences(then[name], now.get(name, {})), since)) for name in then
    }
