"""What cannot be stored is never thanked for: the person sees it and keeps what was filled in."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core import transactions
from app.core.transactions import WriteGate
from app.extensions import db
from app.responses.models import Response


@pytest.mark.settings_with(GATE_SECONDS=1)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_busy_database_keeps_the_answer_in_the_form_and_takes_it_later(client, ask):
    at = ask()
    given = {"score": "3", "comment": "My words", "attempt": "kept"}
    gate = WriteGate(Path(db.engine.url.database + ".gate"), 1)
    held = gate.acquire()
    sent = client.post(at.link, data=given)
    gate.release(held)
    assert sent.status_code == 503
    assert sent.headers["Retry-After"]
    assert "not saved" in sent.text
    assert "My words</textarea>" in sent.text
    assert 'name="attempt" value="kept"' in sent.text
    assert sent.text.count(" checked") == 1
    transactions.read(db.session)
    assert db.session.query(Response).count() == 0
    db.session.rollback()
    assert client.post(at.link, data=given).status_code == 303
