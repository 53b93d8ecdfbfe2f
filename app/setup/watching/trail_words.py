"""What the lines of the audit trail are called on its page, and where their subjects are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.core.audit import AuditEvent

ACTIONS = {
    "absence.ended": _l("Absence ended"),
    "absence.entered": _l("Absence entered"),
    "account.add": _l("Account added"),
    "account.adoption": _l("Adoption told"),
    "account.change": _l("Account changed"),
    "account.goal": _l("Goal set"),
    "account.merge": _l("Accounts merged"),
    "account.override": _l("Score set by hand"),
    "account.override_end": _l("Score set by hand taken back"),
    "account.pulse": _l("Pulse given"),
    "contact.merge": _l("Two rows of one person merged"),
    "account.touch": _l("Conversation logged"),
    "accounts.import": _l("Accounts imported"),
    "allow_list.changed": _l("Allow list changed"),
    "alert.follow_up": _l("Follow-up opened on an alert"),
    "alert.settle": _l("Alert settled"),
    "alert.snooze": _l("Alert put aside"),
    "alert.wake": _l("Alert taken up again"),
    "alerts.rule": _l("Rule of alerts changed"),
    "annotation.add": _l("Day noted in the reports"),
    "annotation.remove": _l("Note of a day taken away"),
    "backup.made": _l("Backup made"),
    "contact.add": _l("Person added"),
    "contact.change": _l("Person changed"),
    "contact.erase": _l("Person erased"),
    "contact.left": _l("Person left"),
    "contact.overrule": _l("Person made askable"),
    "contact.resubscribe": _l("Person wants to be asked again"),
    "contact.returned": _l("Person is back"),
    "contact.skip_ended": _l("Skip ended"),
    "contact.skipped": _l("Person skipped"),
    "contact.unsubscribe": _l("Person unsubscribed"),
    "contact.wishes": _l("Person said how to be asked"),
    "contacts.filled": _l("Languages and zones set"),
    "contacts.import": _l("People imported"),
    "demo.loaded": _l("Demo company loaded"),
    "demo.removed": _l("Demo company removed"),
    "inbound.assign": _l("Incoming mail given to a person"),
    "favour.accepted": _l("Customer agreed to a favour"),
    "favour.declined": _l("Customer would rather not do a favour"),
    "favour.fulfilled": _l("Favour done"),
    "favour.asked": _l("Asked for a favour"),
    "favours.offered": _l("Favours to ask for chosen"),
    "followups.changed": _l("Manner of following up changed"),
    "followups.owners": _l("Rules of owners changed"),
    "handover.approve": _l("Word of somebody asked taken as true"),
    "handover.refuse": _l("Word of somebody asked left as it was"),
    "improvement.mail_undone": _l("Mails about an improvement stopped"),
    "improvement.mailed": _l("Improvement told by mail"),
    "improvement.removed": _l("Improvement told no more"),
    "improvement.written": _l("Improvement told on thank-you pages"),
    "inbound.dismiss": _l("Incoming mail let go"),
    "inbound.retry": _l("Incoming mail read again"),
    "installation.changed": _l("Installation changed"),
    "installation.live": _l("Went live"),
    "installation.released": _l("Copy let send"),
    "language.address": _l("Form of address chosen"),
    "look.changed": _l("Look changed"),
    "job.retry": _l("Failed job tried again"),
    "invitation.counted_as_sent": _l("Mail in doubt counted as sent"),
    "invitation.sent_again": _l("Mail sent once more"),
    "key.add": _l("API key made"),
    "key.revoke": _l("API key revoked"),
    "notices.chat": _l("Place of notices in a chat chosen"),
    "password.changed": _l("Password changed"),
    "password.given": _l("New password given"),
    "playbook.begun": _l("Playbook begun"),
    "playbook.written": _l("Playbook written"),
    "playbooks.usual": _l("Usual playbooks added"),
    "program.added": _l("Program added"),
    "program.changed": _l("Program changed"),
    "readings.all": _l("Looked what reading all comments again would change"),
    "readings.read": _l("Comments read again"),
    "readings.sample": _l("Looked what reading some comments again would change"),
    "readings.stop": _l("Reading again stopped"),
    "reference.private": _l("Reference not to be quoted"),
    "reference.quotable": _l("Reference may be quoted"),
    "reference.used": _l("Reference called upon"),
    "response.review": _l("Answer reviewed"),
    "report.freeze": _l("Report frozen"),
    "report.link": _l("Link to a frozen report made"),
    "report.link_revoke": _l("Link to a frozen report revoked"),
    "report.throw_away": _l("Frozen report thrown away"),
    "report.view": _l("View of a report kept for all"),
    "report.view_remove": _l("View of a report taken away"),
    "scores.parameters": _l("Parameters of the scores changed"),
    "response.label": _l("Reading of a comment corrected"),
    "response.label_undo": _l("Correction of a reading taken back"),
    "segment.added": _l("Segment added"),
    "segment.changed": _l("Segment changed"),
    "segment.removed": _l("Segment removed"),
    "stages.changed": _l("Stages of the customer journey changed"),
    "survey.added": _l("Survey added"),
    "survey.archived": _l("Survey archived"),
    "survey.changed": _l("Survey changed: a new version is asked"),
    "survey.draft": _l("Draft of a survey begun"),
    "survey.language": _l("Survey in another language"),
    "survey.restored": _l("Survey taken out of the archive"),
    "session.ended": _l("Sessions ended"),
    "setup.alone": _l("Works alone"),
    "sign_in": _l("Signed in"),
    "sign_in.failed": _l("Sign-in failed"),
    "sign_out": _l("Signed out"),
    "staff.add": _l("Member of staff added"),
    "staff.disable": _l("Member of staff disabled"),
    "staff.enable": _l("Member of staff let in again"),
    "staff.role": _l("Role changed"),
    "survey.seen": _l("Survey looked at"),
    "task.change": _l("Task changed"),
    "task.close": _l("Task closed"),
    "task.mail": _l("Mail written on a task"),
    "task.mail_undone": _l("Mail on a task stopped"),
    "task.mails_undone": _l("Mails on several tasks stopped"),
    "task.no_answer_needed": _l("Reply needs no answer"),
    "task.wish": _l("Wish sized"),
    "task.owner": _l("Task given to somebody"),
    "task.reopen": _l("Task opened again"),
    "task.undo": _l("Act on a task taken back"),
    "test_mail.confirmed": _l("Test mail confirmed"),
    "test_mail.sent": _l("Test mail sent"),
    "translation.approved": _l("Translation approved"),
    "translation.corrected": _l("Sentence corrected"),
    "wave.cancelled": _l("Wave cancelled"),
    "wave.launched": _l("Wave launched"),
    "wave.paused": _l("Wave paused"),
    "wave.resumed": _l("Wave resumed"),
    "wave.stopped": _l("Wave paused by itself"),
    "wave.undone": _l("Wave undone"),
    "webhook.add": _l("Webhook entered"),
    "webhook.change": _l("Webhook changed"),
    "webhook.off": _l("Webhook switched off"),
    "webhook.on": _l("Webhook switched on"),
    "webhook.remove": _l("Webhook taken away"),
    "webhook.rotate": _l("Webhook given another secret"),
    "theme.change": _l("Theme changed"),
    "theme.create": _l("Theme added"),
    "theme.phrase": _l("Suggested phrase taken into a theme"),
    "theme.retire": _l("Theme retired"),
    "theme.use": _l("Theme used again"),
}
KINDS = {
    "staff": _l("here"),
    "visitor": _l("somebody not signed in"),
    "key": _l("the API"),
    "command": _l("the command line"),
    "system": _l("JustAsk itself"),
    "contact": _l("a survey link"),
}
SUBJECTS = {
    "account": (_l("account %(id)s"), "contacts.account", "account_id"),
    "contact": (_l("person %(id)s"), "contacts.contact", "contact_id"),
    "task": (_l("task %(id)s"), "followups.task_page", "task_id"),
    "program": (_l("program %(id)s"), "surveys.program", "program_id"),
    "wave": (_l("wave %(id)s"), "delivery.wave", "wave_id"),
    "staff": (_l("member of staff %(id)s"), "auth.staff_member", "id"),
    "key": (_l("API key %(id)s"), None, None),
    "invitation": (_l("ask %(id)s"), None, None),
    "mail": (_l("incoming mail %(id)s"), None, None),
    "language": (_l("language %(id)s"), None, None),
    "response": (_l("answer %(id)s"), None, None),
    "theme": (_l("theme %(id)s"), "reports.theme", "theme_id"),
    "webhook": (_l("webhook %(id)s"), "webhooks.show", "id"),
}


def what(row: AuditEvent) -> str:
    """The action in words; one that is not known here as it was written."""
    return str(ACTIONS.get(row.action, row.action.replace(".", ": ").replace("_", " ")))


def details(row: AuditEvent) -> str:
    """What was noted beside it, as name and value."""
    return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in flat(row.details or {}))


def flat(told: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in told.items():
        if isinstance(value, Mapping):
            yield from flat(value)
        elif value not in (None, "", [], {}):
            yield name, value


def subject(written: str | None) -> str:
    """Whom or what it was about: "wave:3" is wave 3."""
    kind, _colon, id = (written or "").partition(":")
    words = SUBJECTS.get(kind)
    return str(words[0]) % {"id": id} if words else written or ""


def address(written: str | None) -> str | None:
    """The page on which the subject is looked at; None where there is none. It may be gone by now."""
    kind, _colon, id = (written or "").partition(":")
    _words, endpoint, argument = SUBJECTS.get(kind, (None, None, None))
    return url_for(endpoint, **{argument: int(id)}) if endpoint and id.isdigit() else None
