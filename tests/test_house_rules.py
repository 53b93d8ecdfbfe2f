"""House rules that no review should have to repeat: access, migrations, lock files, templates."""

from __future__ import annotations

import re
from pathlib import Path

from app.auth.access import policy_of
from app.core.migrating import check

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
