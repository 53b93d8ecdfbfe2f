"""What the tests of the first hour share: everything that going live asks for, what was only for trying out, servers."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from flask_babel import Babel

from app import cli
from app.core import clock
from app.core.installation import installation
from app.core.outbox_rows import Letter, OutboxRow, OutboxState
from app.core.processes import workers
from app.delivery.sending import posting
from app.extensions import db
from app.followups.models import Activity, ActivityKind, Task, Touch
from app.reports.freezing.models import FrozenLink, FrozenReport
from tests import make
from tests.delivery.sink import Sink
from tests.setup.nameserver import NameServer

READY = {"BASE_URL": "https://ask.example.com", "MAIL_URL": "smtp://127.0.0.1:1"}
READY_MARK = pytest.mark.settings_with(**READY)


@pytest.fixture
def ready(app, session):
    """An installation in which nothing stands in the way of going live; its row."""
    now = clock.now()
    row = installation(session)
    row.mail_confirmed_at, row.company = now, "Own Ltd"
    workers.beat(session, "host:1", started_at=now, now=now)
    make.staff(role="admin", password=make.PASSWORD, email="own@company.example")
    session.commit()
    return row


@pytest.fixture
def run(app, session, monkeypatch):
    """`run("live", given="go live")` runs a command, with something typed into it."""
    monkeypatch.setattr(cli.justask, "create_app", lambda: app)

    def command(*words, given: str | None = None):
        session.commit()
        return CliRunner().invoke(cli.justask, list(words), input=given, catch_exceptions=False)

    return command


def demo_rows():
    """A demo company in small: an account with two people, a program, a wave, an answer, a task, a sign-in, and a report
    that was frozen with a link to it."""
    person = make.staff(role="admin", is_demo=True, password=make.PASSWORD)
    account = make.account(is_demo=True, owner=person)
    first, second = (make.contact(account=account, is_demo=True) for _ in range(2))
    program = make.program(is_demo=True, sender=person)
    wave = make.wave(program=program, is_demo=True)
    make.answer(3, invitation=make.invitation(wave=wave, contact=first), comment="Slow.")
    make.invitation(wave=wave, contact=second)
    installation(db.session).default_owner_id = person.id
    report = make.saved(
        FrozenReport(
            kind="overview",
            name="Board",
            address={},
            document={},
            last_answer_id=0,
            staff_name="A",
            at=make.NOW,
            on=make.NOW.date(),
        )
    )
    until = make.NOW + timedelta(days=14)
    more = {"has_names": False, "has_comments": False, "made_by": "A", "made_at": make.NOW}
    make.saved(FrozenLink(report_id=report.id, nonce="n" * 32, expires_at=until, **more))
    return account


def rehearsal_rows():
    """A wave launched in rehearsal to people of one's own, with mails, an answer, a task that was worked on."""
    wave = make.wave(is_rehearsal=True)
    ask = make.invitation(wave=wave)
    make.answer(2, invitation=ask, comment="Bad.")
    task = db.session.scalars(sa.select(Task).where(Task.invitation_id == ask.id)).first() or make.task(
        contact=ask.contact, invitation=ask, is_rehearsal=True
    )
    activity = Activity(
        kind=ActivityKind.CALL,
        at=make.NOW,
        words="Called.",
        staff_name="A",
        created_at=make.NOW,
        task_id=task.id,
    )
    touch = Touch(
        account_id=ask.account_id, kind=ActivityKind.CALL, at=make.NOW, is_two_way=True, staff_name="A"
    )
    make.saved(activity)
    touch.activity_id = activity.id
    make.saved(touch)
    letter = make.saved(
        Letter(digest="d" * 64, headers={}, subject="s", text="t", html="h", created_at=make.NOW)
    )
    make.saved(
        OutboxRow(
            kind="invitation",
            ref=str(ask.id),
            group=posting.group_of(wave.id),
            recipient=ask.contact.email,
            letter_id=letter.id,
            message_id="m@x.example",
            state=OutboxState.HELD,
            reason="rehearsal",
            due_at=make.NOW,
        )
    )
    return ask


@pytest.fixture
def spoken():
    """Findings put into words need a language, and nothing else of the application."""
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


@pytest.fixture
def nameserver():
    server = NameServer()
    yield server
    server.close()


@pytest.fixture
def start():
    """`start(...)` runs a mail server on loopback."""
    sinks = []

    def run(**options) -> Sink:
        sinks.append(Sink().start(**options))
        return sinks[-1]

    yield run
    for sink in sinks:
        sink.stop()


@pytest.fixture
def certified(tmp_path):
    """`certified("name", ends_in=days)` gives the TLS context of a server and the file that vouches for it."""

    def make(*names: str, ends_in: float = 90) -> tuple[ssl.SSLContext, str]:
        key = ec.generate_private_key(ec.SECP256R1())
        who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests")])
        now = datetime.now(UTC)
        proved = [x509.IPAddress(ip_address(n)) if n[0].isdigit() else x509.DNSName(n) for n in names]
        signed = (
            x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=400))
            .not_valid_after(now + timedelta(days=ends_in))
            .add_extension(x509.SubjectAlternativeName(proved), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        path = tmp_path / f"{names[0]}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context, str(path)

    return make
