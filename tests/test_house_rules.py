"""House rules that no review should have to repeat: access, migrations, lock files, templates."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa

from app import journey
from app.auth.access import policy_of
from app.core.database.migrating import check
from app.extensions import Base
from tools import words

ROOT = Path(__file__).resolve().parent.parent
LOCKS = [*ROOT.glob("requirements*.txt"), *ROOT.glob("package-lock.json")]


def test_every_route_declares_its_access(app):
    undeclared = [r.endpoint for r in app.url_map.iter_rules() if policy_of(app, r.endpoint) is None]
    assert undeclared == []


def test_a_route_without_access_is_found_and_refused(app, client):
    app.add_url_rule("/planted", "planted", lambda: "open", methods=["GET"])
    assert policy_of(app, "planted") is None
    assert client.get("/planted").status_code == 403


def test_models_equal_migrations(app):
    check()


def test_lock_files_carry_no_address():
    for lock in LOCKS:
        assert not re.search(
            r'"resolved"|--index-url|--extra-index-url|https?://',
            lock.read_text("utf-8").replace("https://opencollective", ""),
        ), lock.name


def test_templates_hold_no_unescaped_text_and_no_inline_script():
    for template in (ROOT / "app" / "templates").rglob("*.html"):
        source = template.read_text("utf-8")
        assert "|safe" not in source.replace(" ", ""), template
        assert not re.search(r"<script(?![^>]*\bsrc=)", source), template
        assert not re.search(r"\son[a-z]+\s*=\s*[\"']", source), template


VERBS = {"contact_id": {"tell", "forget", "move_person"}, "account_id": {"move_account"}}
TARGETS = {"contacts": "contact_id", "accounts": "account_id"}


def tables_of_packages() -> list[tuple[str, sa.Table]]:
    return [(m.class_.__module__.split(".")[1], m.local_table) for m in Base.registry.mappers]


def verbs_of_packages() -> dict[str, set[str]]:
    """What each package offers among those that journey calls when a person is erased or accounts are merged."""
    found: dict[str, set[str]] = {}
    for function in (*journey.TELL, *journey.FORGET, *journey.MOVE_ACCOUNT, *journey.MOVE_PERSON):
        found.setdefault(function.__module__.split(".")[1], set()).add(function.__name__)
    return found


def lacking(tables: list[tuple[str, sa.Table]]) -> set[tuple[str, str, str]]:
    """(package, table, verb) for each table about people or accounts whose package cannot let go of them."""
    offered, found = verbs_of_packages(), set()
    for package, table in tables:
        named = {column.name for column in table.columns} & VERBS.keys()
        named |= {TARGETS[k.column.table.name] for k in table.foreign_keys if k.column.table.name in TARGETS}
        for column in named:
            found |= {(package, table.name, verb) for verb in VERBS[column] - offered.get(package, set())}
    return found


def test_every_package_can_forget_a_person_and_move_an_account():
    assert lacking(tables_of_packages()) == set()


def test_a_table_about_people_in_a_package_that_forgets_nobody_is_found():
    planted = sa.Table(
        "planted",
        sa.MetaData(),
        sa.Column("id", sa.Integer),
        sa.Column("who", sa.ForeignKey(Base.metadata.tables["contacts"].c.id)),
        sa.Column("account_id", sa.Integer),
    )
    assert lacking([("integrations", planted)]) == {
        ("integrations", "planted", verb) for verb in ("tell", "forget", "move_account", "move_person")
    }
    assert lacking([("sentiment", planted)]) == {("sentiment", "planted", "move_person")}


def test_every_word_for_respondents_is_in_every_catalogue_and_translated():
    template = words.extracted()
    for code in words.languages():
        path = words.file_of(code)
        assert path.read_text("utf-8") == words.updated(code, template), "run: make words (tools/words.py)"
        assert words.untranslated(code) == [], f"translate these in {path}"


def test_no_file_keeps_the_marks_of_a_merge():
    kinds = (".py", ".css", ".js", ".html", ".md", ".txt", ".toml", ".json", ".po")
    ours = [
        path
        for folder in ("app", "bench", "deploy", "docs", "migrations", "tests", "tools")
        for path in (ROOT / folder).rglob("*")
    ]
    kept = [
        path for path in [*ours, *ROOT.glob("*.*")] if path.suffix in kinds and "vendor" not in path.parts
    ]
    marks = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
    assert [
        str(path) for path in kept if path.is_file() and marks.search(path.read_text("utf-8", "replace"))
    ] == []
