"""The frame as finished text: made once for whatever is the same for many requests, each request's own values put in.

A person's name and address, the token of the forms and the address of the page are never kept. They stand in the text as
marks that are random, so that nobody's words can hold one, and are escaped when they are put in.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from flask import Flask, current_app, g, request, session, url_for
from flask_babel import get_locale
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from app.core.language import wording
from app.core.web.pages import settings_pages, this_installation
from app.core.web.shell import sections

MARK = secrets.token_hex(8)
OWN = ("token", "here", "name", "initials", "email")
PARTS = ("title", "page")
MARKS = {name: f"{MARK}{name}" for name in OWN + PARTS}
PLACES = re.compile(f"{MARK}({'|'.join(OWN)})")
MOST = 200


class Shell(NamedTuple):
    """The frame in three pieces: before the title, between it and the page, and behind the page."""

    opening: Markup
    middle: Markup
    closing: Markup


class Kept(NamedTuple):
    """The pieces, cut at the marks: words and names of values in turn."""

    opening: list[str]
    middle: list[str]
    closing: Markup


def install(app: Flask) -> None:
    app.extensions["shells"] = {}
    app.jinja_env.globals.update(
        drawn_icon=icon,
        shell=shell,
        waiting_in=sections.waiting_in,
        settings_pages=settings_pages,
        this_installation=this_installation,
    )


def icon(name: str, label: object = None, size: int = 20) -> Markup:
    return drawn(url_for("static", filename="vendor/icons.svg"), name, str(label) if label else "", size)


@lru_cache(maxsize=512)
def drawn(sheet: str, name: str, label: str, size: int) -> Markup:
    """An icon of the sheet; pages have dozens of them."""
    what = Markup(' role="img" aria-label="{}"').format(label) if label else Markup(' aria-hidden="true"')
    icon = Markup('<svg class="icon" width="{size}" height="{size}"{what}><use href="{sheet}#{name}"/></svg>')
    return icon.format(sheet=sheet, name=name, what=what, size=size)


def shell() -> Shell:
    """The frame of this request; only where somebody is signed in."""
    person, facts, page = current_user._get_current_object(), this_installation(), request.endpoint or ""
    with_setup = facts.setup_done_at is None
    key = (
        str(get_locale()),
        request.script_root,
        person.role,
        person.theme,
        person.single_keys,
        sections.section_of(page, with_setup=with_setup),
        page if page in sections.ENDPOINTS else "",
        with_setup,
        facts.is_held,
        facts.is_live,
        *sections.counts().values(),
    )
    known = current_app.extensions["shells"]
    if key not in known:
        if len(known) >= MOST:
            known.clear()
        known[key] = made(page, with_setup=with_setup)
    opening, middle, closing = known[key]
    own = {
        "token": token(),
        "here": escape(request.full_path),
        "name": escape(person.display_name),
        "initials": escape(wording.initials(person.display_name)),
        "email": escape(person.email),
    }
    return Shell(filled(opening, own), filled(middle, own), closing)


def token() -> str:
    """The token of this request's forms: signed once for a session and not for each page, since it does not expire."""
    raw = session.get("csrf_token")
    if raw is not None and "csrf_token" not in g:
        g.csrf_token = signed(current_app.secret_key, raw)
    return generate_csrf()


@lru_cache(maxsize=256)
def signed(_secret: str, _raw: str) -> str:
    """The token as the library signs it in this request."""
    return generate_csrf()


def made(page: str, *, with_setup: bool) -> Kept:
    """The frame for people like this one on pages like this one."""
    items = sections.items(current_user.role, page, with_setup=with_setup)
    text = current_app.jinja_env.get_template("shell.html").render(put=MARKS, items=items, page=page)
    opening, rest = text.split(MARKS["title"])
    middle, closing = rest.split(MARKS["page"])
    return Kept(PLACES.split(opening), PLACES.split(middle), Markup(closing))  # noqa: S704 - a template of ours made it


def filled(pieces: list[str], own: Mapping[str, str]) -> Markup:
    """Every second piece is the name of a value, as `re.split` leaves them."""
    text = pieces.copy()
    text[1::2] = [own[name] for name in pieces[1::2]]
    return Markup("".join(text))  # noqa: S704 - the values are escaped
