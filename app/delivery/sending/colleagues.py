"""The way of mails that sign-in sends to members of staff: through the outbox, like every other mail.

`create_app` gives it to auth, which stands left of this package and must not know it. So a notice waits for the mail
server, is tried again, lies in the mailbox page when no server is set, and reaches nobody but colleagues in rehearsal.
"""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_security import MailUtil

from app.core import clock
from app.core.installation import installation
from app.delivery import letters
from app.delivery.sending import posting
from app.extensions import db


class ColleagueMail(MailUtil):
    """Puts a mail into the outbox, in the caller's transaction; the worker sends it after the commit."""

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: str,
        sender: str,
        body: str | None,
        html: str | None = None,
        **more: Any,
    ) -> None:
        """`body` holds paragraphs with a blank line between; the frame is ours, so `html` and `sender` are not used.

        `more` may hold `name`, `language`, `link`, `footer` and `now`, which the library itself does not give.
        """
        row = installation(db.session)
        paragraphs = [words for words in (body or "").split("\n\n") if words.strip()]
        language = more.get("language") or row.language
        about = {"footer": more.get("footer", ""), "link": more.get("link", "")}
        words = letters.notice(row.company, language, str(subject), paragraphs, **about)
        posting.post(
            db.session,
            current_app.extensions["settings"],
            words,
            kind=posting.STAFF,
            recipient=recipient,
            name=more.get("name", ""),
            now=more.get("now") or clock.now(),
        )
