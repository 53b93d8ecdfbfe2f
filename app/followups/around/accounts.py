"""Opening a follow-up about an account as a whole, of which no single answer is the reason."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.contacts.models import Account, ContactRole
from app.core.clock import day_of
from app.core.installation import Installation
from app.followups.company.owners import owner_for
from app.followups.conversation.replies import owner_of
from app.followups.models import Task, TaskChange, TaskState
from app.followups.triggers import Due


def open_task(
    session: Session,
    account: Account,
    due: Due,
    facts: Installation,
    *,
    by: str,
    now: datetime,
    contact_id: int | None = None,
) -> Task:
    """A follow-up with its first state, of whoever the company's rules name, else of the account's owner."""
    about = {"kind": due.kind, "tier": account.tier, "role": ContactRole.OTHER}
    usual, today = owner_of(session, account.id), day_of(now, facts.zone)
    task = Task(
        kind=due.kind,
        account_id=account.id,
        contact_id=contact_id,
        owner_id=owner_for(session.connection(), facts.followups, usual=usual, today=today, **about),
        priority=due.priority,
        reason=due.reason,
        state=TaskState.NEW,
        opened_at=now,
        first_touch_due_at=due.first_touch_due_at,
        due_at=due.due_at,
        is_rehearsal=not facts.is_live,
    )
    task.states.append(TaskChange(state=TaskState.NEW, at=now, by=by))
    session.add(task)
    session.flush()
    return task
