"""What is to be said of the change between two periods: the same for the page, its sentences and a frozen report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.core.language import wording
from app.reports.participation import participation
from app.reports.periods import Period
from app.reports.statistics.comparisons import Change, change
from app.reports.statistics.nps import Counts, estimate
from app.reports.why import votes
from app.reports.why.periods import Against, before
from app.reports.why.split import Contribution, Split, split
from app.reports.why.votes import Followed

SHOWN = 10


@dataclass(frozen=True)
class Compared:
    """The two periods that the address asks for."""

    period: Period
    against: Against

    @property
    def before(self) -> Period:
        return before(self.period, self.against)

    @property
    def address(self) -> dict[str, str]:
        days = {"from": self.period.start.isoformat(), "to": self.period.last.isoformat()}
        return days | {"against": self.against.value}


@dataclass(frozen=True)
class Why:
    """Everything that the page says of two periods, all from the same people."""

    found: Split
    change: Change | None
    accounts: Sequence[Contribution]
    themes: Sequence[Contribution]
    rate: float | None
    heard: int
    followed: Followed

    @property
    def others(self) -> Contribution:
        """All accounts that are not shown one by one."""
        rest = self.accounts[SHOWN:]
        return Contribution(None, sum(one.points for one in rest), sum(one.people for one in rest))


def explained(session: Session, chosen: Compared, zone: ZoneInfo) -> Why | None:
    """None where either period has no answers."""
    people = votes.by_account(session, chosen.before, chosen.period)
    found = split(people)
    if found is None:
        return None
    asks = participation(session, [chosen.period], zone=zone)
    return Why(
        found,
        change(found.before, found.after),
        found.contributions(),
        found.contributions(votes.by_theme(session, chosen.before, chosen.period)),
        asks[0].rate,
        votes.accounts_heard(people),
        votes.followed(session, chosen.period),
    )


def names(session: Session, model: type, found: Sequence[Contribution]) -> dict[int, str]:
    """What the accounts or themes are called."""
    keys = [one.key for one in found]
    return dict(map(tuple, session.execute(sa.select(model.id, model.name).where(model.id.in_(keys)))))


def sentence(found: Why, chosen: Compared) -> str:
    """What can be said of the period in a few lines, to be copied as it stands."""
    return " ".join(words for words, _people in sentences(found, chosen))


def sentences(found: Why, chosen: Compared) -> list[tuple[str, int]]:
    """The same one by one, each with the number of people that it speaks of."""
    before, after = found.found.before, found.found.after
    heard = min(before.n, after.n) or after.n
    told = [
        (period_words(found, chosen, after), after.n),
        (comparison(found.change, chosen.before, before, after), heard),
    ]
    if found.followed.detractors:
        told.append((followed_words(found.followed), found.followed.detractors))
    return told


def period_words(found: Why, chosen: Compared, after: Counts) -> str:
    """Of fewer than five people no NPS is told, here as everywhere."""
    told = {
        "start": wording.day(chosen.period.start),
        "last": wording.day(chosen.period.last),
        "n": wording.number(after.n),
        "rate": wording.percent(found.rate),
    }
    nps = estimate(after).nps
    if nps is None:
        return _(
            "From %(start)s to %(last)s too few people answered for an NPS (n = %(n)s; %(rate)s of those asked answered).",
            **told,
        )
    return ngettext(
        "From %(start)s to %(last)s the NPS was %(nps)s (n = %(n)s people at %(accounts)s account; %(rate)s of those asked answered).",
        "From %(start)s to %(last)s the NPS was %(nps)s (n = %(n)s people at %(accounts)s accounts; %(rate)s of those asked answered).",
        found.heard,
        nps=wording.signed_tenth(nps),
        accounts=wording.number(found.heard),
        **told,
    )


def followed_words(followed: Followed) -> str:
    return ngettext(
        "Of %(n)s detractor answer, somebody was in touch after %(contacted)s, the follow-ups on %(closed)s are closed, and after %(recovered)s the same person has given 7 or more by now.",
        "Of %(n)s detractor answers, somebody was in touch after %(contacted)s, the follow-ups on %(closed)s are closed, and after %(recovered)s the same person has given 7 or more by now.",
        followed.detractors,
        n=wording.number(followed.detractors),
        contacted=wording.number(followed.contacted),
        closed=wording.number(followed.closed),
        recovered=wording.number(followed.recovered),
    )


def comparison(found: Change | None, days: Period, before: Counts, after: Counts) -> str:
    then = _("%(start)s to %(last)s", start=wording.day(days.start), last=wording.day(days.last))
    if found is None:
        return _("With fewer than five answers in %(then)s or now, nothing can be compared.", then=then)
    verdict = _("more than chance") if found.is_change else _("no clear change")
    return _(
        "Against %(then)s (%(nps)s, n = %(n)s) that is %(points)s points, likely between %(low)s and %(high)s (95 %%): %(verdict)s.",
        then=then,
        nps=wording.signed_tenth(before.nps),
        n=wording.number(before.n),
        points=wording.signed_tenth(wording.tenths_between(before.nps, after.nps)),
        low=wording.signed_tenth(found.difference.low),
        high=wording.signed_tenth(found.difference.high),
        verdict=verdict,
    )
