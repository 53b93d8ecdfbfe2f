"""Each blocker of going live in turn: the page, the command and the domain refuse with the same words and fix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.audit import SYSTEM
from app.core.errors import Refused
from app.core.installation import Installation, installation
from app.core.processes import workers
from app.setup import going_live
from tests import make
from tests.posting import token
from tests.setup.conftest import READY, demo_rows


@dataclass(frozen=True)
class Case:
    """One thing wrong: by a setting or in the database; what is said of it, and the fix."""

    name: str
    code: str
    words: str
    fix: str
    settings: dict = field(default_factory=dict)
    spoil: Callable = lambda session: None


def row_is(**values) -> Callable:
    return lambda session: session.execute(sa.update(Installation).values(values))


def dead_worker(session) -> None:
    session.execute(sa.update(workers.WorkerBeat).values(beat_at=clock.now() - timedelta(minutes=5)))


LOCAL = ("opens only on this machine", "Set JUSTASK_BASE_URL to the https address")
MAIL_FIX = "Send a test mail on the set-up page, under Mail, and press the button in it."
CASES = [
    Case("links to this machine", "base_url", *LOCAL, settings={"BASE_URL": "https://localhost"}),
    Case(
        "links in the clear",
        "base_url",
        "http://ask.example.com, is not https",
        "let JUSTASK_BASE_URL begin with https://",
        settings={"BASE_URL": "http://ask.example.com"},
    ),
    Case(
        "no mail server",
        "test_mail",
        "No mail server is set",
        "Set the server on the set-up page, under Mail",
        settings={"MAIL_URL": "mailbox:"},
    ),
    Case(
        "no confirmed test mail",
        "test_mail",
        "Nobody has confirmed that a test mail arrived.",
        MAIL_FIX,
        spoil=row_is(mail_confirmed_at=None),
    ),
    Case(
        "another mail server than the confirmed one",
        "test_mail",
        "The mail server was changed",
        MAIL_FIX,
        spoil=row_is(setup={"mail_server": "old.example:25"}),
    ),
    Case(
        "dead worker",
        "worker",
        "The worker gives no sign of life",
        "Start it with justask serve, or with justask worker",
        spoil=dead_worker,
    ),
    Case(
        "demo data",
        "demo_data",
        "The demo company is still here",
        "remove it before",
        spoil=lambda session: demo_rows(),
    ),
]


@pytest.fixture(params=CASES, ids=[case.name for case in CASES])
def case(request) -> Case:
    return request.param


@pytest.fixture
def settings(settings, case):
    """The settings of an installation that is ready, but for what the case spoils."""
    return settings.__class__(**{**settings.__dict__, **READY, **case.settings})


def test_each_blocker_is_refused_with_its_words_and_fix(case, app, session, ready, sign_in, run):
    client = sign_in("admin")
    case.spoil(session)
    session.commit()

    page = client.get("/setup/live").text
    refused = client.post("/setup/live", data={"csrf_token": token(page), "confirm": "go live"})
    assert refused.status_code == 409
    answer = run("live", given="go live\n")
    assert (answer.exit_code, answer.stdout) == (1, "")
    with pytest.raises(Refused) as domain:
        given = {"actor": SYSTEM, "now": clock.now(), "confirm": "go live"}
        going_live.go_live(session, app.extensions["settings"], **given)
    assert list(domain.value.errors) == [case.code]
    for told in (page, refused.text, answer.stderr, domain.value.errors[case.code]):
        assert case.words in told
        assert case.fix in told
    session.rollback()
    assert not installation(session).is_live


LOCAL_URLS = ("http://127.0.0.1:8000", "https://127.0.0.1", "https://[::1]", "https://0.0.0.0")


@pytest.mark.parametrize("case", CASES[:1])
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_every_way_to_write_this_machine_is_known(settings, case):
    for url in LOCAL_URLS:
        changed = settings.__class__(**{**settings.__dict__, "BASE_URL": url})
        assert LOCAL[0] in going_live.address_blocker(changed).words


class TestWhatIKnowDoesNotOverride:
    @pytest.fixture
    def case(self):
        return Case("nothing", "", "", "")

    def test_an_installation_that_is_live_already(self, session, ready, run):
        assert run("live", "--i-know").exit_code == 0
        again = run("live", "--i-know")
        assert again.exit_code == 1
        assert again.stderr == "This installation is live already.\n"

    def test_blockers_on_the_page(self, session, ready, sign_in):
        dead_worker(session)
        client = sign_in("admin")
        found = token(client.get("/setup/live").text)
        fields = {"csrf_token": found, "confirm": "go live", "i_know": "1", "in_spite": "1"}
        assert client.post("/setup/live", data=fields).status_code == 409
        assert not installation(session).is_live

    def test_that_only_administrators_go_live(self, session, ready, sign_in):
        client = sign_in("manager")
        found = token(client.get("/reports").text)
        fields = {"csrf_token": found, "confirm": "go live"}
        assert client.post("/setup/live", data=fields).status_code == 403
        assert not installation(session).is_live

    @pytest.mark.parametrize("typed", ["", "yes\n", "golive\n"])
    def test_what_was_not_typed_into_the_command(self, session, ready, run, typed):
        answer = run("live", given=typed)
        assert answer.exit_code == 1
        assert 'Type "go live" to confirm' in answer.stderr
        assert not installation(session).is_live

    @pytest.mark.parametrize("words", [("live",), ("live", "--yes")])
    def test_the_command_goes_live_once_confirmed(self, session, ready, run, words):
        answer = run(*words, given="Go live\n")
        assert answer.exit_code == 0, answer.stderr
        assert installation(session).is_live

    def test_the_page_goes_live_once_confirmed(self, session, ready, sign_in):
        client = sign_in("admin")
        found = token(client.get("/setup/live").text)
        fields = {"csrf_token": found, "confirm": "go live"}
        assert client.post("/setup/live", data=fields).status_code == 303
        assert installation(session).is_live


@pytest.mark.parametrize("case", [CASES[0]])
def test_every_blocker_is_named_at_once(session, ready, run, case):
    dead_worker(session)
    demo_rows()
    ready.mail_confirmed_at = None
    lines = run("live").stderr.splitlines()
    assert lines[0] == "Going live is not possible yet."
    assert len(lines) == 5
    assert all(line.startswith("- ") for line in lines[1:])
    assert make.PASSWORD not in "".join(lines)
