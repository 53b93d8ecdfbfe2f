"""Links of invitations, as a mail would hold them, and a client that keeps no cookies."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from app.core import clock
from app.core.database import transactions
from app.core.installation import installation
from app.core.tokens import Signer
from app.surveys import templates
from app.surveys.models import Survey
from tests import make
from tests.databases import SECRET_KEY


@pytest.fixture
def ask(session, now):
    """`ask("nps")` makes an ask of a shipped survey, sent a day ago; it carries its `link` and `token`.

    Nothing is open on the session afterwards: a test that looks at `row` begins to write, and must commit first.
    """
    templates.ensure(session, now=now)
    installation(session).company = "Northwind"

    def of(survey: str = "nps", **given):
        transactions.write(session)
        version = session.query(Survey).filter_by(key=survey).one()
        wave = make.wave(program=make.program(survey=version))
        row = make.invitation(wave=wave, **({"sent_at": clock.now() - timedelta(days=1)} | given))
        token = Signer([SECRET_KEY]).token(row.nonce)
        made = SimpleNamespace(
            row=row,
            id=row.id,
            contact_id=row.contact_id,
            token=token,
            link=f"/a/{token}",
            off=f"/u/{token}",
        )
        session.commit()
        return made

    return of


@pytest.fixture
def client(app):
    return app.test_client(use_cookies=False)
