"""The seven steps of setting up, each with its state, derived from what is in the database, and the reason in words.

Nothing is ticked off by hand but that somebody works alone: a step is done when what it is for exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

import config
from app.auth.models import Role, RoleName, Staff, staff_roles
from app.contacts.models import Account, Contact, ContactStatus
from app.core.audit import AuditEvent
from app.core.installation import Installation, installation
from app.delivery.models import Invitation, Wave
from app.demo.company.companies import OUR_NAME
from app.setup import going_live
from app.setup.going_live import Blocker
from app.surveys.models import Program, ProgramKind

ALONE, SEEN = "works_alone", "survey_seen_at"
WORKERS = (RoleName.CSM.value, RoleName.MANAGER.value, RoleName.ADMIN.value)


class State(StrEnum):
    DONE = "done"
    TO_DO = "to_do"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Step:
    """One step: `reason` says why it is in its state, `action` with `endpoint` is what to do next."""

    key: str
    title: str
    meaning: str
    state: State
    reason: str
    action: str
    endpoint: str

    @property
    def is_done(self) -> bool:
        return self.state is State.DONE


@dataclass(frozen=True)
class Facts:
    """What the states are derived from; the demo company counts for nothing."""

    row: Installation
    blockers: Sequence[Blocker]
    staff: int
    has_own_admin: bool
    accounts: int
    people: int
    without_owner: int
    programs: int
    wave: sa.Row | None
    waiting_wave: str | None
    was_rehearsed: bool

    def blocker(self, *codes: str) -> Blocker | None:
        return next((b for b in self.blockers if b.code in codes), None)


def facts(session: Session, settings: config.Settings, *, now: datetime) -> Facts:
    def count(model, *where) -> int:
        return session.scalar(sa.select(sa.func.count()).select_from(model).where(*where))

    own_account = Account.is_demo.is_(False)
    own_people = (Contact.is_demo.is_(False), Contact.status != ContactStatus.ERASED)
    return Facts(
        row=installation(session),
        blockers=going_live.blockers(session, settings, now=now),
        staff=own_staff(session),
        has_own_admin=going_live.has_own_admin(session),
        accounts=count(Account, own_account),
        people=count(Contact, *own_people),
        without_owner=count(Account, own_account, Account.owner_id.is_(None)),
        programs=count(Program, Program.is_demo.is_(False), Program.kind != ProgramKind.MANUAL),
        wave=last_sent_wave(session),
        waiting_wave=session.scalar(
            sa.select(Wave.name).where(Wave.is_demo.is_(False)).order_by(Wave.id.desc()).limit(1)
        ),
        was_rehearsed=was_rehearsed(session),
    )


def own_staff(session: Session) -> int:
    """How many people of your own can sign in and work here; viewers only read."""
    working = sa.select(sa.func.count(sa.distinct(Staff.id))).join(staff_roles).join(Role)
    is_own = (Staff.active, Staff.is_demo.is_(False), Staff.password.is_not(None))
    return session.scalar(working.where(*is_own, Role.name.in_(WORKERS)))


def last_sent_wave(session: Session) -> sa.Row | None:
    """The last wave of your own of which a mail left: its name, how many, and when."""
    sent = sa.func.count(Invitation.id)
    return session.execute(
        sa.select(Wave.name, sent.label("people"), sa.func.max(Invitation.sent_at).label("sent_at"))
        .join(Invitation, Invitation.wave_id == Wave.id)
        .where(Wave.is_demo.is_(False), Invitation.sent_at.is_not(None))
        .group_by(Wave.id, Wave.name)
        .order_by(Wave.id.desc())
        .limit(1)
    ).first()


def was_rehearsed(session: Session) -> bool:
    """Whether going live took rehearsal waves away: then there was a first wave, though nothing is left of it."""
    wanted = sa.select(AuditEvent.details).where(AuditEvent.action == "installation.live")
    found = session.scalars(wanted.order_by(AuditEvent.id.desc()).limit(5))
    return any((details.get("gone") or {}).get("rehearsal_waves") for details in found)


def steps(found: Facts) -> list[Step]:
    """All seven, in their order."""
    return [
        company(found),
        mail(found),
        staff(found),
        imports(found),
        survey(found),
        wave(found),
        live(found),
    ]


def are_done(found: Facts) -> bool:
    return all(step.is_done for step in steps(found))


def finish(session: Session, settings: config.Settings, *, now: datetime) -> bool:
    """Note when the last step was done, in the caller's transaction; whether that was now. Then the entry leaves."""
    row = installation(session)
    if row.setup_done_at is not None or not row.is_live:
        return False
    session.flush()
    if not are_done(facts(session, settings, now=now)):
        return False
    row.setup_done_at = now
    return True


