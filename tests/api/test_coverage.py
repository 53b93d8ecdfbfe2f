"""Whom we know, ask and hear, for other programs: the same figures as in the file of the page."""

from __future__ import annotations

import csv
import io

from tests.reports.test_coverage import ADDRESS, DAYS, company  # noqa: F401 a fixture


def test_coverage_is_the_same_as_in_the_file(company, sign_in, api):  # noqa: F811
    rows = list(
        csv.DictReader(io.StringIO(sign_in("viewer").get("/reports/coverage.csv", query_string=ADDRESS).text))
    )
    told = api.get("/reports/coverage", query_string=ADDRESS | {"to": DAYS.end.isoformat()}).json
    assert [read(one) for one in told["people"]] == [read(row) for row in rows]
    assert [one["accounts_unheard"] for one in told["accounts"]] == [0, 1]
    assert api.get("/reports/coverage", query_string={"owner_id": "999999"}).json["people"] == []


def read(row: dict) -> dict:
    """The role and the figures of a row."""
    figures = {name: value for name, value in row.items() if name != "role"}
    numbers = {name: None if value in ("", None) else float(value) for name, value in figures.items()}
    return numbers | {"role": row["role"]}
