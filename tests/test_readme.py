"""The README says what is there: every setting, every package, the import rule as it is enforced."""

import re
from pathlib import Path

from app.cli import justask
from tests.test_architecture import APP, DOOR_PACKAGES, ORDER
from tools import settings_table

README = Path(__file__).resolve().parent.parent / "README.md"
NOT_PACKAGES = {"templates", "static", "translations"}


def test_readme_has_the_settings_of_config():
    text = README.read_text("utf-8")
    assert settings_table.with_table(text) == text, "run: python tools/settings_table.py"


def test_readme_maps_every_package():
    packages = {path.name for path in APP.iterdir() if (path / "__init__.py").exists()}
    mapped = set(re.findall(r"^\| `app/(\w+)/`", README.read_text("utf-8"), re.MULTILINE))
    assert mapped - NOT_PACKAGES == packages
    empty = set(
        re.findall(r"^\| `app/(\w+)/` \|[^\n]*nothing is here yet", README.read_text("utf-8"), re.MULTILINE)
    )
    assert {name for name in empty if len(list((APP / name).glob("*.py"))) > 1} == set()


def test_readme_states_the_import_rule_that_is_enforced():
    text = README.read_text("utf-8")
    assert " <- ".join(["core, extensions", *ORDER]) in text
    assert all(f"`{package}/`" in text.partition("Doors (")[2].partition(")")[0] for package in DOOR_PACKAGES)


def test_readme_names_commands_that_exist_and_all_of_them():
    table = README.read_text("utf-8").partition("## Commands")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE)
    named = {words.split(" ")[0] for cell in cells for words in re.findall(r"`([^`]+)`", cell)}
    shown = {name for name, command in justask.commands.items() if not command.hidden}
    assert named == shown
    for words in re.findall(r"`([a-z]+ [a-z]+)[^`]*`", " ".join(cells)):
        group, name = words.split()
        assert name in justask.commands[group].commands, words