def company(found: Facts) -> Step:
    row = found.row
    if not row.company or row.company == OUR_NAME:
        state, reason = State.TO_DO, _("The company has no name of its own yet.")
    elif "zone_chosen" not in row.setup:
        state, reason = State.TO_DO, _("Nobody has looked at time zone and working hours yet.")
    elif found.without_owner and row.default_owner_id is None:
        state = State.TO_DO
        reason = ngettext(
            "%(num)s account has no owner, and nobody stands in: its follow-ups would lie with nobody.",
            "%(num)s accounts have no owner, and nobody stands in: their follow-ups would lie with nobody.",
            found.without_owner,
        )
    else:
        state, reason = State.DONE, _("%(company)s, %(zone)s.", company=row.company, zone=row.time_zone)
    return Step(
        "company",
        _("Company and zone"),
        _("Mails name the company. Days and working hours are counted in its zone."),
        state,
        reason,
        _("Fill it in"),
        "setup.installation",
    )


def mail(found: Facts) -> Step:
    missing = found.blocker("base_url", "test_mail")
    return Step(
        "mail",
        _("Mail"),
        _("Through which server mail leaves, and whether it arrives."),
        State.TO_DO if missing else State.DONE,
        missing.words
        if missing
        else _("A test mail arrived, and links lead to an address customers can open."),
        _("Set up and test mail"),
        "setup.mail",
    )


def staff(found: Facts) -> Step:
    if not found.has_own_admin:
        reason = _(
            "Nobody of your own can administer this yet: the present sign-ins go with the demo company."
        )
        state = State.TO_DO
    elif found.staff >= 2:
        state = State.DONE
        reason = ngettext("%(num)s person works here.", "%(num)s people work here.", found.staff)
    elif found.row.setup.get(ALONE):
        state, reason = State.DONE, _("You work alone; add people whenever you like.")
    else:
        state, reason = State.TO_DO, _("You are the only one who can work here.")
    return Step(
        "staff",
        _("Staff"),
        _("Follow-ups go to people: customer success managers, managers, another administrator."),
        state,
        reason,
        _("Add somebody"),
        "auth.new_staff",
    )


def imports(found: Facts) -> Step:
    state, reason = State.TO_DO, _("There are no accounts and no people of your own yet.")
    if found.accounts and found.people:
        accounts = ngettext("%(num)s account", "%(num)s accounts", found.accounts)
        people = ngettext("%(num)s person", "%(num)s people", found.people)
        state, reason = State.DONE, _("%(accounts)s and %(people)s.", accounts=accounts, people=people)
    elif found.accounts:
        reason = _("There are accounts, but nobody at them who could be asked.")
    return Step(
        "import",
        _("Accounts and people"),
        _("Who your customers are, from a CSV file of your CRM."),
        state,
        reason,
        _("Import a file"),
        "imports.index",
    )


def survey(found: Facts) -> Step:
    seen = found.row.setup.get(SEEN)
    return Step(
        "survey",
        _("See the survey yourself"),
        _("The page and the mail as customers get them. Answering here has no effect."),
        State.DONE if seen else State.TO_DO,
        _("You have seen it.") if seen else _("Nobody here has looked at it yet."),
        _("Open the survey"),
        "",
    )


def wave(found: Facts) -> Step:
    if found.wave:
        people = ngettext("%(num)s person", "%(num)s people", found.wave.people)
        state, reason = State.DONE, _("%(wave)s went to %(people)s.", wave=found.wave.name, people=people)
    elif found.was_rehearsed:
        state, reason = State.DONE, _("You rehearsed before going live.")
    elif not found.people:
        state, reason = State.BLOCKED, _("There is nobody of your own to ask yet: import people first.")
    elif found.waiting_wave:
        state, reason = (
            State.TO_DO,
            _("%(wave)s is launched, but no mail of it has left.", wave=found.waiting_wave),
        )
    elif found.programs:
        state, reason = State.TO_DO, _("There is a program, but nothing was sent yet.")
    else:
        state, reason = State.TO_DO, _("No program of your own yet.")
    return Step(
        "wave",
        _("First small wave"),
        _("A program for a few people, colleagues first: put them on the list of those whom mail may reach."),
        state,
        reason,
        _("To the programs") if found.programs else _("Make a program"),
        "surveys.programs" if found.programs else "surveys.new_program",
    )


def live(found: Facts) -> Step:
    stuck, all_of_it = [b for b in found.blockers if b.code != "demo_data"], len(found.blockers)
    if found.row.is_live:
        state, reason = State.DONE, _("This installation is live.")
    elif stuck:
        state = State.BLOCKED
        reason = ngettext("%(num)s thing stands in the way.", "%(num)s things stand in the way.", all_of_it)
    elif found.blockers:
        state, reason = State.TO_DO, _("Only the demo company is still here; it can go with the step.")
    else:
        state, reason = State.TO_DO, _("Nothing stands in the way.")
    return Step(
        "live",
        _("Go live"),
        _("From then on mail reaches customers, and answers count."),
        state,
        reason,
        _("See what is missing") if stuck else _("Go live"),
        "setup.live",
    )
