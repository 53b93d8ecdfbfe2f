"""Installations with either engine, and a timetable of the test's own."""

from __future__ import annotations

import threading

import pytest

from app.core.database import migrating
from app.core.processes import timetable
from app.extensions import db


@pytest.fixture
def settings(settings, engine):
    """Settings of a fresh installation with the engine that the test names."""
    return type(settings)(**(vars(settings) | {"ENGINE": engine}))


@pytest.fixture
def installed(app):
    """The application with whatever tables its engine needs."""
    db.session.commit()
    migrating.upgrade()
    return app


@pytest.fixture
def table(monkeypatch):
    """A timetable of the test's own, and a fresh sign to stop."""
    monkeypatch.setattr(timetable, "TIMETABLE", [])
    monkeypatch.setattr(timetable, "stopping", threading.Event())
    return timetable.TIMETABLE
