"""Reading what a program sends: strict JSON, no key in the address, and every error at its field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

import marshmallow as ma
from flask import Request
from flask_babel import gettext as _
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict

from app.core.errors import DomainError, Invalid

LARGEST_BODY = 4 * 1024 * 1024
IN_BRACKETS = re.compile(r"(\w+)\[(.+)\]")
WHERE = ("json", "query")


class Malformed(DomainError):
    """The request cannot be read at all (400)."""

    status = 400


class WrongMedia(DomainError):
    """The body is of a kind we do not read (415)."""

    status = 415


class Parser(FlaskParser):
    """The parser of every route of the API."""

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": ma.RAISE}

    def _raw_load_json(self, req: Request) -> Any:
        """The body as JSON; an absent one is an empty object."""
        req.max_content_length = LARGEST_BODY
        body = req.get_data()
        if not body:
            return {}
        if not req.is_json:
            raise WrongMedia(_("Send JSON, and say so in the header Content-Type."))
        return strict_json(body)

    def load_querystring(self, req: Request, schema: ma.Schema) -> MultiDictProxy:
        """The parameters of the address; `name[key]=value` becomes an object where the schema has one."""
        plain, grouped = MultiDict(), {}
        for name, value in req.args.items(multi=True):
            found = IN_BRACKETS.fullmatch(name)
            if found and isinstance(schema.fields.get(found[1]), ma.fields.Mapping):
                grouped.setdefault(found[1], {})[found[2]] = value
            else:
                plain.add(name, value)
        plain.update(grouped)
        return MultiDictProxy(plain, schema)

    def handle_error(self, error: ma.ValidationError, req, schema, **more) -> NoReturn:
        messages = error.messages
        if isinstance(messages, Mapping):
            messages = next((messages[place] for place in WHERE if place in messages), messages)
        raise Invalid(_("Some of what was sent cannot be taken."), errors=flat(messages))


def strict_json(body: bytes) -> Any:
    """What a JSON text says; Malformed when it is none, is not UTF-8, or holds a number that JSON does not know."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=refuse_constant)
    except UnicodeDecodeError:
        raise Malformed(_("The body is not valid UTF-8.")) from None
    except json.JSONDecodeError as error:
        words = _(
            "The body is not JSON: line %(line)d, column %(column)d.", line=error.lineno, column=error.colno
        )
        raise Malformed(words) from None
    except (ValueError, RecursionError):
        raise Malformed(_("The body is not JSON that can be read.")) from None


def refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def flat(messages: Any, at: str = "") -> dict[str, str]:
    """Errors by the path of their field: `{"segment.size": "This must be text."}`."""
    if not isinstance(messages, Mapping):
        first = messages[0] if isinstance(messages, list) and messages else messages
        return {printable(at) or "body": str(first)}
    found: dict[str, str] = {}
    for name, inner in messages.items():
        own = "" if name == "_schema" else str(name)
        found |= flat(inner, ".".join(part for part in (at, own) if part))
    return found


def printable(path: str) -> str:
    """A path as it can be sent back, whatever somebody named a field."""
    return path.encode("utf-8", "replace").decode("utf-8")[:200]
