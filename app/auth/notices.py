"""Mails to members of staff about their own account: that they have one, and that its password is another.

They leave by the mail util that `create_app` injected, in the caller's transaction.
"""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from flask_babel import gettext as _

from app.auth.models import Staff
from app.auth.security import security
from app.core.language.words import speaking


def invited(person: Staff, *, by: str, now: datetime) -> None:
    """Somebody was given an account. The password is handed over by whoever made it, not by mail."""
    with speaking(person.language):
        subject = _("You can sign in to JustAsk")
        words = (
            _("%(by)s has given you an account with this address.", by=by),
            _("The first password comes from %(by)s too, by another way than mail. Change it then.", by=by),
        )
        send(person, subject, *words, now=now)


def password_changed(person: Staff, *, by: str | None, now: datetime) -> None:
    """The password is another, changed by the person or, with `by`, by somebody else: whoever did not do it hears."""
    with speaking(person.language):
        subject = _("Your password was changed")
        if by:
            what = _("%(by)s has given you a new first password. All your sessions have ended.", by=by)
        else:
            what = _("The password of your account was changed. Other sessions have ended.")
        send(
            person,
            subject,
            what,
            _("If this was a surprise, tell an administrator at once: somebody else may know your password."),
            now=now,
        )


def send(person: Staff, subject: str, *paragraphs: str, now: datetime) -> None:
    facts = {
        "name": person.display_name,
        "language": person.language,
        "footer": _("You get this mail because you have an account here."),
        "link": current_app.extensions["settings"].BASE_URL,
        "now": now,
    }
    sender = current_app.extensions["settings"].MAIL_FROM
    body = "\n\n".join(paragraphs)
    security.mail_util.send_mail("notice", subject, person.email, sender, body, None, **facts)
