"""From rows to facts: everything the formulas may know about some accounts, in one query per table.

Days are the installation's. Rehearsals do not exist here; an answer that may be automatic and was not reviewed counts
as taking part but not as an opinion, and one that a review found to be a machine's not at all. Adoption is the one fact
that is measured elsewhere and told to us.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Account, AccountStage, Contact, DatedRole, Goal
from app.core.clock import day_of
from app.delivery.models import Invitation, InvitationState
from app.followups.models import Task, Touch
from app.health.facts import AccountFacts, Ask, FollowUp, Person, Usage
from app.health.formula import stage_on
from app.health.models import Adoption
from app.health.parameters import V1, FormulaSet
from app.responses.models import Response

CLOSED = (InvitationState.ANSWERED, InvitationState.DECLINED, InvitationState.SILENT)


def gather(
    session: Session, account_ids: Sequence[int], *, as_of: date, zone: ZoneInfo, formula: FormulaSet = V1
) -> dict[int, AccountFacts]:
    """The facts of each account on the day `as_of`, by account id."""
    ids = list(account_ids)
    accounts = {
        account.id: account for account in session.scalars(sa.select(Account).where(Account.id.in_(ids)))
    }
    people = people_of(session, ids, as_of, zone)
    follow_ups = follow_ups_of(session, ids, zone)
    usage = usage_of(session, ids, as_of)
    stages = grouped(
        session,
        sa.select(AccountStage.account_id, AccountStage.stage, AccountStage.from_on).where(
            AccountStage.account_id.in_(ids)
        ),
    )
    return {
        id: AccountFacts(
            as_of=as_of,
            started_on=account.started_on,
            people=tuple(people[id]),
            follow_ups=tuple(follow_ups[id]),
            usage=usage.get(id),
            stage=stage_on(
                as_of,
                [(str(stage), day) for stage, day in stages[id] if stage != "lost"],
                account.renewal_on,
                formula,
            ),
            tier=account.tier,
        )
        for id, account in accounts.items()
    }


def grouped(session: Session, query: sa.Select) -> dict[int, list[tuple]]:
    """Rows by their first column."""
    found: dict[int, list[tuple]] = defaultdict(list)
    for key, *rest in session.execute(query):
        found[key].append(tuple(rest))
    return found


def people_of(session: Session, ids: list[int], as_of: date, zone: ZoneInfo) -> dict[int, list[Person]]:
    """The people of each account with their asks and touches, in the role they held on the day."""
    mine = sa.and_(Contact.account_id.in_(ids), Contact.not_askable.is_(None), Contact.erased_at.is_(None))
    query = sa.select(
        Contact.id, Contact.account_id, Contact.role, Contact.left_on, Contact.created_at
    ).where(mine)
    rows = list(session.execute(query.order_by(Contact.id)))
    roles = grouped(
        session,
        sa.select(DatedRole.contact_id, DatedRole.role, DatedRole.from_on)
        .join(Contact, Contact.id == DatedRole.contact_id)
        .where(mine),
    )
    asks, touches, goals = (
        asks_of(session, ids, zone),
        touches_of(session, ids, zone),
        goal_changes_of(session, ids),
    )
    found: dict[int, list[Person]] = defaultdict(list)
    for row in rows:
        dated = sorted(roles[row.id], key=lambda role: role[1])
        shared = touches[row.account_id, None] if not found[row.account_id] else ()
        found[row.account_id].append(
            Person(
                id=row.id,
                role=role_on(as_of, dated, row.role),
                asks=tuple(asks[row.id]),
                touches=tuple(touches[row.account_id, row.id]) + tuple(shared),
                goal_changes=tuple(goals[row.account_id]),
                known_on=dated[0][1] if dated else day_of(row.created_at, zone),
                left_on=row.left_on,
            )
        )
    return found


def role_on(day: date, dated: list[tuple], present: str) -> str:
    """The role held on a day: the last that had begun, else the first that did."""
    begun = [role for role, from_on in dated if from_on <= day]
    if begun:
        return str(begun[-1])
    return str(dated[0][0] if dated else present)


def asks_of(session: Session, ids: list[int], zone: ZoneInfo) -> dict[int, list[Ask]]:
    """The closed asks of each contact."""
    query = (
        sa.select(*ASK)
        .outerjoin(
            Response, sa.and_(Response.invitation_id == Invitation.id, Response.dismissed_at.is_(None))
        )
        .where(
            Invitation.account_id.in_(ids), Invitation.is_rehearsal.is_(False), Invitation.state.in_(CLOSED)
        )
        .order_by(Invitation.id)
    )
    found: dict[int, list[Ask]] = defaultdict(list)
    for row in session.execute(query):
        found[row.contact_id].append(ask_of(row, zone))
    return found


def ask_of(row: sa.Row, zone: ZoneInfo) -> Ask:
    """One ask, with what was said where that counts. A silence of somebody who was away is none."""
    unanswered_at = (None if row.is_auto_reply else row.silent_at) or row.declined_at
    unanswered_on = day_of(unanswered_at, zone) if unanswered_at else None
    if row.day is None:
        return Ask(id=row.id, unanswered_on=unanswered_on)
    is_said = not row.is_rehearsal and (not row.is_maybe_automatic or row.reviewed_at is not None)
    return Ask(
        id=row.id,
        answered_on=row.day,
        unanswered_on=unanswered_on,
        ltr=row.score if is_said else None,
        overall=row.value_overall if is_said else None,
        goal=row.value_goal if is_said else None,
        ease=row.value_ease if is_said else None,
    )


ASK = (
    *(Invitation.id, Invitation.contact_id, Invitation.is_auto_reply),
    *(Invitation.silent_at, Invitation.declined_at),
    *(Response.day, Response.is_rehearsal, Response.is_maybe_automatic, Response.reviewed_at),
    *(Response.score, Response.value_overall, Response.value_goal, Response.value_ease),
)


def touches_of(session: Session, ids: list[int], zone: ZoneInfo) -> dict[tuple[int, int | None], list[date]]:
    """The days of two-way touches by account and contact; those with nobody named stand under None."""
    query = sa.select(Touch.account_id, Touch.contact_id, Touch.at).where(
        Touch.account_id.in_(ids), Touch.is_two_way
    )
    found: dict[tuple[int, int | None], list[date]] = defaultdict(list)
    for account_id, contact_id, at in session.execute(query):
        found[account_id, contact_id].append(day_of(at, zone))
    return found


def goal_changes_of(session: Session, ids: list[int]) -> dict[int, list[date]]:
    """The days on which the goal of an account became another one; the first goal changes nothing."""
    query = (
        sa.select(Goal.account_id, Goal.from_on)
        .where(Goal.account_id.in_(ids))
        .order_by(Goal.from_on, Goal.id)
    )
    return defaultdict(
        list, {id: [day for (day,) in rows[1:]] for id, rows in grouped(session, query).items()}
    )


def follow_ups_of(session: Session, ids: list[int], zone: ZoneInfo) -> dict[int, list[FollowUp]]:
    """What was promised to each account, by the day due and the day kept."""
    query = sa.select(Task.account_id, Task.due_at, Task.closed_at).where(
        Task.account_id.in_(ids), Task.is_rehearsal.is_(False)
    )
    rows = grouped(session, query.order_by(Task.id))
    kept = {
        id: [FollowUp(day_of(due, zone), day_of(closed, zone) if closed else None) for due, closed in found]
        for id, found in rows.items()
    }
    return defaultdict(list, kept)


def usage_of(session: Session, ids: Iterable[int], as_of: date) -> dict[int, Usage]:
    """The newest Adoption of each account that was true on or before the day."""
    query = sa.select(Adoption.account_id, Adoption.score, Adoption.as_of).where(
        Adoption.account_id.in_(ids), Adoption.as_of <= as_of
    )
    return {id: Usage(score, day) for id, score, day in session.execute(query.order_by(Adoption.as_of))}
