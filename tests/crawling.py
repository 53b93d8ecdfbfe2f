"""Every route with an address that leads somewhere, built from the url map and one row of each kind.

Used by tests that must hold for routes which do not exist yet: a new route is tried without anybody adding it here.
Rows are the first of their table, so every number in an address is 1; words in an address are looked up by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from app.auth import people, sessions
from app.auth.models import Scope
from app.core import audit, clock, tokens
from app.core.web.pages import SAFE_METHODS
from app.extensions import Base, db
from app.followups.improvements.models import Improvement
from app.health.alerting.models import Alert, Severity
from app.integrations.webhooks import endpoints
from app.integrations.webhooks.endpoints import Draft
from app.integrations.webhooks.models import EventKind
from app.reports.freezing.document import Document
from app.reports.freezing.models import FrozenReport
from tests import make

CHANGED_BY_LOOKING = {"visits", "rate_limits"}
STAMPS_OF_LOOKING = {"staff_sessions": {"seen_at"}, "api_keys": {"used_at"}}


def seed(app: Flask) -> dict[str, str]:
    """One row of each kind; gives what stands for the words in addresses."""
    person = make.staff(role="admin", password=make.PASSWORD)
    account = make.account(owner=person)
    make.goal(account=account)
    ask = make.invitation(contact=make.contact(account=account))
    response = make.response(score=3, invitation=ask, comment="Too slow.")
    make.task(account=account, contact=ask.contact, response=response, owner=person)
    make.saved(Improvement(words={"en": {"said": "Slow.", "did": "Quick."}}, from_on=make.NOW.date()))
    make.saved(frozen_report())
    told = {"rule": "drop", "evidence": {"role": "user", "before": 9, "score": 3}, "severity": Severity.HIGH}
    about = {"account_id": account.id, "contact_id": ask.contact_id, "slot": "1:drop:1"}
    make.saved(Alert(**told, **about, began_on=make.NOW.date(), raised_at=make.NOW))
    draft = Draft("https://program.example/hook", list(EventKind))
    settings = app.extensions["settings"]
    webhook, _secret = endpoints.enter(db.session, settings, draft, by=audit.SYSTEM, now=clock.now())
    endpoints.test(db.session, webhook, now=clock.now())
    waiting = make.invitation(contact=make.contact(account=account), wave=ask.wave)
    session = sessions.begin(db.session, person, now=clock.now())
    key, _secret = people.add_key(db.session, "CRM", scope=Scope.READ, by="tests", now=clock.now())
    db.session.commit()
    signer = tokens.Signer([app.config["SECRET_KEY"]])
    return {
        "token": signer.token(waiting.nonce),
        "handle": session.handle,
        "name": key.name,
        "filename": "css/tokens.css",
        "rule": "drop",
    }


def frozen_report() -> FrozenReport:
    days = {"from": "2026-01-01", "to": "2026-03-01"}
    kept = {"kind": "movers", "address": days, "document": Document(()).as_json(), "last_answer_id": 0}
    return FrozenReport(name="Board", staff_name="Ana", at=make.NOW, on=make.NOW.date(), **kept)


def address(rule: Rule, words: dict[str, str]) -> str:
    values = {
        name: 1 if converter.__class__.__name__ == "RowIdConverter" else words.get(name, "x")
        for name, converter in rule._converters.items()
    }
    _host, path = rule.build({**(rule.defaults or {}), **values}, append_unknown=False)
    return path


def routes(app: Flask, *, safe: bool) -> Iterator[tuple[Rule, str]]:
    """Every rule with each method of it that only reads (`safe`), or each of the others."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            if (method in SAFE_METHODS) is safe:
                yield rule, method


def checksums() -> dict[str, tuple[int, str]]:
    """Count and checksum of every table, without what looking may change."""
    found = {}
    for table in Base.metadata.sorted_tables:
        if table.name in CHANGED_BY_LOOKING:
            continue
        skipped = STAMPS_OF_LOOKING.get(table.name, set())
        columns = [column for column in table.columns if column.name not in skipped]
        order = list(table.primary_key.columns)
        rows = [repr(tuple(row)) for row in db.session.execute(sa.select(*columns).order_by(*order))]
        found[table.name] = len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found
