"""The words in which colleagues are told what happened on a follow-up, or what an alert says."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import format_date
from flask_babel import gettext as _

import config
from app.followups.models import Task
from app.health.alerting.models import Alert
from app.health.alerting.rules import RULES
from app.health.alerting.words import sentence
from app.integrations.models import Notice, NoticeKind


@dataclass(frozen=True)
class Told:
    """A thing that is told: in a line, in further lines, and where to look."""

    title: str
    lines: list[str]
    link: str


def of_notice(notice: Notice, settings: config.Settings) -> Told:
    """What a notice says, in the language in force."""
    base, task = settings.BASE_URL.rstrip("/"), notice.task
    if notice.alert is not None:
        return of_alert(notice, notice.alert, base)
    if task is None:
        return Told(_("This is how you will be told here."), [], f"{base}/settings/notices")
    title = title_of(notice.kind, who(task)) + standing_in(notice)
    return Told(title, lines_of(task), f"{base}/tasks/{task.id}")


def of_alert(notice: Notice, alert: Alert, base: str) -> Told:
    """In the words of the page of alerts."""
    rule = RULES.get(alert.rule)
    named = {"who": alert.account.name, "what": rule.label if rule else alert.rule}
    title = _("%(who)s: %(what)s", **named) + standing_in(notice)
    return Told(title, [sentence(alert.rule, alert.evidence)], f"{base}/accounts/{alert.account_id}#alerts")


def standing_in(notice: Notice) -> str:
    """For whom the reader stands in, behind the title."""
    if notice.for_staff is None:
        return ""
    return f" ({_('for %(name)s', name=notice.for_staff.display_name)})"


def title_of(kind: NoticeKind, name: str) -> str:
    return {
        NoticeKind.KEY_DETRACTOR: lambda: _("%(who)s is unhappy, and has a say", who=name),
        NoticeKind.REPLY: lambda: _("%(who)s wrote and waits for an answer", who=name),
        NoticeKind.ESCALATED: lambda: _("Far past its time: %(who)s", who=name),
        NoticeKind.OVERDUE: lambda: _("Past its time: %(who)s", who=name),
        NoticeKind.HANDED_OVER: lambda: _("Yours from now on: %(who)s", who=name),
        NoticeKind.ALERT: lambda: name,
        NoticeKind.TRIAL: lambda: name,
    }[kind]()


def lines_of(task: Task) -> list[str]:
    """Why there is something to do, and by when."""
    due = task.due_at if task.first_touched_at else task.first_touch_due_at
    return [task.reason, _("Due %(day)s", day=format_date(due, "full"))]


def who(task: Task) -> str:
    """The person and the account, as far as they are known."""
    name = task.contact.name if task.contact else ""
    return f"{name}, {task.account.name}" if name else task.account.name


def footer(settings: config.Settings) -> str:
    link = f"{settings.BASE_URL.rstrip('/')}/settings/notices"
    return _("You choose what you are told, and how: %(link)s", link=link)
