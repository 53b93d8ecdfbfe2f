"""The caps of accounts at the moment a mail is handed over, when the planned day and what was known then may be past.

A wave may leave on another day than was planned, others may have asked meanwhile, accounts may have been merged. So what
was sent is counted once more, and what is being sent. Mails that several workers hand over in the same instant do not
see each other; those of the two hands of one worker do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Condition
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from app.core.database.prepared import Prepared, among, unindexed
from app.delivery.asking.caps import NOBODY, TOUCHED, Asked, counting, places_left, rooms
from app.delivery.asking.gates import Verdict, verdict
from app.delivery.asking.moments import Due
from app.delivery.models import Invitation, InvitationState
from app.surveys.rules import Rules

FRESH = timedelta(seconds=1)
SPARE = 16  # So many mails to one account may leave elsewhere within that time.
MOST_KNOWN = 4096
PATIENCE_SECONDS = 30.0
OPEN = Verdict(None)


class Caps:
    """The caps for mails that leave now; one for each turn of sending.

    Accounts are counted in the transaction that lets the mails go. One that has room for many more is counted anew each
    second only, and what this worker sent to it since is added.
    """

    def __init__(self) -> None:
        self._known: dict[Rules, dict[int, Count]] = defaultdict(dict)

    def judge(self, connection: Connection, accounts: Sequence[int], rules: Rules, due: Due) -> list[Verdict]:
        """What the caps say of mails to people of these accounts, one of which may be named several times."""
        if not (rules.account_per_day or rules.account_most):
            return [OPEN] * len(accounts)
        several, known = Counter(accounts), self._known[rules]
        since = max(due.at - FRESH, due.day_from)
        doubtful = [
            account
            for account, mails in several.items()
            if account not in known or not known[account].has_room(mails, since)
        ]
        if doubtful:
            if len(known) > MOST_KNOWN:
                known = self._known[rules] = {
                    account: known[account] for account in several if account in known
                }
            known |= counted(connection, doubtful, rules, due)
        placed: Counter = Counter()
        verdicts = []
        for account in accounts:
            found = known[account].verdict(placed[account] + 1, rules, due)
            placed[account] += found.reason is None
            verdicts.append(found)
        return verdicts

    def left(self, account: int) -> None:
        """A mail to somebody of the account goes."""
        for known in list(self._known.values()):
            if account in known:
                known[account].since += 1


class Abreast:
    """What two hands have in common that send at the same time: the caps as both know them, and whom each writes to.

    Nobody is in both, no mailbox and no account, from when the state of the world is read again until what follows from
    it is committed. So floors and caps hold as they do for one hand. A hand whose commit takes longer than half a minute is
    waited for no longer, as another worker would not be.
    """

    def __init__(self) -> None:
        self.caps = Caps()
        self._held: dict[Hashable, frozenset[Hashable]] = {}
        self._change = Condition()

    def take(self, hand: Hashable, asks: Iterable[Any]) -> None:
        """Wait until no other hand writes to the people of these asks; then `hand` does."""
        wanted = frozenset(key for ask in asks for key in _whom(ask))
        with self._change:
            self._held.pop(hand, None)
            self._change.wait_for(lambda: self._are_free(wanted), PATIENCE_SECONDS)
            self._held[hand] = wanted

    def _are_free(self, wanted: frozenset[Hashable]) -> bool:
        return all(wanted.isdisjoint(held) for held in self._held.values())

    def give_back(self, hand: Hashable) -> None:
        """What `hand` did is committed, or given up."""
        with self._change:
            self._held.pop(hand, None)
            self._change.notify_all()


def _whom(ask: Any) -> tuple[tuple[str, Hashable], ...]:
    return ("person", ask.contact_id), ("mailbox", ask.asked_as), ("account", ask.account_id)


@dataclass(slots=True)
class Count:
    """An account as it was counted, how many places it had left, and how many mails to it left here since."""

    at: datetime
    asked: Asked
    places: int
    since: int = 0

    def has_room(self, mails: int, since: datetime) -> bool:
        """Whether it was counted since then and so many may go without counting anew."""
        return self.at >= since and self.since + mails + SPARE <= self.places

    def verdict(self, place: int, rules: Rules, due: Due) -> Verdict:
        """What the caps say of the `place`-th mail from now on."""
        place += self.since
        return OPEN if place <= self.places else verdict(rooms(self.asked, rules, due, place, place))


def counted(connection: Connection, accounts: list[int], rules: Rules, due: Due) -> dict[int, Count]:
    """The accounts as they stand now, with what is being sent."""
    period_from = due.at - timedelta(days=rules.account_days) if rules.account_most else due.day_from
    since = {"day_from": due.day_from, "period_from": period_from, "since": min(due.day_from, period_from)}
    asked = dict.fromkeys(accounts, NOBODY)
    asked |= {row[0]: Asked(*row[1:]) for row in ASKED.rows(connection, among=accounts, **since)}
    return {
        account: Count(due.at, asked[account], places_left(asked[account], rules)) for account in accounts
    }


_since = sa.bindparam("since", type_=Invitation.sent_at.type)
_counted = (
    sa.select(Invitation.account_id, Invitation.sent_at)
    .where(among(Invitation.account_id), *counting(None))
    .where(
        Invitation.sent_at >= _since, sa.or_(*(unindexed(Invitation.state) == one for one in sorted(TOUCHED)))
    )
    .union_all(
        sa.select(Invitation.account_id, sa.null())
        .where(among(Invitation.account_id), *counting(None))
        .where(Invitation.sent_at.is_(None), unindexed(Invitation.state) == InvitationState.SENDING)
    )
    .subquery("counted")
)
_is_leaving = _counted.c.sent_at.is_(None)


def _from(name: str) -> sa.ColumnElement[bool]:
    moment = sa.bindparam(name, type_=Invitation.sent_at.type)
    return sa.or_(_is_leaving, _counted.c.sent_at >= moment)


ASKED = Prepared(
    sa.select(
        _counted.c.account_id,
        sa.func.count(sa.case((_from("day_from"), 1))),
        sa.func.count(sa.case((_from("period_from"), 1))),
        sa.func.min(sa.case((_from("period_from"), _counted.c.sent_at))),
    ).group_by(_counted.c.account_id),
    into=tuple,
)
