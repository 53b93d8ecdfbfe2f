"""What stands in deploy/: units that systemd understands, settings that exist, a proxy that logs no token."""

from __future__ import annotations

import dataclasses
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import config
from tests.delivery.test_server import certificate  # noqa: F401 fixture

FOLDER = Path(__file__).resolve().parent.parent / "deploy"
UNITS = sorted([*FOLDER.glob("systemd/*.service"), *FOLDER.glob("systemd/*.timer")])
EXAMPLE = FOLDER / "justask.env.example"
COMMANDS = FOLDER / "justask"
PLACE = "/var/lib/justask"
NGINX = FOLDER / "nginx" / "justask.conf"


def given(path: Path) -> dict[str, list[str]]:
    """The settings of a unit; a name may stand there more than once."""
    found: dict[str, list[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        name, sign, value = line.partition("=")
        if sign and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("unit", [pytest.param(path, id=path.name) for path in UNITS])
def test_systemd_understands_the_units(unit, tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not on this machine")
    for path in UNITS:
        text = path.read_text("utf-8").replace("/opt/justask/.venv/bin/justask", "/bin/true")
        (tmp_path / path.name).write_text(text)
    done = subprocess.run(
        [program, "verify", str(tmp_path / unit.name)], capture_output=True, text=True, check=False
    )
    assert [line for line in done.stderr.splitlines() if unit.name in line] == []


def test_services_run_our_commands_closed_and_with_time_to_drain():
    commands = {}
    for path in UNITS:
        unit = given(path)
        if path.suffix == ".service":
            assert unit["User"] == ["justask"]
            assert unit["NoNewPrivileges"] == ["yes"]
            assert unit["Environment"] == [f"JUSTASK_INSTANCE={PLACE}"]
            commands[path.stem] = unit["ExecStart"][0].partition("/bin/justask ")[2]
    assert commands == {
        "justask-web": "serve --no-demo --no-worker",
        "justask-worker": "worker",
        "justask-backup": "backup /var/backups/justask --keep 14",
    }
    for name in ("web", "worker"):
        assert int(given(FOLDER / "systemd" / f"justask-{name}.service")["TimeoutStopSec"][0]) > 30


def test_commands_run_as_the_service_does_with_the_same_settings(tmp_path):
    """The command that an operator types, with a program in the place of ours that tells how it was called."""
    told = tmp_path / "told"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$JUSTASK_INSTANCE|$HOME|$*" > {told}\n')
    program.chmod(0o755)
    user = pwd.getpwuid(os.getuid()).pw_name
    text = COMMANDS.read_text("utf-8").replace("/opt/justask/.venv/bin/justask", str(program))
    text = text.replace('" = justask ]', f'" = {user} ]')
    subprocess.run(["sh", "-c", text, "justask", "backup", "a folder"], check=True)  # noqa: S607
    assert told.read_text() == f"{PLACE}|{PLACE}|backup a folder\n"
    assert os.access(COMMANDS, os.X_OK)


def test_the_example_of_settings_can_be_used_once_its_key_is_filled_in():
    names = {f"JUSTASK_{field.name}" for field in dataclasses.fields(config.Settings)}
    values = config.read_env_file(EXAMPLE)
    assert values.keys() <= names
    with pytest.raises(config.SettingsError, match="JUSTASK_SECRET_KEY"):
        config.load(values)
    settings = config.load(values | {"JUSTASK_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEF"})
    assert (settings.ENGINE, settings.is_production, settings.PROXIES) == ("procrastinate", True, 1)


def test_nginx_hands_on_only_what_it_knows_itself_and_logs_no_token():
    text = re.sub(r"#.*", "", NGINX.read_text("utf-8"))
    assert text.count("{") == text.count("}")
    assert re.search(r"proxy_set_header X-Forwarded-For \$remote_addr;", text)
    assert re.search(r"proxy_set_header X-Forwarded-Proto \$scheme;", text)
    assert "$request_uri" not in text.split("log_format")[1].split(";")[0]
    assert "map $uri $justask_logged_uri" in text
    logs = [
        server.count("access_log /var/log/nginx/justask.log justask;")
        for server in text.split("server {")[1:]
    ]
    assert logs == [1, 1]
    logged = re.compile(r"^/(?P<kind>[au])/[^/?]+")
    assert logged.sub(r"/\g<kind>/(token)", "/a/secret-token/thanks") == "/a/(token)/thanks"
    assert str(logged.pattern).replace("P<kind>", "<justask_kind>") in text


def test_nginx_understands_its_configuration(certificate, tmp_path):  # noqa: F811
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("nginx is not on this machine")
    text = NGINX.read_text("utf-8").replace("/var/log/nginx", str(tmp_path))
    for name in ("fullchain.pem", "privkey.pem"):
        text = text.replace(f"/etc/ssl/surveys.company.example/{name}", str(certificate))
    whole = tmp_path / "nginx.conf"
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {tmp_path}/{kind}; " for kind in kinds)
    whole.write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}}\nhttp {{ access_log off; {paths}\n{text}}}\n"
    )
    done = subprocess.run([program, "-t", "-c", str(whole)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_file_is_named_in_the_guide():
    guide = (FOLDER / "README.md").read_text("utf-8")
    for path in FOLDER.rglob("*"):
        if path.is_file() and path.name != "README.md":
            assert f"`{path.relative_to(FOLDER)}`" in guide
