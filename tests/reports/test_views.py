"""Views of reports: filters under a name, for oneself or for all."""

from __future__ import annotations

import html
import re

import pytest

from app.auth.views.models import SavedView
from app.core.audit import AuditEvent
from app.extensions import db

DAYS = {"from": "2026-01-01", "to": "2026-02-01"}


@pytest.fixture(autouse=True)
def without_tokens(app):
    app.config["WTF_CSRF_ENABLED"] = False


def keep(client, kind, name, address, **more):
    return client.post("/reports/views", query_string={"kind": kind} | address, data={"name": name} | more)


def kept(client, path) -> dict[str, set[str]]:
    """The views over a report: by name, what their address asks for."""
    group = re.search(r'aria-label="Views of this report">(.*?)</details>', client.get(path).text, re.S)[1]
    found = re.findall(r'<a class="btn btn-small" href="([^"]+)"[^>]*>([^<]+)<', group)
    return {name: set(html.unescape(url).partition("?")[2].split("&")) - {""} for url, name in found}


def test_filters_are_kept_under_a_name_for_oneself_or_for_all(app, sign_in):
    manager, viewer = sign_in("manager"), sign_in("viewer")
    back = keep(viewer, "hot_spots", " Mine ", DAYS | {"by": "role"})
    assert back.location == "/reports/hot-spots?by=role"
    assert keep(viewer, "hot_spots", "Ours", DAYS, all="1").status_code == 403
    assert keep(viewer, "hot_spots", " ", DAYS).location.startswith("/reports/hot-spots?")
    assert keep(viewer, "elsewhere", "X", DAYS).status_code == 404
    keep(manager, "hot_spots", "Ours", DAYS | {"by": "tier", "and": "role"}, all="1", days="1")
    keep(manager, "why", "Year", DAYS | {"against": "year"})
    assert kept(viewer, "/reports/hot-spots") == {
        "Mine": {"by=role"},
        "Ours": {"from=2026-01-01", "to=2026-02-01", "by=tier", "and=role"},
    }
    assert kept(manager, "/reports/hot-spots").keys() == {"Ours"}
    assert kept(manager, "/reports/why") == {"Year": {"against=year"}}
    assert 'aria-current="page"' in viewer.get("/reports/hot-spots?by=role").text
    keep(viewer, "hot_spots", "Mine", DAYS | {"by": "country"})
    assert kept(viewer, "/reports/hot-spots")["Mine"] == {"by=country"}
    ids = {view.name: view.id for view in db.session.scalars(db.select(SavedView))}
    assert viewer.post(f"/reports/views/{ids['Ours']}/removal").status_code == 404
    assert manager.post(f"/reports/views/{ids['Mine']}/removal").status_code == 404
    assert sign_in("manager").post(f"/reports/views/{ids['Ours']}/removal").status_code == 303
    assert viewer.post(f"/reports/views/{ids['Mine']}/removal").location == "/reports/hot-spots"
    assert kept(viewer, "/reports/hot-spots") == {}
    acts = db.session.scalars(db.select(AuditEvent.action).where(AuditEvent.subject.like("view:%"))).all()
    assert acts == ["report.view", "report.view_remove"]
