"""Settings that would have no effect are refused, all together, in sentences."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import config
from app import serving


def problems(tmp_path, **given) -> list[str]:
    with pytest.raises(config.SettingsError) as refusal:
        config.load({f"JUSTASK_{name}": value for name, value in given.items()}, INSTANCE=str(tmp_path))
    return refusal.value.problems


def test_every_problem_is_told_at_once(tmp_path):
    found = problems(
        tmp_path, PORT="many", ENGINE="procrastinate", INBOUND_URL="maildir:", MAIL_URL="ftp://x"
    )
    assert [sentence.split()[0] for sentence in found] == [
        "JUSTASK_PORT",
        "JUSTASK_MAIL_URL",
        "JUSTASK_ENGINE",
        "JUSTASK_INBOUND_URL",
    ]


def test_defaults_work_and_make_a_key_that_only_its_owner_reads(tmp_path):
    settings = config.load({}, INSTANCE=str(tmp_path))
    assert len(settings.SECRET_KEY) >= config.MINIMUM_KEY_LENGTH
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert config.load({}, INSTANCE=str(tmp_path)).SECRET_KEY == settings.SECRET_KEY


def test_a_new_instance_folder_is_closed_to_others_on_the_machine(tmp_path):
    config.load({}, INSTANCE=str(tmp_path / "new"))
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_quotes_around_a_value_are_taken_off_and_those_inside_stay(tmp_path):
    lines = [
        "JUSTASK_BASE_URL='http://127.0.0.1:9000'",
        'JUSTASK_MAIL_FROM="Vendor, Inc." <a@vendor.example>',
    ]
    (tmp_path / "justask.env").write_text("\n".join(lines), "utf-8")
    settings = config.load({}, INSTANCE=str(tmp_path))
    assert settings.BASE_URL == "http://127.0.0.1:9000"
    assert settings.MAIL_FROM == '"Vendor, Inc." <a@vendor.example>'


def test_the_address_of_links_follows_the_port_until_it_is_set(tmp_path):
    def address(**given) -> str:
        return config.load({f"JUSTASK_{k}": v for k, v in given.items()}, INSTANCE=str(tmp_path)).BASE_URL

    assert (address(), address(PORT="9001")) == ("http://127.0.0.1:8000", "http://127.0.0.1:9001")
    (tmp_path / "justask.env").write_text("JUSTASK_BASE_URL=https://ask.vendor.example\n", "utf-8")
    (tmp_path / "justask.env").chmod(0o600)
    assert address(PORT="9001") == "https://ask.vendor.example"


def test_a_port_given_to_serve_does_not_overrule_the_address_in_the_settings_file(tmp_path, monkeypatch):
    (tmp_path / "justask.env").write_text("JUSTASK_BASE_URL=ask.vendor.example\n", "utf-8")
    monkeypatch.setenv("JUSTASK_INSTANCE", str(tmp_path))
    monkeypatch.setenv("JUSTASK_PORT", "8000")  # So that what serve sets is taken back.
    monkeypatch.delenv("JUSTASK_BASE_URL", raising=False)
    said = CliRunner().invoke(serving.serve, ["--port", "9001"])
    assert (said.exit_code, said.stderr.splitlines()[1:]) == (
        1,
        ["  - JUSTASK_BASE_URL must be an http or https address."],
    )


def test_production_refuses_open_files_weak_keys_and_a_debugger(tmp_path):
    (tmp_path / "justask.env").write_text("JUSTASK_MAIL_URL=smtp://user:pass@relay.example\n")
    (tmp_path / "justask.env").chmod(0o644)
    given = {
        "JUSTASK_BASE_URL": "https://surveys.example",
        "JUSTASK_SECRET_KEY": "changeme",
        "FLASK_DEBUG": "1",
    }
    with pytest.raises(config.SettingsError) as refusal:
        config.load(given, INSTANCE=str(tmp_path))
    assert len(refusal.value.problems) == 3
    assert "too weak for production" in refusal.value.problems[0]
    assert "FLASK_DEBUG" in refusal.value.problems[1]
    assert f"chmod 600 {tmp_path / 'justask.env'}" in refusal.value.problems[2]
    (tmp_path / "justask.env").chmod(0o600)
    key = "0123456789-abcdefghijklmnopqrstuvwxyz"
    assert config.load({**given, "JUSTASK_SECRET_KEY": key, "FLASK_DEBUG": "0"}, INSTANCE=str(tmp_path))
    at_home = given | {"JUSTASK_BASE_URL": "http://127.0.0.1:8000"}
    assert config.load(at_home, INSTANCE=str(tmp_path)).SECRET_KEY == "changeme"


def test_an_instance_folder_that_cannot_be_made_is_a_problem_of_the_settings():
    with pytest.raises(config.SettingsError, match="JUSTASK_INSTANCE must name a folder"):
        config.load({}, INSTANCE="/proc/justask")


@pytest.mark.parametrize("sender", ["", "Vendor", "žofie@vendor.example", "Vendor <ask@>"])
def test_a_sender_that_many_servers_could_not_carry_is_a_problem_of_the_settings(tmp_path, sender):
    with pytest.raises(config.SettingsError, match="JUSTASK_MAIL_FROM"):
        config.load({}, INSTANCE=str(tmp_path), MAIL_FROM=sender)
    assert config.load({}, INSTANCE=str(tmp_path), MAIL_FROM="Žofie <ask@bücher.example>")


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "America", "../UTC", "/etc/passwd", "europe/berlin", "a\0b"]
)
def test_a_time_zone_that_there_is_not_is_a_problem_of_the_settings(tmp_path, name):
    with pytest.raises(config.SettingsError, match="JUSTASK_TIME_ZONE"):
        config.load({}, INSTANCE=str(tmp_path), TIME_ZONE=name)
    assert config.load({}, INSTANCE=str(tmp_path), TIME_ZONE="Asia/Kathmandu")
