"""Parts of libraries without the rest, and what the processes of an installation hold in memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.core.processes.memory.imports import Later, bare, hidden, standing_in

ROOT = Path(__file__).resolve().parents[2]
SERVING = "from app.core.processes import web; web.load('wsgi:app')"
SLIM = (
    "from app.delivery.models import Invitation; assert 'dispatch' not in vars(Invitation.__table__.c.state)"
)


def loaded_by(program: str, *libraries: str) -> list[str]:
    """Which of `libraries` a new process has in memory after `program`."""
    code = f"{program}\nimport sys; print(*[m for m in {libraries!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return found.stdout.split()


def test_a_hidden_library_can_be_imported_again_afterwards():
    sys.modules.pop("this", None)
    with hidden("this"), pytest.raises(ImportError):
        __import__("this")
    assert "this" not in sys.modules


def test_a_module_comes_without_its_package(tmp_path, monkeypatch):
    package = tmp_path / "loud"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('the whole package was loaded')")
    (package / "part.py").write_text("VALUE = 1")
    monkeypatch.syspath_prepend(tmp_path)
    with bare("loud"):
        from loud.part import VALUE
    assert VALUE == 1
    assert "loud" not in sys.modules
    with pytest.raises(RuntimeError):
        __import__("loud")


def test_a_stand_in_becomes_the_module_when_something_of_it_is_used():
    sys.modules.pop("this", None)
    with standing_in("this"):
        import this
    assert "this" not in sys.modules
    assert this.d["a"] == "n"
    assert "this" in sys.modules


def test_a_module_that_is_loaded_needs_no_stand_in():
    with standing_in("subprocess"):
        assert sys.modules["subprocess"] is subprocess


def test_a_module_is_imported_when_it_is_first_used():
    sys.modules.pop("this", None)
    later = Later("this")
    assert "this" not in sys.modules
    assert later.d["a"] == "n"
    assert "this" in sys.modules


def test_a_package_that_is_not_installed_is_named():
    with pytest.raises(ModuleNotFoundError, match="no_such_package"), bare("no_such_package"):
        pass


def test_web_processes_hold_no_library_that_pages_do_not_need(tmp_path, monkeypatch):
    monkeypatch.setenv("JUSTASK_INSTANCE", str(tmp_path))
    heavy = (
        "nltk",
        "numpy",
        "scipy",
        "statsmodels",
        "sklearn",
        "pandas",
        "py3langid",
        "alembic",
        "cryptography",
    )
    idle = ("webauthn", "OpenSSL", "pygments", "dns", "yaml", "pdb", "limits.aio", "flufl.bounce")
    assert loaded_by(f"{SERVING}; {SLIM}", *heavy, *idle, "sqlalchemy.dialects.postgresql") == []


def test_the_name_of_a_language_does_not_keep_all_of_it_in_memory():
    code = "from app.core.language.words import own_name; from babel import localedata; print("
    code += "*[own_name(tag) for tag in ('de', 'pt', 'ar')], len(localedata._cache), own_name('nb'), own_name('pt-BR'))"
    found = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], cwd=ROOT, capture_output=True, check=True
    )
    assert found.stdout.decode().strip() == "Deutsch Português العربية 0 Norsk bokmål Português (Brasil)"
