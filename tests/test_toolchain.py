"""The set-up: locked, without addresses, and honest about a machine that lacks something."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools import front_end, install

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted(ROOT.glob("requirements*.txt"))


def program(path: Path, body: str) -> Path:
    """An executable shell script at `path`."""
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def run(*command, **environment) -> subprocess.CompletedProcess:
    """Run a tool with nothing in the environment but what is given."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("lock", [*LOCKS, ROOT / "package-lock.json"], ids=lambda path: path.name)
def test_lock_files_hold_no_address(lock):
    assert not re.search(r"://|--(extra-)?index|--find-links", lock.read_text())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_python_package_has_a_hash(lock):
    pinned = re.findall(r"^\S+==.*(?:\n .*)*", lock.read_text(), re.MULTILINE)
    assert pinned
    assert [entry.splitlines()[0] for entry in pinned if "--hash=sha256:" not in entry] == []


def test_every_locked_front_end_package_has_a_hash():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


def test_every_input_has_a_lock():
    assert {path.stem for path in ROOT.glob("requirements*.in")} == {path.stem for path in LOCKS}


def test_help_explains_every_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split()) - {"anew"}
    explained = set(re.findall(r"^([a-z]+):.*## \S", makefile, re.MULTILINE))
    assert targets == explained


def test_the_check_of_a_submission_lints_and_tests():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert {"make lint", "make test"} <= set(script.read_text().splitlines())


def test_python_that_is_too_old_is_passed_over(tmp_path):
    program(tmp_path / "python3", "exit 1")
    program(tmp_path / "python3.12", f'exec "{sys.executable}" "$@"')
    found = run("/bin/sh", "tools/find_python.sh", PATH=str(tmp_path))
    assert found.stdout.strip() == str(tmp_path / "python3.12")


def test_python_without_venv_says_what_to_install(tmp_path):
    program(tmp_path / "python3", 'case "$2" in *ensurepip*) exit 1;; esac')
    found = run("/bin/sh", "tools/find_python.sh", PATH=str(tmp_path))
    assert found.returncode == 1
    assert "python3-venv" in found.stderr


def test_named_python_that_does_not_run_is_an_error(tmp_path):
    found = run("/bin/sh", "tools/find_python.sh", PATH=os.environ["PATH"], PYTHON=str(tmp_path / "python3"))
    assert found.returncode == 1
    assert "PYTHON=" in found.stderr


def test_pip_mirror_is_used_by_uv(monkeypatch):
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    monkeypatch.delenv("UV_INDEX_URL", raising=False)
    said = "global.index-url='https://mirror.example.com/simple'\nglobal.trusted-host='mirror.example.com'\n"
    assert install.from_pip(said) == {
        "UV_DEFAULT_INDEX": "https://mirror.example.com/simple",
        "UV_INSECURE_HOST": "mirror.example.com",
    }


def test_pip_environment_wins_over_pip_files(monkeypatch):
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    monkeypatch.delenv("UV_INDEX_URL", raising=False)
    said = ":env:.index-url='https://mine.example.com'\nglobal.index-url='https://theirs.example.com'\n"
    assert install.from_pip(said) == {"UV_DEFAULT_INDEX": "https://mine.example.com"}


def test_index_set_for_uv_wins_over_pip(monkeypatch):
    monkeypatch.setenv("UV_INDEX_URL", "https://uv.example.com")
    assert install.from_pip("global.index-url='https://pip.example.com'\n") == {}


@pytest.mark.parametrize(
    ("version", "npm_exits", "taken"), [("v18.20.0", 0, False), ("v20.1.0", 0, True), ("v24.0.0", 1, False)]
)
def test_node_of_the_machine_is_taken_only_if_it_will_do(tmp_path, monkeypatch, version, npm_exits, taken):
    program(tmp_path / "node", f"echo {version}")
    program(tmp_path / "npm", f"exit {npm_exits}")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (front_end.node_on_path() is not None) is taken


def test_served_files_ask_for_no_source_map():
    assert front_end.without_source_map("a{}\n/*# sourceMappingURL=a.css.map */\n") == "a{}\n"
    assert front_end.without_source_map("let a\n//# sourceMappingURL=a.js.map") == "let a\n"


def test_icons_are_named_once_and_in_order():
    names = front_end.ICONS.read_text().split()
    assert names == sorted(set(names))


def test_icons_that_templates_ask_for_are_on_the_sheet():
    templates = (ROOT / "app" / "templates").rglob("*.html")
    asked = {
        name for path in templates for name in re.findall(r"\bicon\('([a-z0-9-]+)'", path.read_text("utf-8"))
    }
    assert asked - set(front_end.ICONS.read_text().split()) == set()


@pytest.mark.skipif(not front_end.VENDOR.exists(), reason="make assets has not run in this checkout")
def test_served_files_are_there_with_their_licences():
    served = {Path(file).name for files in front_end.SERVED.values() for file in files}
    assert {"icons.svg", "LICENSES.txt", *served} <= {path.name for path in front_end.VENDOR.iterdir()}


def test_missing_browser_is_loud_and_a_failure_in_ci(tmp_path):
    alone = run(sys.executable, "tools/find_browser.py", PATH=str(tmp_path), HOME=str(tmp_path))
    assert (alone.returncode, alone.stdout) == (0, "")
    assert "SKIPPED" in alone.stderr
    in_ci = run(sys.executable, "tools/find_browser.py", PATH=str(tmp_path), HOME=str(tmp_path), CI="true")
    assert (in_ci.returncode, in_ci.stdout) == (1, "")


def test_browser_that_does_not_start_is_passed_over(tmp_path):
    program(tmp_path / "chromium", "exit 1")
    works = program(tmp_path / "google-chrome", "exit 0")
    found = run(sys.executable, "tools/find_browser.py", PATH=str(tmp_path), HOME=str(tmp_path))
    assert found.stdout.strip() == str(works)


def test_an_installed_package_has_everything_that_is_not_code():
    """What setuptools is not told of would be missing from a wheel only, where no other test looks."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        taken = tomllib.load(file)["tool"]["setuptools"]["package-data"]["*"]
    files = [
        path for folder in ("app", "migrations") for path in (ROOT / folder).rglob("*") if path.is_file()
    ]
    endings = {f"*{path.suffix}" for path in files if path.suffix and "__pycache__" not in path.parts}
    assert {"*.po", "*.html"} <= endings
    assert endings - {"*.py"} <= set(taken)
