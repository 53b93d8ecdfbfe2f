"""The frame of every resource: a route names its key's scope, what it takes and what it gives; changes commit once.

`reads` and `lists` are for GET, `writes` for everything else. A view gets what was sent, checked; what it returns is
shown by the schema. The document at `/api/v1/openapi.json` is made of the same names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

import marshmallow as ma
from flask import Response, request
from flask_babel import gettext as _
from flask_smorest import Blueprint
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from app.api.protocol import bearer, idempotency, paging
from app.api.protocol.fields import Shown
from app.api.protocol.paging import Filters
from app.api.protocol.parsing import Parser
from app.auth import access
from app.auth.models import Scope
from app.core import clock
from app.core.errors import Refused
from app.extensions import db

PREFIX = "/api/v1"
View = Callable[..., Any]
SEND_ONCE = {
    "name": idempotency.HEADER,
    "in": "header",
    "schema": {"type": "string", "maxLength": 255},
    "description": "Sent again with the same key within a day, the request does nothing again and gets the first answer.",
}


@dataclass(frozen=True)
class Listing:
    """A list as it is declared: where it stands, what gives its rows, and how these are told and shown."""

    path: str
    view: View
    item: type[Shown]
    stamp: InstrumentedAttribute
    of: type | None
    told: Callable[[list], list] | None


class Resource(Blueprint):
    """The routes of one resource, and its lists, which leave as files too (`justask export`)."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, description: str):
        super().__init__(f"api_{name}", __name__, url_prefix=PREFIX, description=description)
        self.title = name
        self.listings: list[Listing] = []

    def reads(
        self, rule: str, shows: type[Shown], *, asks: type[ma.Schema] | None = None, scope: Scope = Scope.READ
    ) -> Callable[[View], View]:
        """GET of one thing."""

        def declare(view: View) -> View:
            found = self.response(200, shows)(view)
            if asks:
                found = self.arguments(asks, location="query")(found)
            return self._add(rule, "GET", scope, found)

        return declare

    def lists(
        self,
        rule: str,
        item: type[Shown],
        *,
        stamp: InstrumentedAttribute,
        of: type | None = None,
        filters: type[Filters] = Filters,
        told: Callable[[list], list] | None = None,
        scope: Scope = Scope.READ,
    ) -> Callable[[View], View]:
        """GET of a list: the view returns a select of rows by the filters, the frame pages it.

        `told` adds to the rows of a page what stands elsewhere, for all of them at once.
        """

        def declare(view: View) -> View:
            self.listings.append(Listing(rule, view, item, stamp, of, told))

            @wraps(view)
            def paged(asked: Mapping[str, Any], **path) -> dict:
                found = paging.page(db.session, view(asked, **path), asked, stamp=stamp, of=of)
                return found | {"items": told(found["items"])} if told else found

            found = self.response(200, paging.page_schema(item))(paged)
            found = self.arguments(filters, location="query")(found)
            return self._add(rule, "GET", scope, found)

        return declare

    def writes(
        self,
        method: str,
        rule: str,
        shows: type[Shown],
        *,
        takes: type[ma.Schema] | None = None,
        status: int = 200,
        or_status: int | None = None,
        scope: Scope = Scope.WRITE,
    ) -> Callable[[View], View]:
        """A change: one transaction, committed when the answer is made; a POST honours Idempotency-Key."""

        def declare(view: View) -> View:
            found = self.response(status, shows)(flushed(view))
            if or_status:
                found = self.alt_response(or_status, schema=shows, success=True)(found)
            found = committed(found)
            if takes:
                found = self.arguments(takes, location="json")(found)
            if method == "POST":
                found = self.doc(parameters=[SEND_ONCE])(found)
            return self._add(rule, method, scope, found)

        return declare

    def _add(self, rule: str, method: str, scope: Scope, view: View) -> View:
        named = self.doc(operationId=f"{self.title}_{view.__name__}", security=[{"key": [scope.value]}])(view)

        @wraps(named)
        def admitted(*args, **path):
            bearer.admit(scope)
            return named(*args, **path)

        admitted.access = access.KEY
        admitted.scope = scope
        return self.route(rule, methods=[method], tags=[self.title], merge_slashes=False)(admitted)


def flushed(view: View) -> View:
    """Write what the view changed before it is shown, so that ids and moments are known."""

    @wraps(view)
    def run(*args, **path):
        result = view(*args, **path)
        db.session.flush()
        return result

    return run


def committed(view: View) -> View:
    """Run a view in one transaction. When somebody adds the same row meanwhile, it is run once more and finds it."""

    @wraps(view)
    def run(*args, **path) -> Response:
        try:
            return in_one_transaction(view, *args, **path)
        except IntegrityError as error:
            if not is_taken(error):
                raise
            db.session.rollback()
        try:
            return in_one_transaction(view, *args, **path)
        except IntegrityError as error:
            if not is_taken(error):
                raise
            raise Refused(_("Somebody else changed the same at this moment. Read it again.")) from None

    return run


def is_taken(error: IntegrityError) -> bool:
    """Whether another row has what must be there once only."""
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", "")
    return code in {"23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}


def in_one_transaction(view: View, *args, **path) -> Response:
    once = idempotency.wish(request, bearer.the_key().id)
    kept = idempotency.begin(db.session, once, now=clock.now()) if once else None
    if kept is not None:
        return kept
    response = view(*args, **path)
    if once:
        idempotency.keep(db.session, once, response)
    db.session.commit()
    return response
