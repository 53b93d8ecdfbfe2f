"""Where an address leads that only takes what a form sends: a reload or a bookmark of a page that had errors to tell."""

from __future__ import annotations

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

NO_PAGES = ("/api/", "/hooks/", "/static/")
ELSEWHERE = {
    "contacts.add_contact": "/accounts/{account_id}/contacts/new",
    "contacts.approve_handover": "/contacts/handovers",
    "contacts.refuse_handover": "/contacts/handovers",
    "delivery.count_as_sent": "/waves/in-doubt",
    "delivery.send_again": "/waves/in-doubt",
    "delivery.skip": "/asks/coming",
    "delivery.end_skip": "/asks/coming",
    "delivery.launch": "/programs/{program_id}/launch",
    "followups.remove_improvement": "/improvements",
    "setup.change_allow_list": "/setup/mail",
    "setup.send_test_mail": "/setup/mail",
    "setup.say_it_arrived": "/setup/mail",
}
"""Addresses whose form does not stand on a page above them."""


def page_of_form() -> str | None:
    """The page with the form of the address asked for, with the same query; None where a machine asks, not a browser."""
    if request.method not in ("GET", "HEAD") or request.path.startswith(NO_PAGES):
        return None
    adapter = current_app.create_url_adapter(request)
    try:
        endpoint, values = adapter.match(request.path, method="POST")
    except HTTPException:
        return None
    path = ELSEWHERE[endpoint].format(**values) if endpoint in ELSEWHERE else page_above(adapter)
    query = request.query_string.decode("ascii", "replace")
    return f"{path}?{query}" if query else path


def page_above(adapter) -> str:
    """The longest beginning of the path that is a page; the start page in the end."""
    path = request.path
    while path.count("/") > 1:
        path = path.rpartition("/")[0]
        try:
            adapter.match(path, method="GET")
        except RequestRedirect:
            return path
        except HTTPException:
            continue
        return path
    return "/"
