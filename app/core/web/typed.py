"""What somebody had typed into a form that could not be taken: an error page hands it back, so that no text is lost."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import request
from flask_wtf.csrf import validate_csrf
from werkzeug.exceptions import HTTPException
from wtforms.validators import ValidationError

TOKEN = "csrf_token"  # noqa: S105
SECRETS = frozenset({"password", "present", "new", "again"})
SHORTEST_TEXT = 3
CODE = re.compile(
    r"[0-9]+|[a-z]+(_[a-z]+)+"
)  # A number, or what a choice is called inside, such as product_bug.


def fields() -> list[tuple[str, str]]:
    """The fields of the form that came with the request; none when a password or a file is among them."""
    try:
        if request.method != "POST" or request.files or not SECRETS.isdisjoint(request.form):
            return []
        return [(name, value) for name, value in request.form.items(multi=True) if name != TOKEN]
    except HTTPException:  # It was too large or garbled to be read at all.
        return []


def page_before(*, at_same_address: bool = False) -> str | None:
    """The page of ours on which the form stood, as a path; None where the browser does not say, or it is this one, unless
    what was sent was never read, so that the page is still as it was."""
    came_from = urlsplit(request.referrer or "")
    is_ours = came_from.netloc == request.host and not came_from.path.startswith("//")
    if not is_ours or not came_from.path or (came_from.path == request.path and not at_same_address):
        return None
    return came_from.path + (f"?{came_from.query}" if came_from.query else "")


def texts() -> list[str]:
    """Those of the fields that were written rather than chosen, as far as that can be told."""
    return [value for _name, value in fields() if len(value) >= SHORTEST_TEXT and not CODE.fullmatch(value)]


def may_be_sent_again() -> bool:
    """Whether the form came from a page of ours, so that one press may send it once more."""
    try:
        validate_csrf(request.form.get(TOKEN))
    except (ValidationError, HTTPException):
        return False
    return bool(fields())
