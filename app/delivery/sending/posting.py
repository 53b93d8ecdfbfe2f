"""Putting mails into the outbox: words and values are frozen here, before the first try.

What many people get alike is one letter, found again by its digest; a row holds a person's own values. Neither holds
a usable link: the token is filled in at sending.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parseaddr
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from app.auth.models import Staff
from app.contacts.models import Contact
from app.core import clock, outbox_rows
from app.core.installation import installation
from app.core.outbox import Letter
from app.delivery import invitations, letters
from app.delivery.invitations import Move
from app.delivery.mail.compiling import Sender, Wording, new_message_id
from app.delivery.models import FirstAsk, Invitation, InvitationState, Reminder, Wave, WaveState
from app.delivery.sending.addressees import ADDRESSEES, Addressee
from app.delivery.timing.last_look import LastLook
from app.surveys import rules

INVITATION, REMINDER, STAFF, TRIAL = "invitation", "reminder", "staff", "trial"
TOLD = "told"  # What came of an answer; asks nothing.
CASE = "case"  # What a colleague wrote to somebody on the page of a follow-up.
OF_ASKS = frozenset(
    {INVITATION, REMINDER, TOLD}
)  # Their refs begin with an invitation, whose link they carry.


def group_of(wave_id: int) -> str:
    """The outbox group of a wave's mails."""
    return f"wave:{wave_id}"


def ref_of(invitation_id: int, number: int = 0) -> str:
    """What a row is about: an invitation, or its reminder of that number."""
    return f"{invitation_id}:{number}" if number else str(invitation_id)


@lru_cache(maxsize=1024)
def invitation_id_of(ref: str) -> int:
    return int(ref.partition(":")[0])


def queue_due(session: Session, settings: config.Settings, *, now: datetime) -> Iterator[int]:
    """Put the first mails of all asks that are due into the outbox; yields after each chunk, for a commit.

    An ask is due when its own moment has come (that of its wave if it has none) and its wave sends, to all or to its
    first people. A person whose address is gone by then is not asked, and everybody is looked at once more.
    """
    due = (
        Invitation.state == InvitationState.PLANNED,
        Wave.state == WaveState.SENDING,
        sa.or_(Wave.first_people.is_(None), Invitation.id.in_(sa.select(FirstAsk.invitation_id))),
        sa.func.coalesce(Invitation.due_at, Wave.send_at) <= now,
    )
    gone = sa.select(Invitation.id).join(Contact).join(Wave).where(*due, Contact.email.is_(None))
    moves = [Move(number, InvitationState.CANCELLED, "no_address") for number in session.scalars(gone)]
    if moves:
        invitations.move(session, moves, now=now)
        yield 0
    due, look = ADDRESSEES.where(*due), LastLook(session, now)
    while people := [Addressee(*row) for row in session.execute(due)]:
        yield queue(session, settings, look.ready(people), now=now)


def queue(session: Session, settings: config.Settings, people: Sequence[Addressee], *, now: datetime) -> int:
    """Freeze the first mail of each of these people and let it wait for its turn; how many."""
    moves = [Move(person.invitation_id, InvitationState.QUEUED) for person in people]
    moved = invitations.move(session, moves, now=now)
    desk = Desk(session, settings, now)
    rows = [
        desk.row(
            INVITATION,
            ref_of(person.invitation_id),
            person,
            desk.invitation(person.wave_id, person.language, person.owner_id),
        )
        for person in people
        if person.invitation_id in moved
    ]
    outbox_rows.put(session, rows, now=now)
    return len(rows)


def queue_reminders(
    session: Session, settings: config.Settings, people: Sequence[Addressee], *, now: datetime
) -> None:
    """Freeze the next reminder of each of these people, who have one left."""
    desk = Desk(session, settings, now)
    rows, notes = [], []
    for person in people:
        is_last = person.reminders_left <= 1
        number = max(1, len(desk.rules(person.wave_id).reminder_days) - person.reminders_left + 1)
        letter = desk.reminder(person.wave_id, person.language, is_last, person.owner_id)
        day = letters.day_in_words(clock.day_of(person.closes_at, desk.zone), person.language)
        rows.append(desk.row(REMINDER, ref_of(person.invitation_id, number), person, letter, closes_on=day))
        notes.append({"invitation_id": person.invitation_id, "number": number, "queued_at": now})
    outbox_rows.put(session, rows, now=now)
    outbox_rows.insert_new(session, Reminder.__table__, notes, key=["invitation_id", "number"])


