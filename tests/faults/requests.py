"""Generated requests over every public, staff and API address: none ends in a 5xx, and both databases say the same.

The same seed makes the same requests; an installation on SQLite gets them, and then one on PostgreSQL. Addresses come
from the url map, field names from the pages and the API's document, values from a pool of what people, programs and
attackers send. Run: `make soak ARGS=requests`; `--seed 7` makes others.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple
from urllib.parse import urlencode

from flask import Flask
from werkzeug.routing import Rule

from app.auth import access, limits, people
from app.auth.models import Scope, Staff
from app.core import clock
from app.core.database import transactions
from app.extensions import db
from tests import crawling, make
from tests.faults.grounds import POSTGRESQL, SQLITE, Ground

FIELD = re.compile(r"<(?:input|select|textarea|button)\b[^>]*?\bname=\"([^\"]+)\"")
# What ends the installation or a session, and what tells that no worker runs.
LEFT_OUT = re.compile(r"^(static|security\.|setup\.(go_)?live)|logout|session|password|metrics|readyz")
NUMBERS = (1, 1, 1, 2, 3, 999, 2**63 - 1, 2**63)
VALUES = (
    *("", "0", "1", "2", "9", "10", "11", "-1", "5.5", "true", "on", "yes", "x", "none", "[]", "{}", "null"),
    *("2026-01-01", "2026-02-30", "9999-12-31", "08:00", "25:61", "Europe/Berlin", "de", "xx", "admin"),
    *("ana@customer.example", "not an address", "9" * 25, "1e400", "nan", "a\x00b", "\ufeff", "\u202e", "😀"),
    *("<script>alert(1)</script>", "{{7*7}}", "' OR 1=1 --", "%ff%fe", "../../etc/passwd", "x" * 6000),
    *("all", "link", "mail", "person", "machine", "not_me", "left", "promoter", "detractor", "nps", "active"),
)
RAW = (b"", b"%ff%fe=%ed%a0%bd", b"score=9&score=3", b"{", b"[1,2", b"\xff\xfe\x00", b"a=1&" * 150)
ODD = (None, True, -1, 2**70, 1.5, "", "x", "\x00", [], {}, [None], {"a": []}, "2026-13-01T00:00:00Z")
STATUS_OF_FAULT = 500
# SQLite gives the highest number once more when its row has gone, PostgreSQL never: without this, the same address would
# soon name another row on each.
NUMBER_AS_SQLITE = """
DO $$
DECLARE
    place record;
    highest bigint;
BEGIN
    FOR place IN
        SELECT table_name, column_name, pg_get_serial_sequence(table_name, column_name) AS numbers
        FROM information_schema.columns
        WHERE table_schema = 'public' AND pg_get_serial_sequence(table_name, column_name) IS NOT NULL
    LOOP
        EXECUTE 'SELECT max(' || quote_ident(place.column_name) || ') FROM ' || quote_ident(place.table_name)
            INTO highest;
        PERFORM setval(place.numbers, coalesce(highest, 0) + 1, false);
    END LOOP;
END $$
"""


class Asked(NamedTuple):
    """One request, before the installation's own tokens and keys are put in."""

    kind: str
    method: str
    path: str
    query: str
    body: bytes
    content_type: str


def run(ground: Ground, requests: int = 20_000, seed: int = 1) -> dict:
    """How requests ended; AssertionError with those that failed, or ended otherwise on the other database."""
    del ground  # It takes both.
    limits.take = lambda *_limit, **_more: True  # How many come in a minute is the machine's doing.
    ends = [outcomes(one, requests, seed) for one in (SQLITE, POSTGRESQL)]
    failed = [(asked, status) for found in ends for asked, status in found if status >= STATUS_OF_FAULT]
    if failed:
        raise AssertionError(f"{len(failed)} ended in a fault: {failed[:5]}")
    differing = [(one, mine, its) for (one, mine), (_same, its) in zip(*ends, strict=True) if mine != its]
    if differing:
        raise AssertionError(f"{len(differing)} ended otherwise on PostgreSQL: {differing[:5]}")
    counts = Counter(f"{status // 100}xx" for _asked, status in ends[0])
    kinds = Counter(asked.kind for asked, _status in ends[0])
    return {"requests": requests, "5xx": 0, "differing": 0, **dict(sorted(counts.items())), **kinds}


