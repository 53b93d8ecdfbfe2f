"""What a web process has loaded after it has served every page once: no heavy library."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = (
    "scipy",
    "statsmodels",
    "sklearn",
    "numpy",
    "pandas",
    "py3langid",
    "nltk",
    "joblib",
    "matplotlib",
    "apscheduler",
    "procrastinate",
    "psycopg_pool",
)
PROGRAM = """
import json, sys
from app import create_app
from app.core import clock
from app.core.database import transactions
from app.delivery.models import Invitation
from app.extensions import db
from tests import crawling, make
from tests.databases import settings_for

app = create_app(settings_for(sys.argv[1]))
app.config["WTF_CSRF_ENABLED"] = False
statuses = {}
with app.app_context():
    transactions.write(db.session)
    words = crawling.seed(app)
    db.session.query(Invitation).update({"closes_at": clock.now()})
    admin = make.staff(role="admin")
    db.session.commit()
    addresses = [(m, crawling.address(r, words)) for safe in (True, False) for r, m in crawling.routes(app, safe=safe)]
    answer = f"/a/{words['token']}"
    client = make.signed_in_client(app, admin)
statuses["answer"] = client.post(answer, data={"score": 9, "comment": "Great support, thank you."}).status_code
for method, address in addresses:
    if "sign-out" not in address:
        with client.open(address, method=method) as response:
            statuses[f"{method} {address}"] = response.status_code
print(json.dumps([statuses, sorted(sys.modules)]))
"""


@pytest.fixture
def served(tmp_path, sqlite_databases):
    """The status of a request to each route, and all modules that the process had loaded afterwards."""
    sqlite_databases.fresh(tmp_path)
    run = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_serving_every_page_loads_no_heavy_library(served):
    statuses, modules = served
    assert statuses["answer"] == 303
    assert sum(status == 200 for status in statuses.values()) > 30
    assert [name for name in modules if name.partition(".")[0] in HEAVY] == []
