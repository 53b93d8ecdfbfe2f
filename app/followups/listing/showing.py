"""How a row of the queue is written: everything that its template shows, worked out once for what many rows share."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from jinja2.filters import do_truncate
from markupsafe import Markup

from app.contacts.models import called
from app.core.language import wording
from app.core.worktime import WorkWeek
from app.followups import ranking, words
from app.followups.listing.finding import Group
from app.followups.models import TaskKind
from app.followups.promises import words as promise_words
from app.followups.promises.models import Way

BANDS = frozenset({TaskKind.DETRACTOR, TaskKind.PASSIVE, TaskKind.PROMOTER, TaskKind.SILENT})
RENEWAL_SHOWN_DAYS = 120
QUOTE_LENGTH = 140
HERE = "\N{OBJECT REPLACEMENT CHARACTER}"
ANY = 999_999_999_999_999
"""Stands in an address for the number of a row, so that addresses are made once and not for each row."""


class Clock(NamedTuple):
    """A moment as pages show it: near in words, in full, for programs, and whether it is overdue."""

    ago: str
    moment: str
    iso: str
    is_late: bool = False


class Promised(NamedTuple):
    """How somebody wants to be reached, and by when; empty once that was done."""

    icon: str
    wanted: str
    by: str


class Shown(NamedTuple):
    """What a row says. Badges are finished markup, everything else words that the template escapes."""

    id: int
    url: str
    name: str
    company: str
    initials: str
    tier: str
    renews: Markup | str
    badge: Markup
    reason: str
    because: str
    comment: str
    language: str
    state: Markup
    is_rehearsal: bool
    aside: str
    promise: Promised | None
    for_whom: str
    waits: str
    priority: str
    owner: str
    touch: Clock | None
    end: Clock | None
    closed: Clock | None


class Folded(NamedTuple):
    """A follow-up beneath the first one of its customer."""

    id: int
    url: str
    name: str
    badge: Markup
    due: str
    is_late: bool


class Drawn(NamedTuple):
    """A row with what is folded beneath it: how many in all, and where the others stand."""

    first: Shown
    others: Sequence[Folded]
    together: int
    words: str = ""
    all_words: str = ""
    url: str = ""
    is_chosen: bool = False


@dataclass
class Rows:
    """Writes the rows of one page, for one reader. `covered` says of owners who are away for whom, until when, it is done."""

    address: Mapping[str, str]
    covered: Mapping[int, str]
    levels: ranking.Levels
    week: WorkWeek
    zone: ZoneInfo
    today: date
    now: datetime
    known: dict[Hashable, Any] = field(default_factory=dict)
    lasts: float = math.inf
    """For so many seconds, what was written since this was last set goes on being true."""

    def __post_init__(self) -> None:
        ui, pieces = (
            current_app.jinja_env.get_template(name).module
            for name in ("components.html", "contacts/pieces.html")
        )
        self.band, self.badge, self.renewal = ui.band_badge, ui.state_badge, pieces.renewal
        self.locale = wording.in_force()
        own = url_for("followups.task_page", task_id=ANY, **self.address)
        self.before, _number, self.behind = own.partition(str(ANY))
        theirs = url_for("followups.queue", **{**self.address, "account": ANY})
        self.customer_before, _number, self.customer_behind = theirs.partition(str(ANY))
        self.choose = _("Choose %(name)s", name=HERE).partition(HERE)

    @property
    def place(self) -> tuple[Hashable, ...]:
        """All that rows say besides what stands in them and in `known`: two pages of one place write a row alike."""
        addresses = (self.before, self.behind, self.customer_before, self.customer_behind)
        return (self.locale, self.zone.key, self.today, *self.covered.items(), *addresses)

    def group(self, one: Group, picked: Collection[int] = ()) -> Drawn:
        """A row; what is chosen among the folded ones is unfolded."""
        row = Drawn(self.shown(one.first), [self.folded(other) for other in one.others], one.together)
        if one.together < 2:  # noqa: PLR2004 nobody else
            return row
        return row._replace(
            words=self.once(more_words, one.together - 1),
            all_words=self.once(all_words, one.together),
            url=self.of_customer(one.first.account_id),
            is_chosen=any(other.id in picked for other in one.others),
        )

    def once(self, make: Callable[..., Any], *given: Hashable) -> Any:
        """What `make` makes of these values, made once for a page."""
        key = (make, *given)
        if key not in self.known:
            self.known[key] = make(*given)
        return self.known[key]

    def of_customer(self, account_id: int) -> str:
        return f"{self.customer_before}{account_id}{self.customer_behind}"

    def shown(self, row: Any) -> Shown:
        is_open, person = row.closed_at is None, name_of(row)
        touch_late = is_open and row.first_touched_at is None and row.first_touch_due_at < self.now
        end_late = is_open and row.due_at < self.now
        return Shown(
            id=row.id,
            url=f"{self.before}{row.id}{self.behind}",
            name=person or row.account,
            company=row.account if person else "",
            initials=wording.initials(person or row.account),
            tier=self.once(tier_words, row.tier or 2),
            renews=self.renews(row.renewal_on) if is_open else "",
            badge=self.once(self.kind_badge, row.kind, row.score),
            reason=row.reason,
            because=self.because(row, touch_late or end_late) if is_open else "",
            comment=do_truncate(current_app.jinja_env, row.comment, QUOTE_LENGTH) if row.comment else "",
            language=row.language or "",
            state=self.once(self.state_badge, row.state),
            is_rehearsal=row.is_rehearsal,
            aside=self.aside(row) if is_open else "",
            promise=self.promised(row) if row.way else None,
            for_whom=self.covered.get(row.owner_id, ""),
            waits=self.waits(row.replied_at) if row.replied_at else "",
            priority=self.once(self.priority, self.is_high(row.standing)) if is_open else "",
            owner=row.owner or "",
            touch=self.clock(row.first_touch_due_at, touch_late)
            if is_open and not row.first_touched_at
            else None,
            end=self.clock(row.due_at, end_late) if is_open else None,
            closed=None if is_open else self.clock(row.closed_at),
        )

    def folded(self, row: Any) -> Folded:
        due_at = row.due_at if row.first_touched_at else min(row.first_touch_due_at, row.due_at)
        return Folded(
            id=row.id,
            url=f"{self.before}{row.id}{self.behind}",
            name=name_of(row) or row.account,
            badge=self.once(self.kind_badge, row.kind, row.score),
            due=self.near(due_at),
            is_late=due_at < self.now,
        )

    def kind_badge(self, kind: TaskKind, score: int | None) -> Markup:
        return self.band(kind, score) if kind in BANDS else self.badge(words.KINDS[kind], "care")

    def state_badge(self, state: Any) -> Markup:
        return self.badge(words.STATES[state], words.STATE_TONES[state])

    def is_high(self, standing: int) -> bool:
        return self.levels.of(standing) is ranking.Level.HIGH

    def priority(self, is_high: bool) -> str:
        """The label of those few that have it; on the others it would say nothing."""
        return _("High priority") if is_high else ""

    def waits(self, replied_at: datetime) -> str:
        """How long in working hours, which pass from one minute to the next."""
        self.lasts = 0
        return words.waited_since(replied_at, self.week, self.now)

    def renews(self, on: date | None) -> Markup | str:
        is_near = on is not None and 0 <= (on - self.today).days <= RENEWAL_SHOWN_DAYS
        return self.once(self.renewal, on, self.today) if is_near else ""

    def because(self, row: Any, is_overdue: bool) -> str:
        stakes = ranking.Stakes(
            kind=row.kind,
            is_waiting=row.replied_at is not None,
            is_overdue=is_overdue,
            is_key=row.role is not None and row.role.is_key,
            tier=row.tier or 2,
            arr=ranking.lifting(row.arr),
            currency=row.currency,
            renews_soon=ranking.is_near(row.renewal_on, self.today),
        )
        return self.once(words.urgency, stakes)

    def aside(self, row: Any) -> str:
        if row.snoozed_until is None or row.snoozed_until <= self.now:
            return ""
        self.lasts = min(self.lasts, (row.snoozed_until - self.now).total_seconds())
        return _("put aside until %(day)s", day=wording.day(row.snoozed_until))

    def promised(self, row: Any) -> Promised:
        is_kept = row.kept_at is not None and row.kept_at < row.until_at
        by = "" if is_kept else _("by %(day)s", day=wording.day(row.due_on))
        return Promised("phone" if row.way is Way.PHONE else "mail", str(promise_words.WANTED[row.way]), by)

    def clock(self, at: datetime, is_late: bool = False) -> Clock:
        own = at.astimezone(self.zone)
        return Clock(self.near(at), wording.moment_in(self.locale, own), at.isoformat(), is_late)

    def near(self, at: datetime) -> str:
        """As the filter `ago` says it, in the zone of the reader of this page."""
        self.lasts = min(self.lasts, wording.ago_lasts(at - self.now))
        ago = wording.ago_in(self.locale, at - self.now)
        return ago or wording.day_in(self.locale, at.astimezone(self.zone).date())


def name_of(row: Any) -> str:
    """The person whom a row is about; nothing where it is about the customer as a whole."""
    return called(row.status, row.first_name, row.last_name, row.email) if row.contact_id else ""


def tier_words(tier: int) -> str:
    return _("Tier %(n)s", n=tier)


def more_words(number: int) -> str:
    return ngettext("%(num)s more open at this customer", "%(num)s more open at this customer", number)


def all_words(number: int) -> str:
    return _("All %(num)s of this customer", num=number)