def outcomes(ground: Ground, requests: int, seed: int) -> list[tuple[Asked, int]]:
    """Each request with its status, on a new installation."""
    with ground.database() as url, ground.installed(url) as app:
        app.config["WTF_CSRF_ENABLED"] = False
        words = crawling.seed(app)
        _key, secret = people.add_key(db.session, "Any", scope=Scope.ADMIN, by="drill", now=clock.now())
        admin_id = make.staff(role="admin").id
        db.session.commit()
        clients = {"public": lambda: app.test_client(use_cookies=False), "api": app.test_client}
        clients["staff"] = lambda: make.signed_in_client(app, db.session.get_one(Staff, admin_id))
        open_ones = {kind: client() for kind, client in clients.items()}
        found = []
        for number, asked in enumerate(generated(app, requests, seed)):
            if number % 100 == 0:  # Some requests end a session.
                transactions.write(db.session)
                open_ones["staff"] = clients["staff"]()
                db.session.remove()
            status = send(open_ones[asked.kind], asked, words["token"], secret)
            db.session.remove()
            if ground.is_postgresql and asked.method != "GET":
                number_as_sqlite()
            found.append((asked, status))
        transactions.write(db.session)
        return found


def send(client, asked: Asked, token: str, secret: str) -> int:
    """Its status. Each request has a context of its own, as on a server: who read a page before may not be who changes now."""
    headers = {"Authorization": f"Bearer {secret}"} if asked.kind == "api" else {}
    with client.application.app_context():
        answer = client.open(
            asked.path.replace("TOKEN", token),
            method=asked.method,
            query_string=asked.query,
            data=asked.body,
            content_type=asked.content_type,
            headers=headers,
        )
        answer.get_data()
        answer.close()
    return answer.status_code


def number_as_sqlite() -> None:
    """Let PostgreSQL number what comes next as SQLite does."""
    with db.engine.begin() as connection:
        connection.exec_driver_sql(NUMBER_AS_SQLITE)


def generated(app: Flask, requests: int, seed: int) -> Iterator[Asked]:
    """So many requests, a third of them for each kind of address."""
    rng = Random(seed)  # noqa: S311 nothing secret is made of it
    places: dict[str, list[tuple[Rule, str]]] = {"public": [], "staff": [], "api": []}
    for is_safe in (True, False):
        for rule, method in crawling.routes(app, safe=is_safe):
            if not LEFT_OUT.search(rule.endpoint):
                places[kind_of(app, rule)].append((rule, method))
    names = field_names(app)
    for number in range(requests):
        kind = ("public", "staff", "api")[number % 3]
        rule, method = rng.choice(places[kind])
        body, content_type = body_of(rng, kind, method, names)
        query = urlencode(pairs(rng, names)) if rng.random() < 0.4 else ""
        yield Asked(kind, method, path_of(rng, rule), query, body, content_type)


def kind_of(app: Flask, rule: Rule) -> str:
    policy = access.policy_of(app, rule.endpoint)
    return "api" if policy == access.KEY else "public" if policy in {access.TOKEN, access.PUBLIC} else "staff"


def field_names(app: Flask) -> list[str]:
    """What fields of forms and of the API are called."""
    sources = " ".join(path.read_text("utf-8") for path in sorted(templates(app)))
    document = app.test_client().get("/api/v1/openapi.json").json["components"]["schemas"]
    properties = {name for schema in document.values() for name in schema.get("properties", {})}
    db.session.remove()
    transactions.write(db.session)
    return sorted({*FIELD.findall(sources), *properties, "score", "comment", "attempt", "why", "confirm"})


def templates(app: Flask) -> Iterator[Path]:
    return Path(app.root_path, "templates").rglob("*.html")


def path_of(rng: Random, rule: Rule) -> str:
    """An address of the rule, mostly one that leads somewhere."""
    path = rule.rule
    for part in re.findall(r"<[^>]+>", path):
        name = part.strip("<>").rpartition(":")[2]
        if part.startswith("<int"):
            value = str(rng.choice(NUMBERS))
        elif name == "token":
            value = rng.choice(("TOKEN",) * 6 + ("TOKENx", "x", "TOKEN~fr", "%ff"))
        else:
            value = rng.choice(("x", "1", "%00", "nps", "a" * 300))
        path = path.replace(part, value, 1)
    return path


def body_of(rng: Random, kind: str, method: str, names: list[str]) -> tuple[bytes, str]:
    if method == "GET":
        return b"", ""
    if rng.random() < 0.05:
        return rng.choice(RAW), rng.choice(("application/json", "application/x-www-form-urlencoded", "x/y"))
    if kind == "api":
        values = {rng.choice(names): rng.choice((*VALUES, *ODD)) for _ in range(rng.randrange(5))}
        return json.dumps(values).encode(), "application/json"
    given = pairs(rng, names)
    if kind == "public" and rng.random() < 0.7:
        given += [("score", str(rng.randrange(11))), ("attempt", str(rng.randrange(50)))]
    return urlencode(given).encode(), "application/x-www-form-urlencoded"


def pairs(rng: Random, names: list[str]) -> list[tuple[str, str]]:
    return [(rng.choice(names), rng.choice(VALUES)) for _ in range(rng.randrange(6))]
