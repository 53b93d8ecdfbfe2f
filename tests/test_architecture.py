"""The two-sentence import rule of the design, read from the imports themselves."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "app"
ORDER = [
    "auth",
    "contacts",
    "surveys",
    "delivery",
    "responses",
    "sentiment",
    "followups",
    "health",
    "reports",
    "integrations",
    "journey",
]
BASE = {"core", "extensions"}
DOOR_PACKAGES = {"public", "api", "demo", "setup"}
DOOR_FILES = {"routes", "cli", "jobs", "passes", "doors", "schema"}
ROOT_FILE = "__init__"


def part_of(path: Path) -> str:
    relative = path.relative_to(APP)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def is_door_name(name: str) -> bool:
    """`routes`, `cli` and the like; a long door may be cut into `staff_routes`, `key_routes`."""
    return name in DOOR_FILES or name.endswith("_routes")


def is_door(path: Path) -> bool:
    return part_of(path) in DOOR_PACKAGES or is_door_name(path.stem) or path == APP / f"{ROOT_FILE}.py"


def imported(tree: ast.AST) -> list[str]:
    """Names of our own modules that `tree` imports, `app.` included."""
    found = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ImportFrom)
            and (node.module or "").partition(".")[0] == "app"
            and not node.level
        ):
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.partition(".")[0] == "app"]
    return found


def names_a_door(name: str) -> bool:
    parts = name.split(".")[1:]
    return bool(parts) and (parts[0] in DOOR_PACKAGES or any(map(is_door_name, parts[:2])))


def violations(path: Path, source: str) -> list[str]:
    """What `source`, standing at `path`, imports against the rule."""
    if path == APP / f"{ROOT_FILE}.py":
        return []
    own, found = part_of(path), []
    for name in imported(ast.parse(source)):
        target = name.split(".")[1] if "." in name else ""
        if not is_door(path) and names_a_door(name):
            found.append(f"{path.name} imports the door {name}")
        elif not is_door(path) and target != own and target not in BASE and own in BASE:
            found.append(f"{path.name}, which is basic, imports {name}")
        elif (
            not is_door(path) and target in ORDER and own in ORDER and ORDER.index(target) > ORDER.index(own)
        ):
            found.append(f"{own} imports {name}, which stands to its right")
    return found


def nested_imports(source: str) -> list[int]:
    """Lines with an import inside a function."""
    functions = [
        n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return [n.lineno for f in functions for n in ast.walk(f) if isinstance(n, ast.Import | ast.ImportFrom)]


def sources() -> list[tuple[Path, str]]:
    return [(path, path.read_text("utf-8")) for path in sorted(APP.rglob("*.py"))]


def test_packages_import_only_to_their_left():
    assert [v for path, source in sources() for v in violations(path, source)] == []


def test_a_planted_violation_is_found():
    assert violations(APP / "contacts" / "models.py", "from app.followups import models")
    assert violations(APP / "core" / "text.py", "from app.auth.models import Staff")
    assert violations(APP / "journey.py", "from app.delivery.routes import blueprint")
    assert violations(APP / "health" / "queries.py", "import app.public")
    assert not violations(APP / "health" / "queries.py", "from app.contacts import models")


def test_imports_stand_at_the_top_of_a_file():
    allowed = APP / f"{ROOT_FILE}.py"
    assert {str(p): nested_imports(s) for p, s in sources() if p != allowed and nested_imports(s)} == {}
    assert nested_imports("def f():\n    import os")


def test_files_and_packages_stay_small():
    long = {str(p): s.count("\n") for p, s in sources() if s.count("\n") > 400}
    assert long == {}
    crowded = {str(p): len(modules_of(p)) for p in packages() if p != APP and len(modules_of(p)) > 9}
    assert crowded == {}


def packages() -> list[Path]:
    return [path.parent for path in APP.rglob("__init__.py")]


def modules_of(package: Path) -> list[Path]:
    """The modules of a folder that hold rules: its models and its doors are counted out, as one resource a file is."""
    if package == APP / "api":
        return []
    return [
        m for m in package.glob("*.py") if m.stem not in {"__init__", "models"} and not is_door_name(m.stem)
    ]


def test_a_crowded_package_is_found(tmp_path):
    for number in range(10):
        (tmp_path / f"rule_{number}.py").touch()
    (tmp_path / "task_routes.py").touch()
    assert len(modules_of(tmp_path)) == 10


def test_no_function_is_longer_than_fifty_lines():
    found = []
    for path, source in sources():
        functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]
        found += [f"{path.name}:{f.name}" for f in functions if (f.end_lineno or 0) - f.lineno >= 50]
    assert found == []


def test_every_module_says_what_it_owns():
    assert [str(p) for p, s in sources() if not ast.get_docstring(ast.parse(s))] == []


def commits(source: str) -> list[int]:
    """Lines that call `.commit()`."""
    calls = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call)]
    return [c.lineno for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr == "commit"]


def test_only_doors_commit():
    outside = {
        str(p): commits(s)
        for p, s in sources()
        if not is_door(p) and p != APP / "core" / "outbox.py" and commits(s)
    }
    assert outside == {}
    assert commits("def f(session):\n    session.commit()") == [2]


FORBIDDEN_NAMES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "services",
    "service",
    "manager",
    "common",
    "process",
    "handle",
    "misc",
}


def test_no_module_has_a_name_that_says_nothing():
    assert [
        str(p) for p, _ in sources() if p.stem in FORBIDDEN_NAMES or p.parent.name in FORBIDDEN_NAMES
    ] == []
