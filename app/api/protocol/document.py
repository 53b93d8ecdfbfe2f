"""The OpenAPI document: what every route declares, put together when it is first asked for.

Its sentences are docstrings. Web processes that run without them show what `keep` wrote down before they started.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from http import HTTPStatus
from pathlib import Path

import marshmallow as ma
from flask import Flask
from flask_smorest import Api
from flask_smorest.utils import prepare_response

from app.api.protocol.fields import Shown
from app.api.protocol.frame import PREFIX, Resource
from app.auth import access
from app.core.web.pages import RowIdConverter
from app.reports.glossary import metrics

log = logging.getLogger(__name__)
DOCUMENT = "justask-document"
PROBLEM = "application/problem+json"
WITHOUT_DOCSTRINGS = sys.flags.optimize == 2
ABOUT = """\
Accounts, people, asks, answers, follow-ups and scores for other programs.

Every request needs a key, made by an administrator on the settings page or with `justask keys add NAME --scope
read|write|admin`, in the header `Authorization: Bearer ja_...`. Cookies and keys in the address are not taken.

Lists come in pages of `limit` items in the order of their ids; send `next` as `cursor` to go on. `since` leaves out what was
not changed since; overlap a little, because a change becomes visible when it is committed. It looks at the thing
itself: scores and counts change without it. A filter that is given
several times finds what has any of the values. Ids are strings. Moments are RFC 3339 in UTC. Names that are not known, in an
address or a body, are errors.

Errors are problem details (RFC 9457); `errors` has a sentence for each field. 400: cannot be read, 401: no key in force,
403: the key's scope is too narrow, 404: no such thing, 409: a rule stands against it, 422: a value cannot be taken,
429 and 503: try again after `Retry-After` seconds.
"""


class ProblemSchema(Shown):
    """An error (RFC 9457)."""

    type = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    errors = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.String(),
        metadata={"description": "A sentence for each field that cannot be taken."},
    )


def meant(_converter: object, field: ma.fields.Field, ret: dict, **_more) -> dict:
    """What the glossary says of a figure, before what the field itself says."""
    if not isinstance(field, ma.fields.Integer | ma.fields.Float) or not isinstance(field.parent, Shown):
        return {}
    metric = metrics.named(field.name, type(field.parent).__name__)
    if metric is None:
        return {}
    own = ret.get("description", "")
    return {"description": f"{metric.english}. {metric.says} {metric.counted} {own}".strip()}


class JustAskApi(Api):
    """The library's object, kept to describing: errors are rendered by the application, for pages as for programs."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask):
        self.resources: list[Resource] = []
        self._lock = threading.Lock()
        self._is_described = False
        super().__init__(app)
        self.ma_plugin.converter.add_attribute_function(meant)
        self.register_converter(RowIdConverter, lambda converter: {"type": "string", "pattern": "^[0-9]+$"})

    def _register_error_handlers(self) -> None:
        """None: the library's handler would turn the errors of pages into JSON."""

    def _register_responses(self) -> None:
        """None yet: most processes never describe anything."""

    def _describe_errors(self) -> None:
        responses = {status.name: status.phrase for status in HTTPStatus if status >= 400}
        for name, phrase in (responses | {self.DEFAULT_ERROR_RESPONSE_NAME: "An error."}).items():
            response = {"description": phrase, "schema": self.ERROR_SCHEMA}
            prepare_response(response, self.spec, PROBLEM)
            self.spec.components.response(name, response, lazy=True)

    def add(self, resource: Resource) -> None:
        """Register the routes; describing them waits, because few processes are ever asked."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][resource.name] = self
        self._app.register_blueprint(resource)
        self.resources.append(resource)

    def kept(self) -> Path:
        """Where the document is written down, in the folder of the installation."""
        return self._app.extensions["settings"].instance / "openapi.json"

    def _openapi_json(self):
        if WITHOUT_DOCSTRINGS and self.kept().exists():
            return self._app.response_class(self.kept().read_bytes(), mimetype="application/json")
        return self.described()

    def described(self):
        """The document as a response, of what this process knows."""
        with self._lock:
            if not self._is_described:
                self._describe()
                self._is_described = True
        return super()._openapi_json()

    def _describe(self) -> None:
        self._describe_errors()
        self.spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
        for resource in self.resources:
            resource.register_views_in_doc(self, self._app, self.spec, name=resource.name, parameters=None)
            self.spec.tag({"name": resource.title, "description": resource.description})


def install(app: Flask) -> JustAskApi:
    """The API of `app`, with its document and nothing interactive."""
    app.config.update(
        API_TITLE="JustAsk",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
            "servers": [{"url": app.extensions["settings"].BASE_URL.rstrip("/")}],
        },
    )
    app.json.sort_keys = False
    api = app.extensions[DOCUMENT] = JustAskApi(app)
    app.cli.commands.pop("openapi")
    access.LIBRARY_ENDPOINTS["api-docs.openapi_json"] = access.PUBLIC
    return api


def keep(app: Flask) -> None:
    """Write the document down for processes that have no docstrings; whoever reads meanwhile has the former one.

    Where the folder cannot be written to, they show it without its sentences.
    """
    api = app.extensions[DOCUMENT]
    with app.test_request_context():
        whole = api.described().get_data()
    fresh = api.kept().with_suffix(f".{os.getpid()}")
    try:
        fresh.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.write_bytes(whole)
        fresh.replace(api.kept())
    except OSError as error:
        log.warning("the document of the API was not written down: %s", error)
