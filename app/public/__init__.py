"""The respondent's pages: answer, thanks, not this time, unsubscribe; no login (a door)."""

from flask import Flask

from app.public import desk, further_routes, leaving_routes, partial_routes, settled_routes  # noqa: F401
from app.public.routes import blueprint
from app.public.thanks import routes  # noqa: F401


def install(app: Flask) -> None:
    """Register the respondent's pages and what they share."""
    app.register_blueprint(blueprint)
    with app.app_context():
        desk.install(app)
