"""From rehearsal to live: what stands in the way, and the step itself.

Page, command and API call the same two functions. What was only for trying out is listed before and deleted with the
step, in its transaction. The demo company goes only when that was said explicitly, since it is a blocker otherwise.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

import config
from app.auth import people
from app.auth.models import Staff
from app.contacts.models import Account
from app.core import audit
from app.core.audit import SYSTEM, Actor
from app.core.errors import Invalid, Refused
from app.core.installation import Installation, installation
from app.core.processes.workers import is_worker_alive
from app.delivery.mail.mailer import MAILBOX, mailbox
from app.setup import removal
from app.setup.removal import Remains

PHRASE = "go live"


@dataclass(frozen=True)
class Blocker:
    """One thing that stands in the way: `words` say what, `fix` says how it is put right."""

    code: str
    words: str
    fix: str


def blockers(
    session: Session, settings: config.Settings, *, now: datetime, remove_demo: bool = False
) -> list[Blocker]:
    """Everything that stands in the way of going live. `remove_demo`: the demo company is to go with it."""
    row = installation(session)
    found = [address_blocker(settings), mail_blocker(row, settings)]
    if not is_worker_alive(session, now=now):
        found.append(
            Blocker(
                "worker",
                _("The worker gives no sign of life, so nothing would be sent."),
                _("Start it with justask serve, or with justask worker where the web server runs elsewhere."),
            )
        )
    if removal.remains(session).has_demo:
        found += demo_blockers(session, remove_demo=remove_demo)
    return [blocker for blocker in found if blocker is not None]


def address_blocker(settings: config.Settings) -> Blocker | None:
    """A link that no customer can open, or one that travels in the clear."""
    url = settings.BASE_URL
    if settings.base_url_is_local:
        words = _("The address of every link, %(url)s, opens only on this machine.", url=url)
        fix = _("Set JUSTASK_BASE_URL to the https address under which customers reach JustAsk.")
    elif not settings.is_https:
        words = _(
            "The address of every link, %(url)s, is not https, so answers could be read on the way.", url=url
        )
        fix = _("Put a web server with a certificate in front and let JUSTASK_BASE_URL begin with https://.")
    else:
        return None
    return Blocker("base_url", words, f"{fix} {_('Then start JustAsk again.')}")


def mail_blocker(row: Installation, settings: config.Settings) -> Blocker | None:
    """No server, no confirmed test mail, or one that went through another server than the present one."""
    fix = _("Send a test mail on the set-up page, under Mail, and press the button in it.")
    if settings.MAIL_URL.startswith(MAILBOX):
        words = _("No mail server is set, so every mail stays in the mailbox page.")
        fix = f"{_('Set the server on the set-up page, under Mail, which shows the lines for it.')} {fix}"
    elif row.mail_confirmed_at is None:
        words = _("Nobody has confirmed that a test mail arrived.")
    elif row.setup.get("mail_server", server_name(settings)) != server_name(settings):
        words = _("The mail server was changed after the test mail was confirmed.")
    else:
        return None
    return Blocker("test_mail", words, fix)


def server_name(settings: config.Settings) -> str:
    """The mail server without the password, to notice that it is another one."""
    return settings.MAIL_URL.rpartition("@")[2].partition("?")[0]


def demo_blockers(session: Session, *, remove_demo: bool) -> list[Blocker]:
    found = []
    if not remove_demo:
        found.append(
            Blocker(
                "demo_data",
                _("The demo company is still here; it would mix with your numbers."),
                _("Say that it is to be removed with going live, or remove it before on the set-up page."),
            )
        )
    if not has_own_admin(session):
        found.append(
            Blocker(
                "administrator",
                _("Only people of the demo can administer this installation, and they go with the demo."),
                _("Add yourself as an administrator under Settings, Staff, or with justask staff add."),
            )
        )
    return found


def has_own_admin(session: Session) -> bool:
    """Whether somebody who does not belong to the demo can sign in as an administrator."""
    return people.has_admin(session, Staff.is_demo.is_(False))


def go_live(
    session: Session,
    settings: config.Settings,
    *,
    actor: Actor,
    now: datetime,
    confirm: str,
    remove_demo: bool = False,
    in_spite: bool = False,
) -> Remains:
    """Delete what was for trying out and go live, in the caller's transaction; what was deleted.

    `confirm` is the phrase as somebody typed it. `in_spite` overrides every blocker, for tests and intranets, and
    takes the demo with it. The `errors` of Refused hold every blocker with its fix, by its code. The caller then calls `empty_mailbox`.
    """
    if " ".join(confirm.split()).casefold() != PHRASE:
        words = _('Type "%(phrase)s" to confirm.', phrase=PHRASE)
        raise Invalid(words, errors={"confirm": words})
    row = session.get_one(Installation, 1, with_for_update=True, populate_existing=True)
    found = refuse_while_blocked(session, settings, row, now=now, remove_demo=remove_demo, in_spite=in_spite)
    gone = removal.remove(session, demo=remove_demo or in_spite, rehearsal=True, now=now)
    begin(session, actor, now, gone=asdict(gone), in_spite_of=[blocker.code for blocker in found])
    return gone


def refuse_while_blocked(
    session: Session,
    settings: config.Settings,
    row: Installation,
    *,
    now: datetime,
    remove_demo: bool = False,
    in_spite: bool = False,
) -> list[Blocker]:
    """Refused, with one reason for each blocker, unless `in_spite`; else what is overridden. Nobody goes live twice."""
    if row.is_live:
        raise Refused(_("This installation is live already."))
    found = blockers(session, settings, now=now, remove_demo=remove_demo)
    if found and not in_spite:
        reasons = {blocker.code: f"{blocker.words} {blocker.fix}" for blocker in found}
        raise Refused(_("Going live is not possible yet."), errors=reasons)
    return found


def remove_demo(session: Session, *, actor: Actor, now: datetime) -> Remains:
    """Remove the demo company before going live, in the caller's transaction; Refused when nobody could administer."""
    found = removal.remains(session)
    if not found.has_demo:
        raise Refused(_("There is no demo data here."))
    if stuck := demo_blockers(session, remove_demo=True):
        raise Refused(f"{stuck[0].words} {stuck[0].fix}")
    gone = removal.remove(session, demo=True, rehearsal=False, now=now)
    audit.note(session, actor, "demo.removed", now=now, gone=asdict(gone))
    session.flush()
    return gone


def begin(session: Session, actor: Actor, now: datetime, **details) -> None:
    row = installation(session)
    row.live_at = now
    audit.note(session, actor, "installation.live", now=now, **details)
    session.flush()


def begin_live(session: Session, *, now: datetime) -> bool:
    """Start live because the operator said so (JUSTASK_LIVE=1 with --no-demo); False where something was rehearsed."""
    remains = removal.remains(session)
    if installation(session).is_live or remains.has_demo or remains.has_rehearsal:
        return False
    begin(session, SYSTEM, now, by="JUSTASK_LIVE")
    return True


def empty_mailbox(settings: config.Settings) -> None:
    """Throw away the kept mails of the rehearsal; their links lead nowhere any more."""
    mailbox(settings).clear()


def is_without_customers(session: Session) -> bool:
    """Whether no account but those of the demo is here, so that nobody would be asked."""
    return session.scalar(sa.select(Account.id).where(Account.is_demo.is_(False)).limit(1)) is None
