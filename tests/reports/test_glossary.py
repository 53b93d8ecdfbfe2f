"""One file says what every figure means, and no page, file or answer of the API has a figure that it does not list."""

from __future__ import annotations

import ast
import csv
import io
import re
import zipfile
from pathlib import Path

import marshmallow as ma
import pytest

from app.api.protocol.fields import Shown
from app.reports.glossary import metrics
from app.reports.overview import SERIES_HEAD
from app.reports.themes.theme_routes import CSV_HEAD as THEMES_HEAD

APP = Path(__file__).resolve().parents[2] / "app"
USES = re.compile(r"""\bmetric\((?:"|')([\w.]+)(?:"|')\)|\bFigure\("(\w+)\"""")
NO_FIGURES = {"status", "code"}  # By HTTP: of an error, and of what answered a webhook.


@pytest.fixture
def database_kind():
    return "sqlite"


def heads() -> dict[str, list[str]]:
    """The heads of exports, by their file: what is assigned to a name that ends in HEAD in a door or a report."""
    found = {}
    sources = {path: path.read_text("utf-8") for path in sorted(APP.rglob("*.py"))}
    for path in (path for path, source in sources.items() if "HEAD =" in source):
        for node in ast.walk(ast.parse(sources[path])):
            names = [t.id for t in getattr(node, "targets", []) if isinstance(t, ast.Name)]
            if isinstance(node, ast.Assign) and any(re.search(r"(^|_)HEAD$", name) for name in names):
                words = [c.value for c in ast.walk(node.value) if isinstance(c, ast.Constant)]
                found[f"{path.parent.name}/{path.stem}:{names[0]}"] = [w for w in words if isinstance(w, str)]
    return found


def shown_schemas(of: type = Shown):
    for schema in of.__subclasses__():
        yield schema
        yield from shown_schemas(schema)


def unlisted(names: list[str], of: str = "") -> list[str]:
    return [
        name
        for name in names
        if name and name not in metrics.COLUMNS | NO_FIGURES and not metrics.named(name, of)
    ]


def test_every_column_of_an_export_is_listed():
    found = heads()
    assert "reports/overview:SERIES_HEAD" in found
    pieces = {"_colour", "of_", "s"}
    bad = {file: set(unlisted(names, file.partition("/")[0])) - pieces for file, names in found.items()}
    assert {file: names for file, names in bad.items() if names} == {}
    assert unlisted([*THEMES_HEAD, *SERIES_HEAD], "themes") == []
    assert unlisted(["nps", "planted"]) == ["planted"]


def test_every_figure_of_the_api_is_listed_and_said_in_its_document(client):
    schemas = client.get("/api/v1/openapi.json").json["components"]["schemas"]
    numbers = {
        (schema.__name__, name)
        for schema in shown_schemas()
        if schema.__module__ != __name__
        for name, field in schema._declared_fields.items()
        if isinstance(field, ma.fields.Integer | ma.fields.Float)
    }
    assert len(numbers) > 80
    assert [pair for pair in sorted(numbers) if unlisted([pair[1]], pair[0])] == []
    assert schemas["NpsPoint"]["properties"]["nps"]["description"].startswith("NPS. Net Promoter Score")
    assert "whose day has not ended" in schemas["LoopTally"]["properties"]["open"]["description"]


def test_every_figure_that_a_page_names_is_listed():
    sources = [*APP.rglob("*.html"), *APP.rglob("*.py")]
    used = {key for path in sources for pair in USES.findall(path.read_text("utf-8")) for key in pair if key}
    assert len(used) > 20
    assert used - metrics.METRICS.keys() == set()


def test_every_entry_is_whole_and_no_name_means_two_things():
    names = [name for one in metrics.METRICS.values() for name in one.names]
    assert len(names) == len(set(names))
    for one in metrics.METRICS.values():
        said = (one.english, one.says, one.counted, one.unit, one.bounds, one.comes_from)
        assert all(said), one.key
        assert not set(one.key) - set("abcdefghijklmnopqrstuvwxyz_")
    assert not metrics.METRICS.keys() & metrics.COLUMNS - {"answers", "value"}


def test_the_page_finds_a_figure_and_the_file_has_all(app, sign_in):
    client = sign_in("viewer")
    whole = client.get("/glossary").text
    assert all(f'id="{key}"' in whole for key in metrics.METRICS)
    found = client.get("/glossary?q=promises+kept").text
    assert 'id="promises_kept"' in found
    assert 'id="nps"' not in found
    assert "No figure has these words" in client.get("/glossary?q=%3Cb%3Eno").text
    rows = list(csv.DictReader(io.StringIO(client.get("/glossary.csv").text)))
    assert {row["key"] for row in rows} == set(metrics.METRICS)
    assert tuple(rows[0]) == metrics.LEGEND
    book = zipfile.ZipFile(io.BytesIO(client.get("/reports/why.xlsx").data))
    assert 'name="Legend"' in book.read("xl/workbook.xml").decode()
    assert "What people, an account or a theme add" in book.read("xl/worksheets/sheet2.xml").decode()
