"""The respondent's pages: answer, thanks, unsubscribe; no login (a door)."""

from flask import Flask


def install(app: Flask) -> None:
    """Register the respondent's blueprints."""
