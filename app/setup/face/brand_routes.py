"""The company's logo and colour as files of our own host: public, small, and the same for ever under one address (a door)."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, abort

from app.auth import access
from app.core.face import colours
from app.core.face.models import Logo
from app.extensions import db

blueprint = Blueprint("brand", __name__)
FOR_EVER = "public, max-age=31536000, immutable"
# Mail programs in a browser show the logo on pages that are not ours.
HEADERS = {
    "Cache-Control": FOR_EVER,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


@blueprint.get("/brand/<colour>.css")
@access.public
def sheet(colour: str) -> Response:
    """The style sheet of a colour; the address alone says everything."""
    if not colours.is_colour(f"#{colour}"):
        abort(404)
    return Response(
        colours.palette(f"#{colour}").sheet, headers=HEADERS, content_type="text/css; charset=utf-8"
    )


@blueprint.get("/brand/<name>")
@access.public
def logo(name: str) -> Response:
    """A logo that is or once was the company's."""
    if not (name.isascii() and name.isalnum()):
        abort(404)
    found = db.session.execute(sa.select(Logo.body, Logo.media_type).where(Logo.name == name)).one_or_none()
    if found is None:
        abort(404)
    return Response(found.body, headers=HEADERS, content_type=found.media_type)