def post(
    session: Session,
    settings: config.Settings,
    wording: Wording,
    *,
    kind: str,
    recipient: str,
    name: str = "",
    now: datetime,
) -> str:
    """Put one mail to a member of staff, or a test mail, into the outbox; its Message-ID.

    The words may hold a link that must not stay in the database: they are deleted once the mail is out.
    """
    desk = Desk(session, settings, now)
    message_id = new_message_id(desk.address)
    row = {
        "kind": kind,
        "ref": message_id.partition("@")[0],
        "recipient": recipient,
        "letter_id": desk.letter(wording, desk.sender),
        "values": {"name": name},
        "message_id": message_id,
        "due_at": now,
    }
    outbox_rows.put(session, [row], now=now)
    return message_id


class Desk:
    """Where letters are written; reads the company and each wave once."""

    def __init__(self, session: Session, settings: config.Settings, now: datetime):
        self.session, self.now = session, now
        facts = installation(session)
        self.zone, self.is_live = facts.zone, facts.is_live
        name, self.address = parseaddr(settings.MAIL_FROM)
        self.company = letters.company_of(facts, settings)
        own_name = "" if self.address.endswith("@justask.example") else name
        self.sender = Sender(own_name or facts.company or name, self.address)
        self.wave = cache(lambda wave_id: session.get_one(Wave, wave_id))
        self.rules = cache(lambda wave_id: rules.of(self.wave(wave_id).program))
        self.invitation = cache(self._invitation)
        self.reminder = cache(self._reminder)

    def row(self, kind: str, ref: str, person: Addressee, letter_id: int, **more: str) -> dict[str, Any]:
        """The outbox row of a survey mail."""
        return {
            "kind": kind,
            "ref": ref,
            "group": group_of(person.wave_id),
            "recipient": person.email,
            "letter_id": letter_id,
            "values": person.values | more,
            "message_id": new_message_id(self.address),
            "due_at": self.now,
        }

    def letter(self, wording: Wording, sender: Sender) -> int:
        """The id of the letter with these words; made when there is none."""
        headers = {
            "key": wording.key,
            "language": wording.language,
            "unsubscribe": list(wording.unsubscribe),
            "from": [sender.name, sender.address],
            "reply_to": sender.reply_to,
        }
        if wording.is_personal:
            headers |= {"is_personal": True, "answers": list(wording.answers)}
        parts = {"subject": wording.subject, "text": wording.text, "html": wording.html}
        same = json.dumps([headers, parts]).replace(wording.key, "")
        digest = hashlib.sha256(same.encode()).hexdigest()
        known = sa.select(Letter.id).where(Letter.digest == digest)
        found = self.session.scalar(known)
        if found is None:
            row = {"digest": digest, "headers": headers, "created_at": self.now} | parts
            outbox_rows.insert_new(self.session, Letter.__table__, [row], key=["digest"])
            found = self.session.scalar(known)
        return found

    def _invitation(self, wave_id: int, language: str, owner_id: int | None) -> int:
        person = self.person(wave_id, owner_id)
        return self._written(person, letters.invitation(self._ask(wave_id, language, person)))

    def _reminder(self, wave_id: int, language: str, is_last: bool, owner_id: int | None) -> int:
        person = self.person(wave_id, owner_id)
        ask = self._ask(wave_id, language, person)
        return self._written(person, letters.reminder(ask, is_last=is_last))

    def _ask(self, wave_id: int, language: str, person: Staff | None) -> letters.Ask:
        wave, name = self.wave(wave_id), person.name if person else ""
        return letters.ask_of(wave.program, wave.version, language, self.company, name)

    def person(self, wave_id: int, owner_id: int | None) -> Staff | None:
        """Who stands for the mails of a program: one for all, the account's owner while they work here, or nobody."""
        program = self.wave(wave_id).program
        person = self.session.get(Staff, owner_id) if program.is_from_owner and owner_id else program.sender
        return person if person and (person.active or not program.is_from_owner) else None

    def _written(self, person: Staff | None, wording: Wording) -> int:
        """Mails that a person stands for carry that person's name and get replies to them.

        The address stays ours, because the servers that may send for it are told in our own DNS (SPF, DMARC).
        """
        sender = self.sender_as(person.name, person.email) if person else self.sender
        return self.letter(wording, sender)

    def sender_as(self, name: str, reply_to: str) -> Sender:
        """Our address with a colleague's name before it."""
        shown = f"{name} ({self.company.name})" if self.company.name else name
        return Sender(shown, self.address, reply_to)


def wording_of(letter: Letter) -> Wording:
    """The words of a stored letter."""
    facts = letter.headers
    unsubscribe, answers = tuple(facts["unsubscribe"]), tuple(facts.get("answers", ()))
    words = (facts["key"], facts["language"], letter.subject, letter.text, letter.html)
    return Wording(*words, unsubscribe, answers, facts.get("is_personal", False))


def sender_of(letter: Letter) -> Sender:
    """Whose name a stored letter carries."""
    return Sender(*letter.headers["from"], letter.headers["reply_to"])
