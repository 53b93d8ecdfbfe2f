"""Versioned JSON for other programs, one file per resource (a door)."""

from flask import Flask


def install(app: Flask) -> None:
    """Register version 1 of the API."""
