"""The lines for the settings file read back as what was typed, and the file's own dangers are seen."""

from __future__ import annotations

from email.utils import parseaddr
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import config
from app.delivery.mail.smtp.server import Server
from app.setup.mail import env_lines

TYPED = {
    "host": "smtp.provider.example",
    "port": None,
    "encryption": "starttls",
    "user": "",
    "password": "",
    "sender_name": "",
    "sender": "surveys@vendor.example",
    "base_url": "https://ask.vendor.example/",
    "bounce_domain": "",
    "allow": "",
}
KEY = "0123456789abcdefghijklmnopqrstuvwxyz-key"
ASCII = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


def settings(**given) -> config.Settings:
    return config.Settings(**({"SECRET_KEY": KEY} | given))


def read_back(folder: Path, lines: list[str]) -> config.Settings:
    file = folder / "justask.env"
    file.touch(mode=0o600)
    file.write_text("\n".join(["# ours", *lines, ""]), "utf-8")
    return config.load({}, INSTANCE=str(folder), SECRET_KEY=KEY)


@given(
    user=ASCII,
    password=ASCII,
    encryption=st.sampled_from(list(env_lines.ENCRYPTIONS)),
    port=st.one_of(st.none(), st.integers(1, 65535)),
)
def test_whatever_is_typed_is_read_back(tmp_path_factory, user, password, encryption, port):
    typed = TYPED | {"user": user, "password": password, "encryption": encryption, "port": port}
    lines = env_lines.compose(typed, settings())
    server = Server.from_url(read_back(tmp_path_factory.mktemp("env"), lines).MAIL_URL)
    assert (server.user, server.password) == (user, password)
    assert (server.host, server.port) == (TYPED["host"], port or env_lines.PORTS[encryption])
    assert env_lines.encryption_of(server) == encryption


@pytest.mark.parametrize(
    "name", ["Vendor", "Vendor, Inc.", "Vendor (EU)", "Zoë & Söhne GmbH: Team", "O@Vendor; Co.", ""]
)
def test_a_senders_name_survives_the_file_and_the_header(tmp_path, name):
    found = read_back(tmp_path, env_lines.compose(TYPED | {"sender_name": name}, settings()))
    assert parseaddr(found.MAIL_FROM) == (name, "surveys@vendor.example")


def test_what_is_empty_is_left_out_and_the_rest_is_whole():
    typed = TYPED | {"bounce_domain": "bounces.vendor.example", "allow": "me@vendor.example,vendor.example"}
    assert env_lines.compose(typed, settings()) == [
        "JUSTASK_MAIL_URL=smtp://smtp.provider.example:587?starttls=1",
        "JUSTASK_MAIL_FROM=surveys@vendor.example",
        "JUSTASK_BOUNCE_DOMAIN=bounces.vendor.example",
        "JUSTASK_MAIL_ALLOW=me@vendor.example,vendor.example",
        "JUSTASK_BASE_URL=https://ask.vendor.example",
    ]


def test_options_the_form_does_not_ask_for_stay_with_their_server():
    now_set = "smtp://u:p@smtp.provider.example:25?ca=/etc/ca.pem&hello=us.example&starttls=0"
    url = env_lines.mail_url(TYPED, now_set)
    assert url == "smtp://smtp.provider.example:587?starttls=1&ca=/etc/ca.pem&hello=us.example"
    assert env_lines.mail_url(TYPED | {"host": "other.example"}, now_set).endswith("?starttls=1")


def test_an_address_of_version_six_stands_in_brackets():
    assert env_lines.mail_url(TYPED | {"host": "2001:db8::1"}, "mailbox:").startswith(
        "smtp://[2001:db8::1]:587"
    )


def test_a_file_that_others_can_read_is_noticed_and_so_is_the_environment(tmp_path):
    here = settings(INSTANCE=str(tmp_path))
    assert env_lines.place(here, {}) == env_lines.Place(tmp_path / "justask.env", False, False, [])
    file = tmp_path / "justask.env"
    file.touch(0o600)
    assert not env_lines.place(here, {}).is_open
    file.chmod(0o640)
    found = env_lines.place(here, {"JUSTASK_MAIL_URL": "mailbox:", "JUSTASK_PORT": "1"})
    assert (found.exists, found.is_open, found.overruled) == (True, True, ["JUSTASK_MAIL_URL"])


def test_what_is_set_now_is_shown_without_its_password():
    now_set = settings(
        MAIL_URL="smtps://u:s3cret@smtp.provider.example:465", MAIL_FROM="Vendor <a@vendor.example>"
    )
    shown = env_lines.present(now_set)
    assert "s3cret" not in repr(shown)
    assert (shown["host"], shown["encryption"], shown["sender_name"]) == (
        "smtp.provider.example",
        "tls",
        "Vendor",
    )
    assert env_lines.present(settings())["sender"] == "", "the example address is nobody's sender"
