"""The mailbox page: mails that were kept here instead of being sent (a door)."""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.utils import getaddresses

from flask import current_app, render_template, request
from flask_babel import gettext as _

from app.auth import access
from app.core import clock
from app.core.errors import NotFound
from app.core.web.pages import this_installation
from app.delivery.asking import preview
from app.delivery.mail import mailer
from app.delivery.routes import blueprint

PAGE = 40
LINK = re.compile(r"https?://[^\s<>\"')\]]+")
TOKEN = re.compile(r"(?<=^/[au]/.{6})[\w-]{8,}")


@blueprint.get("/mailbox")
@access.manager
def mailbox():
    """The mails, newest first; `q` finds an address or a subject."""
    box = mailer.mailbox(current_app.extensions["settings"])
    search = request.args.get("q", "").replace("\x00", "").strip()[:200]
    before = request.args.get("before", "")[:64]
    found = list(box.lines(PAGE + 1, before=before, search=search))
    return render_template(
        "delivery/mailbox.html",
        mails=found[:PAGE],
        next_before=found[PAGE - 1].name if len(found) > PAGE else None,
        search=search,
        before=before,
        leaves=not current_app.extensions["settings"].MAIL_URL.startswith(mailer.MAILBOX),
        is_live=this_installation().is_live,
        now=clock.now(),
    )


@blueprint.get("/mailbox/<name>")
@access.manager
def kept_mail(name: str):
    """One mail: as it looks, as text, and its links to press."""
    mail = mailer.mailbox(current_app.extensions["settings"]).mail(name)
    if mail is None:
        raise NotFound(_("There is no such mail. Old ones are removed."))
    base_url = current_app.extensions["settings"].BASE_URL.rstrip("/")
    view = "text" if request.args.get("view") == "text" else "html"
    html, text = body(mail, "html"), body(mail, "plain")
    return render_template(
        "delivery/kept_mail.html",
        name=name,
        subject=str(mail.get("Subject", "")),
        headers=[
            (field, str(mail[field])) for field in ("From", "To", "Reply-To", "Date") if mail.get(field)
        ],
        to=", ".join(address for _name, address in getaddresses([str(mail.get("To", ""))])),
        view="text" if not html else view,
        html=pressable(preview.shown(html)),
        text=text,
        links={link: short(link, base_url) for link in links(text or html)},
    )


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return part.get_content() if part else ""


def links(text: str) -> list[str]:
    """The addresses in a mail, each once, in their order."""
    return list(dict.fromkeys(found.rstrip(".,;") for found in LINK.findall(text)))


def pressable(html: str) -> str:
    """A mail whose links open beside the mailbox, as they would beside a mail program; nothing opens within its frame."""
    return f'<base target="_blank">{html}' if html else ""


def short(link: str, base_url: str) -> str:
    """A link of ours as a line that can be read: without our address, and with the beginning of its token."""
    if not link.startswith(f"{base_url}/"):
        return link
    return TOKEN.sub("…", link.removeprefix(base_url))
