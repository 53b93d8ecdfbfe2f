"""The mail step: lines to copy, tests that keep nobody waiting, and a test mail that somebody says arrived."""

from __future__ import annotations

import logging
import re

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.audit import AuditEvent
from app.core.database import transactions
from app.core.installation import installation
from app.extensions import Base, db
from app.jobs import job_named
from tests import make
from tests.delivery.sink import only
from tests.posting import token

PASSWORD = "s3cret+word"
TYPED = {
    "host": "smtp.provider.example",
    "port": "587",
    "encryption": "starttls",
    "user": "ask@vendor.example",
    "password": PASSWORD,
    "sender_name": "Vendor",
    "sender": "surveys@vendor.example",
    "base_url": "https://ask.vendor.example",
    "do": "lines",
}


@pytest.fixture
def post(app, sign_in):
    client = sign_in("admin")

    def send(path, *, part: bool = False, **fields):
        found = token(client.get("/setup/mail").text)
        headers = {"HX-Request": "true"} if part else {}
        return client.post(path, data={"csrf_token": found} | fields, headers=headers)

    send.client = client
    return send


def use(app, **changes) -> None:
    """Let the application run with other settings, as after a restart."""
    app.extensions["settings"] = app.extensions["settings"].__class__(
        **(app.extensions["settings"].__dict__ | changes)
    )


def everything_stored() -> str:
    db.session.rollback()
    return repr([db.session.execute(sa.select(table)).all() for table in Base.metadata.sorted_tables])


def test_the_lines_are_shown_with_their_place_and_stored_nowhere(post, settings, caplog):
    caplog.set_level(logging.DEBUG)
    page = post("/setup/mail/lines", **TYPED)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    url = "smtp://ask%40vendor.example:s3cret%2Bword@smtp.provider.example:587?starttls=1"
    assert f"JUSTASK_MAIL_URL={url}" in page.text
    assert f"install -m 600 /dev/null {settings.instance}/justask.env" in page.text
    assert "restart JustAsk" in page.text
    assert not (settings.instance / "justask.env").exists()
    assert "s3cret" not in everything_stored() + caplog.text
    assert "s3cret" not in post.client.get("/setup/mail").text


def test_the_password_is_not_filled_in_again(post):
    page = post("/setup/mail/lines", **TYPED | {"host": "two words", "do": "lines"})
    assert page.status_code == 400
    assert "s3cret" not in page.text


