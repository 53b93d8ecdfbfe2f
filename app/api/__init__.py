"""Versioned JSON for other programs, one file per resource (a door)."""

from flask import Flask

from app.api import (
    absences,
    accounts,
    alerts,
    case_mails,
    comments,
    contacts,
    coverage,
    differences,
    events,
    health,
    installation,
    invitations,
    notices,
    playbooks,
    programs,
    references,
    reports,
    responses,
    segments,
    signals,
    standings,
    surveys,
    tasks,
    themes,
    values,
    waves,
    webhooks,
)
from app.api.protocol import document
from app.extensions import csrf

MODULES = (
    installation,
    accounts,
    contacts,
    surveys,
    segments,
    programs,
    waves,
    invitations,
    responses,
    comments,
    themes,
    signals,
    tasks,
    case_mails,
    playbooks,
    references,
    absences,
    notices,
    health,
    alerts,
    reports,
    differences,
    standings,
    coverage,
    values,
    webhooks,
    events,
)
RESOURCES = tuple(module.resource for module in MODULES)


def install(app: Flask) -> None:
    """Register version 1 of the API. It takes only a bearer key and never a cookie, so CSRF has no hold on it."""
    api = document.install(app)
    for resource in RESOURCES:
        csrf.exempt(resource)
        api.add(resource)
