"""Lists in pages: rows in the order of their ids, and a cursor that stays true while rows are added and changed."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any

import marshmallow as ma
import sqlalchemy as sa
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.api.protocol.fields import Given, Moment, Shown, Whole, Worded

USUAL, MOST = 50, 200
INSIDE = re.compile(r"after:(\d{1,19})", re.ASCII)


def cursor_after(row_id: int) -> str:
    """The cursor of the page that begins after this row."""
    return base64.urlsafe_b64encode(f"after:{row_id}".encode()).rstrip(b"=").decode()


class Cursor(Worded, ma.fields.String):
    """Where a page begins; read as the id after which it does."""

    default_error_messages = {"invalid": _("Send the cursor that the page before gave as next.")}

    def _deserialize(self, value, attr, data, **more) -> int:
        try:
            found = INSIDE.fullmatch(base64.urlsafe_b64decode(str(value) + "==").decode("ascii"))
        except (ValueError, binascii.Error):
            found = None
        if found is None or int(found[1]) >= 2**63 or cursor_after(int(found[1])) != value:
            raise self.make_error("invalid")
        return int(found[1])


class Filters(Given):
    """What every list takes."""

    limit = Whole(1, MOST, text=True, load_default=USUAL, metadata={"description": "How many at most."})
    cursor = Cursor(metadata={"description": "`next` of the page before."})
    since = Moment(metadata={"description": "Only what was changed at that moment or later."})


def page_schema(item: type[Shown]) -> type[ma.Schema]:
    """The schema of a page of such items."""
    name = item.__name__.removesuffix("Schema")
    return Shown.from_dict(
        {
            "items": ma.fields.List(ma.fields.Nested(item), required=True),
            "next": ma.fields.String(
                required=True, allow_none=True, metadata={"description": "Null on the last page."}
            ),
        },
        name=f"{name}Page",
    )


Where = Mapping[str, Callable[[Any], sa.ColumnElement[bool]]]


def matching(where: Where, asked: Mapping[str, Any]) -> list[sa.ColumnElement[bool]]:
    """The conditions of those filters that were asked for."""
    return [condition(asked[name]) for name, condition in where.items() if name in asked]


def page(
    session: Session,
    query: sa.Select,
    asked: Mapping[str, Any],
    *,
    stamp: InstrumentedAttribute,
    of: type | None = None,
) -> dict[str, Any]:
    """One page of `query`, a select of one model, whose rows were last changed at `stamp`.

    `of` is that model where the moment stands in another one, which the query joins.
    """
    model_id = (of or stamp.class_).id
    if "since" in asked:
        query = query.where(stamp >= asked["since"])
    if "cursor" in asked:
        query = query.where(model_id > asked["cursor"])
    rows = list(session.scalars(query.order_by(model_id).limit(asked["limit"] + 1)))
    has_more, rows = len(rows) > asked["limit"], rows[: asked["limit"]]
    return {"items": rows, "next": cursor_after(rows[-1].id) if has_more else None}