@pytest.mark.parametrize(
    ("field", "given", "words"),
    [
        ("host", "", "This is needed."),
        ("host", "https://smtp.provider.example", "Only the server"),
        ("host", "smtp", "looks like smtp.provider.example"),
        ("port", "99999", "between 1 and 65535"),
        ("port", "abc", "Not a valid integer"),
        ("password", "", "Type the password"),
        ("password", "pässword", "ASCII"),
        ("user", "", "no user"),
        ("sender", "nobody", "not an e-mail address"),
        ("sender_name", '"Vendor"', "quotation marks"),
        ("base_url", "ask.vendor.example", "begins with https://"),
        ("bounce_domain", "no domain", "is not a domain"),
        ("allow", "me@vendor.example, x y", "neither an address nor a domain"),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_mistake_stands_at_its_field(post, field, given, words):
    page = post("/setup/mail/lines", part=True, **TYPED | {field: given})
    assert page.status_code == 400
    place = "password" if (field, given) == ("user", "") else field
    assert words in page.text.partition(f'id="{place}-error"')[2][:500]
    assert "<html" not in page.text


def test_an_address_without_https_is_told(post):
    page = post("/setup/mail/lines", **TYPED | {"base_url": "http://127.0.0.1:8000"})
    assert "Going live asks for an https address" in page.text


def test_a_setting_in_the_environment_is_named(post, monkeypatch):
    monkeypatch.setenv("JUSTASK_MAIL_URL", "mailbox:")
    assert "they are set in the environment, which wins" in post("/setup/mail/lines", **TYPED).text


def test_what_is_typed_is_tested_before_a_restart(app, post, start, nameserver):
    app.extensions["dns_lookup"] = nameserver.lookup()
    sink = start(authenticator=only("u", PASSWORD), auth_required=True)
    typed = TYPED | {"host": "127.0.0.1", "port": str(sink.port), "encryption": "none", "user": "u"}
    page = post("/setup/mail/lines", part=True, **typed | {"do": "test"}).text
    assert "may sign in and send as surveys@vendor.example" in page
    assert "has no SPF record" in page
    assert "s3cret" not in page
    wrong = post("/setup/mail/lines", part=True, **typed | {"do": "test", "password": "wr0ng!"}).text
    assert "535" in wrong
    assert "wr0ng!" not in wrong


def test_a_test_may_use_the_password_that_is_set_for_the_same_server(app, post, start, nameserver):
    app.extensions["dns_lookup"] = nameserver.lookup()
    sink = start(authenticator=only("u", PASSWORD), auth_required=True)
    use(app, MAIL_URL=f"smtp://u:s3cret%2Bword@127.0.0.1:{sink.port}?starttls=0")
    typed = TYPED | {"host": "127.0.0.1", "port": str(sink.port), "encryption": "none", "user": "u"}
    page = post("/setup/mail/lines", part=True, **typed | {"do": "test", "password": ""}).text
    assert "may sign in" in page
    assert "s3cret" not in page
    other = typed | {"do": "test", "password": "", "user": "somebody"}
    assert post("/setup/mail/lines", part=True, **other).status_code == 400


@pytest.mark.parametrize("change", [{"encryption": "none"}, {"port": "1"}])
def test_the_password_that_is_set_goes_no_other_way(app, post, start, nameserver, change):
    app.extensions["dns_lookup"] = nameserver.lookup()
    sink = start(authenticator=only("u", PASSWORD), auth_required=True)
    use(app, MAIL_URL=f"smtp://u:s3cret%2Bword@127.0.0.1:{sink.port}?starttls=1")
    typed = TYPED | {"host": "127.0.0.1", "port": str(sink.port), "encryption": "starttls", "user": "u"}
    page = post("/setup/mail/lines", part=True, **typed | {"do": "test", "password": ""} | change)
    assert page.status_code == 400
    assert "Type the password" in page.text


def test_the_present_settings_are_shown_without_the_password_and_tested(app, post, start, nameserver, caplog):
    caplog.set_level(logging.DEBUG)
    app.extensions["dns_lookup"] = nameserver.lookup()
    nameserver.txt("_dmarc.vendor.example", "v=DMARC1; p=none")
    sink = start(authenticator=only("u", "another"), auth_required=True)
    url = f"smtp://u:s3cret%2Bword@127.0.0.1:{sink.port}?starttls=0"
    use(app, MAIL_URL=url, MAIL_FROM="Vendor <surveys@vendor.example>")
    page = post.client.get("/setup/mail").text
    assert "set, not shown" in page
    page = post("/setup/mail/tests").text
    assert "535" in page
    assert "app password" in page
    assert "asks receivers to watch only" in page
    assert page.count('class="finding finding--') == 6
    part = post("/setup/mail/tests/connection", part=True)
    assert part.status_code == 200
    assert "answers and takes our greeting" in part.text
    assert "<html" not in part.text
    assert part.text.count("<li") == 1
    assert "s3cret" not in page + part.text + caplog.text + everything_stored()


def test_without_a_server_there_is_nothing_to_test(post):
    assert "Test everything" not in post.client.get("/setup/mail").text
    assert post("/setup/mail/tests").status_code == 409
    assert post("/setup/mail/tests/nonsense").status_code == 404


@pytest.mark.settings_with(MAIL_URL="smtp://127.0.0.1:1", MAIL_FROM="a@vendor.example")
def test_a_slow_test_keeps_the_database_from_nobody(app, post):
    """While DNS is asked, another connection can write at once: the request holds no transaction."""
    done = []

    def ask(name, kind):
        engine = transactions.writer(db.engine).execution_options(**{transactions.PATIENCE: 0.5})
        with engine.begin() as connection:
            done.append(connection.execute(sa.text("UPDATE installation SET product = 'x'")).rowcount)
        return []

    app_engine = db.engine

    def in_context(name, kind):
        with app.app_context():
            assert db.engine is app_engine
            return ask(name, kind)

    app.extensions["dns_lookup"] = in_context
    page = post("/setup/mail/tests/spf", part=True)
    assert page.status_code == 200
    assert "has no SPF record" in page.text
    assert done
    assert set(done) == {1}


@pytest.mark.settings_with(MAIL_URL="smtp://127.0.0.1:1", MAIL_FROM="a@vendor.example")
def test_the_selector_is_remembered(app, post, session, nameserver):
    app.extensions["dns_lookup"] = nameserver.lookup()
    page = post("/setup/mail/tests/dkim", part=True, selector="S7._domainkey.vendor.example").text
    assert "s7._domainkey.vendor.example" in page
    assert installation(session).setup["dkim_selector"] == "s7"
    assert 'value="s7"' in post.client.get("/setup/mail").text


def test_the_allow_list_is_kept_and_checked_line_by_line(post, session):
    assert post("/setup/allow-list", allowed="Me@own.example\nown.example").status_code == 303
    page = post("/setup/allow-list", allowed="own.example\nnonsense")
    assert page.status_code == 400
    assert "nonsense is neither an address nor a domain" in page.text.partition('id="allowed-error"')[2][:300]
    assert installation(session).allowed_recipients == ["me@own.example", "own.example"]
    assert post("/setup/allow-list", allowed="").status_code == 303
    assert installation(session).allowed_recipients == []


# The test mail


def test_a_test_mail_is_confirmed_by_its_link_and_a_press(app, post, session, start):
    use(app, MAIL_URL=f"smtp://127.0.0.1:{start().port}")
    assert post("/setup/test-mail").status_code == 303
    letter = session.execute(sa.text("SELECT text FROM outbox_letters")).scalar_one()
    code = re.search(r"/setup/confirm/([\w-]+)", letter)[1]
    assert post.client.get(f"/setup/confirm/{code}").status_code == 200
    assert installation(session).mail_confirmed_at is None, "opening the link is not enough"
    assert post("/setup/confirm/wrong").status_code == 409
    assert post(f"/setup/confirm/{code}").status_code == 303
    assert installation(session).mail_confirmed_at
    assert "A test mail arrived" in post.client.get("/setup/mail").text
    actions = set(session.scalars(sa.select(AuditEvent.action)))
    assert {"test_mail.sent", "test_mail.confirmed"} <= actions


def test_it_arrived_can_be_said_once_it_has_left(app, post, session, start, settings):
    sink = start()
    use(app, MAIL_URL=f"smtp://127.0.0.1:{sink.port}")
    assert post("/setup/test-mail/arrival").status_code == 409
    post("/setup/test-mail")
    page = post.client.get("/setup/mail").text
    assert "waits to be sent" in page
    assert "It arrived" not in page
    assert post("/setup/test-mail/arrival").status_code == 409
    send_mail(app, session)
    assert [taken.to for taken in sink.taken] == [post.client.person.email]
    assert "It arrived" in post.client.get("/setup/mail").text
    assert post("/setup/test-mail/arrival").status_code == 303
    assert installation(session).mail_confirmed_at
    use(app, MAIL_URL="smtp://other.example:25")
    assert "A test mail arrived" not in post.client.get("/setup/mail").text
    assert post("/setup/test-mail/arrival").status_code == 409, "it went through another server"


def test_a_mail_server_that_refuses_is_quoted_on_the_page(app, post, session, start):
    sink = start()
    sink.on("rcpt", "550 5.7.1 no relaying for you")
    use(app, MAIL_URL=f"smtp://127.0.0.1:{sink.port}")
    post("/setup/test-mail")
    send_mail(app, session)
    page = post.client.get("/setup/mail").text
    assert "550 5.7.1 no relaying for you" in page
    assert "It arrived" not in page


def send_mail(app, session) -> None:
    session.commit()
    app.extensions.pop("mailer", None)
    job_named("send_mail").work(clock.now())
    session.commit()


@pytest.mark.settings_with(MAIL_URL="smtp://127.0.0.1:1")
def test_somebody_of_the_demo_is_told_that_their_address_is_invented(sign_in):
    page = sign_in("admin", is_demo=True).get("/setup/mail").text
    assert "whose address is invented" in page
    assert "still the example address" in page
    assert "whose address is invented" not in sign_in("admin").get("/setup/mail").text


def test_only_administrators_see_any_of_it(sign_in):
    for role in ("viewer", "csm", "manager"):
        client = sign_in(role)
        for path in ("/setup", "/setup/mail", "/setup/live", "/settings/installation"):
            assert client.get(path).status_code == 403
        assert make.PASSWORD not in client.get("/settings").text
        assert "/setup" not in client.get("/settings").text
