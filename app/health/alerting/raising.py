"""Looking at accounts by the rules: what holds is an alert, one at a time, until it has been false for a week.

An alert changes no score. Where its rule says so it opens a follow-up, unless one is open about trouble at the account
already, which then stands for it. Nobody's queue fills on the day on which a rule begins: what began long before opens
nothing, and a rule opens only so many a day; the other alerts stand without one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import Account, ContactRole
from app.core.audit import SYSTEM
from app.core.clock import day_of
from app.core.database import upserts
from app.core.installation import Installation, installation
from app.core.language.words import speaking
from app.followups import triggers
from app.followups.around import accounts as about_accounts
from app.followups.models import Task, TaskKind
from app.followups.opening import BY
from app.followups.triggers import Clocks, Person
from app.health.alerting import settings, words
from app.health.alerting.conditions.spells import QUIET, Past, Spell, holding
from app.health.alerting.models import Alert, AlertLook
from app.health.alerting.past import median_arr, past_of
from app.health.alerting.rules import RULES, Kind, Opens, Rule
from app.health.alerting.settings import Setting
from app.health.models import Snapshot
from app.health.moving.moves import open_trouble

CHUNK = 25  # Few at a time: nobody who answers meanwhile waits long for the turn to write.
STILL_NEWS = timedelta(days=14)
MOST_OPENED, SHARE_OPENED = (
    20,
    100,
)  # Follow-ups that a rule opens on a day: so many, or one for a hundred accounts.
ANSWERED_BY = {"detractor": "detractor", "new_promoter": "promoter"}


@dataclass(frozen=True)
class Present:
    """What holds for all accounts of a pass."""

    today: date
    now: datetime
    facts: Installation
    settings: dict[str, Setting]
    median: Decimal | None
    left: dict[str, int] = field(default_factory=dict)

    def may_open(self, rule: Rule) -> bool:
        """Whether the rule may open one more follow-up today."""
        return self.left.get(rule.key, MOST_OPENED) > 0

    def opens(self, rule: Rule) -> None:
        self.left[rule.key] = self.left.get(rule.key, MOST_OPENED) - 1


def look_at_due(session: Session, *, now: datetime) -> Iterator[int]:
    """Look at the accounts of which the scores were computed since; yields, for a commit, how many."""
    present = Present(
        today=day_of(now, (facts := installation(session)).zone),
        now=now,
        facts=facts,
        settings=settings.present(session),
        median=median_arr(session),
        left=left_today(session, day_of(now, facts.zone), facts),
    )
    if facts.is_held:
        return
    with speaking(facts.language):
        while ids := waiting(session, present.today):
            look(session, ids, present)
            yield len(ids)


def left_today(session: Session, today: date, facts: Installation) -> dict[str, int]:
    """How many follow-ups each rule may still open today."""
    accounts = session.scalar(sa.select(sa.func.count(Account.id))) or 0
    start = datetime.combine(today, time.min, facts.zone)
    raised = sa.select(Alert.rule, sa.func.count(Alert.id)).where(
        Alert.raised_at >= start, Alert.task_id.is_not(None)
    )
    opened = dict(session.execute(raised.group_by(Alert.rule)).all())
    most = max(MOST_OPENED, accounts // SHARE_OPENED)
    return {key: most - opened.get(key, 0) for key in RULES}


def waiting(session: Session, today: date, *, limit: int = CHUNK) -> list[int]:
    """Accounts with scores of the day that nobody has looked at since they were computed."""
    seen = sa.and_(AlertLook.account_id == Snapshot.account_id, AlertLook.at >= Snapshot.computed_at)
    query = sa.select(Snapshot.account_id).where(Snapshot.on == today, ~sa.exists().where(seen))
    return list(session.scalars(query.order_by(Snapshot.account_id).limit(limit)))


def look_again(session: Session, account_ids: Collection[int]) -> None:
    """Look at these accounts in the next pass, whether or not their scores were computed since."""
    gone = sa.delete(AlertLook).where(AlertLook.account_id.in_(list(account_ids)))
    session.execute(gone, execution_options={"synchronize_session": False})


def look_at_all_again(session: Session) -> None:
    """Look at every account anew, because a rule was changed."""
    session.execute(sa.delete(AlertLook), execution_options={"synchronize_session": False})


def look(session: Session, ids: Sequence[int], present: Present) -> None:
    """Raise, keep and end the alerts of these accounts."""
    pasts = past_of(
        session,
        ids,
        today=present.today,
        zone=present.facts.zone,
        days=[present.today],
        median=present.median,
    )
    standing: dict[int, dict[str, Alert]] = defaultdict(dict)
    alive = sa.select(Alert).where(Alert.account_id.in_(list(ids)), Alert.slot.is_not(None))
    for alert in session.scalars(alive.options(joinedload(Alert.task))):
        standing[alert.account_id][alert.slot] = alert
    for past in pasts.values():
        follow(session, past, standing[past.account_id], present)
    session.flush()
    note_look(session, ids, present.now)


def follow(session: Session, past: Past, standing: dict[str, Alert], present: Present) -> None:
    """Bring the alerts of one account in line with what holds today."""
    wanted = wanted_by(past, present)
    for slot, alert in standing.items():
        keep(alert, wanted.get(slot), present)
    session.flush()
    for slot, (setting, spell) in wanted.items():
        alert = standing.get(slot)
        if alert is None or alert.over_on is not None:
            raise_one(session, past, setting, spell, slot, present)


def wanted_by(past: Past, present: Present) -> dict[str, tuple[Setting, Spell]]:
    """What holds today by the rules that are on, by slot; nothing at an account that is lost."""
    found: dict[str, tuple[Setting, Spell]] = {}
    for key, setting in present.settings.items():
        if setting.is_on and not past.is_lost:
            for contact_id, spell in holding(setting.rule.find(past, setting.limits), past.today).items():
                found[slot_of(past.account_id, key, contact_id)] = (setting, spell)
    return found


def slot_of(account_id: int, rule: str, contact_id: int | None) -> str:
    return f"{account_id}:{rule}:{contact_id or ''}"


def keep(alert: Alert, found: tuple[Setting, Spell] | None, present: Present) -> None:
    """A condition that was false for a week is over; one that came back sooner was never away."""
    if alert.settled_at is None and alert.task is not None and alert.task.closed_at is not None:
        alert.settled_at, alert.settled_by = alert.task.closed_at, SYSTEM.name
    setting = present.settings.get(alert.rule)
    is_switched_off = setting is None or not setting.is_on
    if is_switched_off or (alert.quiet_since and present.today - alert.quiet_since >= QUIET):
        alert.over_on, alert.slot = present.today, None
    elif found is None:
        alert.quiet_since = alert.quiet_since or present.today
    else:
        alert.quiet_since = None
        alert.evidence = dict(found[1].evidence)


def raise_one(
    session: Session, past: Past, setting: Setting, spell: Spell, slot: str, present: Present
) -> Alert:
    rule = setting.rule
    alert = Alert(
        account_id=past.account_id,
        contact_id=spell.contact_id,
        rule=rule.key,
        slot=slot,
        severity=rule.severity_of(spell),
        evidence=dict(spell.evidence),
        began_on=spell.start,
        raised_at=present.now,
        task_id=spell.task_id or answering(past, rule, spell),
    )
    session.add(alert)
    if alert.task_id in {chore.id for chore in past.chores if chore.closed_on}:
        alert.settled_at, alert.settled_by = present.now, SYSTEM.name
    if setting.opens_task and rule.opens is Opens.CHOICE and alert.task_id is None:
        is_news = spell.start >= present.today - STILL_NEWS
        if is_news and present.facts.is_live and present.may_open(rule):
            present.opens(rule)
            alert.task = task_for(session, past, setting, spell, present)
    return alert


def answering(past: Past, rule: Rule, spell: Spell) -> int | None:
    """The follow-up that was opened with the answer."""
    kind = ANSWERED_BY.get(rule.key)
    mine = (
        c
        for c in past.chores
        if c.kind == kind and c.contact_id == spell.contact_id and c.opened_on >= spell.start
    )
    return max((chore.id for chore in mine), default=None)


def task_for(session: Session, past: Past, setting: Setting, spell: Spell, present: Present) -> Task:
    """The follow-up about trouble that is open already, else a new one."""
    known = open_trouble(session, past.account_id) if setting.rule.kind is Kind.RISK else None
    return known or open_task(
        session,
        session.get_one(Account, past.account_id),
        reason=words.sentence(setting.rule.key, spell.evidence),
        role=past.role(spell.contact_id) or ContactRole.OTHER,
        contact_id=spell.contact_id,
        touch_days=setting.touch_days,
        facts=present.facts,
        now=present.now,
    )


def open_task(
    session: Session,
    account: Account,
    *,
    reason: str,
    role: str,
    contact_id: int | None,
    touch_days: int,
    facts: Installation,
    now: datetime,
    by: str = BY,
) -> Task:
    person = Person(ContactRole(role), account.tier)
    clocks = Clocks(touch_days={TaskKind.ALERT: touch_days})
    due = triggers.due(TaskKind.ALERT, reason, person, week=facts.work_week, now=now, clocks=clocks)
    return about_accounts.open_task(session, account, due, facts, contact_id=contact_id, by=by, now=now)


def note_look(session: Session, ids: Sequence[int], now: datetime) -> None:
    connection = session.connection()
    rows = [{"account_id": id, "at": now} for id in ids]
    insert = upserts.insert(connection.dialect.name, AlertLook)
    same = insert.on_conflict_do_update(
        index_elements=[AlertLook.account_id], set_={"at": insert.excluded.at}
    )
    connection.execute(same, rows)
