"""Pages that are still so after a commit: whatever they were made of is asked again, and nothing else decides."""

from __future__ import annotations

import re
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa
from flask import request

from app import jobs
from app.auth.access import viewer
from app.contacts.models import Account
from app.core import clock
from app.core.database.reading import watched
from app.core.processes.workers import WorkerBeat
from app.core.web.keeping import pages
from app.core.web.keeping.pages import KEPT, kept_page
from app.core.web.keeping.shelf import Shelf
from app.extensions import db
from tests import crawling, make

SECOND = timedelta(seconds=1)
LONGEST_CRAWL = 40
"""More kept pages than this have an address that leads somewhere."""


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    """The time stands still but for what the test adds."""
    found = [make.NOW.replace(second=0) + timedelta(hours=2)]
    monkeypatch.setattr(clock, "now", lambda: found[0])
    return found


@pytest.fixture
def visitor(app, sign_in):
    """Somebody whose browser has been here; `visitor.looks(view)` is what a page says that `view` makes, and `.made` how often."""
    client, client.made = sign_in("viewer"), []
    views: list = []

    def planted():
        client.made.append(request.path)
        return views[-1]()

    def looks(view) -> str:
        views.append(view)
        return client.get("/planted").text

    app.add_url_rule("/planted", "planted", viewer(kept_page()(planted)))
    client.get("/settings")
    client.looks = looks
    return client


def beat() -> None:
    """A commit that is about nothing on any page here."""
    make.saved(WorkerBeat(worker=f"w{next(make.numbers)}", started_at=make.NOW, beat_at=make.NOW))
    db.session.commit()


def names() -> str:
    return " ".join(db.session.scalars(sa.select(Account.name).order_by(Account.id)))


def test_a_commit_about_something_else_leaves_a_page_as_it_is(visitor):
    account = make.account(name="First")
    db.session.commit()
    assert visitor.looks(names) == "First"
    for _ in range(3):
        beat()
        assert visitor.looks(names) == "First"
    assert len(visitor.made) == 1
    for name in ("Second", "First"):
        account.name = name
        db.session.commit()
        assert visitor.looks(names) == name
    assert len(visitor.made) == 3


def test_a_page_whose_reading_nobody_watched_is_made_anew(visitor):
    for _ in range(2):
        beat()
        visitor.looks(lambda: str(db.session.execute(sa.text("SELECT count(*) FROM accounts")).scalar()))
    assert len(visitor.made) == 2


def test_what_may_be_old_is_asked_again_in_time(visitor, moment):
    """Sums over very many rows serve for some seconds; until then nobody counts, and then somebody does."""
    kept = [""]

    def sums():
        place = watched.mark()
        kept[0] = names()
        watched.instead_of_those_since(place, moment[0] + 20 * SECOND)
        return kept[0]

    visitor.looks(sums)
    make.account(name="Later")
    db.session.commit()
    assert visitor.looks(sums) == ""
    moment[0] += 20 * SECOND
    beat()
    assert visitor.looks(sums) == "Later"


def test_no_two_findings_are_taken_for_one():
    values = (
        -1,
        -2,
        0,
        1,
        1.0,
        True,
        None,
        "",
        "1",
        b"1",
        2**70,
        "é",
        "e\u0301",
        make.NOW,
        make.NOW + SECOND,
    )
    found = [[(value,)] for value in values] + [[], [(1,), (1,)], [(1, 1)], [(1,), (None,)]]
    assert len({watched.digest(rows) for rows in found}) == len(found)
    one = "".join(["ab", "c"])
    assert watched.digest([(one, one)]) == watched.digest([("abc", "".join(["a", "bc"]))])


def kept_addresses(app, words: dict[str, str]) -> list[str]:
    """Of every page that is kept, as rows of each kind allow; `words` learns what else stands in addresses."""
    words |= crawling.seed(app)
    return [
        crawling.address(rule, words)
        for rule, _method in crawling.routes(app, safe=True)
        if getattr(app.view_functions[rule.endpoint], "is_kept", False)
    ]


@pytest.fixture
def driven(app, database_kind, monkeypatch) -> list[str]:
    """The statements that reach the driver and look into tables, whichever way they go."""
    found: list[str] = []

    def note(sql):
        if isinstance(sql, str) and re.match(r"\s*(SELECT|WITH)\b.*\bFROM\b", sql, re.DOTALL):
            found.append(sql)

    db.session.commit()
    db.engine.dispose()
    if database_kind == "sqlite":
        listener = lambda dbapi, _record: dbapi.set_trace_callback(note)  # noqa: E731 - to be taken away again
        sa.event.listen(db.engine, "connect", listener)
        yield found
        sa.event.remove(db.engine, "connect", listener)
    else:
        execute = psycopg.Cursor.execute
        monkeypatch.setattr(
            psycopg.Cursor,
            "execute",
            lambda self, sql, *given, **more: (note(sql), execute(self, sql, *given, **more))[1],
        )
        yield found


def test_whatever_a_kept_page_reads_is_watched(app, sign_in, driven, monkeypatch):
    client, addresses, put, begin, seen = (
        sign_in("admin"),
        kept_addresses(app, {}),
        pages.put,
        watched.begin,
        {},
    )

    def compare(moment, text, reads):
        seen[request.path] = (len(driven), len(reads.taken), reads.is_whole)
        return put(moment, text, reads)

    monkeypatch.setattr(watched, "begin", lambda: driven.clear() or begin())
    monkeypatch.setattr(pages, "put", compare)
    for path in addresses:
        client.get(path)
    assert len(seen) > LONGEST_CRAWL
    assert {path: found for path, found in seen.items() if found != (found[1], found[1], True)} == {}
    assert all(count > 1 for count, *_ in seen.values())


@pytest.fixture
def written(app, sign_in):
    """What is written to the seeded company, one after the other, by their names."""
    app.config["WTF_CSRF_ENABLED"] = False
    colleague, words = sign_in("admin"), {}

    def answer():
        given = {"score": 2, "comment": "Too slow.", "attempt": "a" * 20}
        assert colleague.post(f"/a/{words['token']}", data=given).status_code == 303

    def all_jobs():
        for job in jobs.TIMETABLE:
            jobs.run_once(app, job, now=clock.now())

    def forms():
        for rule, method in list(crawling.routes(app, safe=False))[::16]:
            if not rule.rule.startswith(("/api/", "/a/", "/u/", "/sign-")):
                colleague.open(crawling.address(rule, words), method=method, data={"name": "x"})

    return words, {"answer": answer, "jobs": all_jobs, "beat": beat, "forms": forms}


def test_every_page_is_as_if_made_anew_whatever_is_written(app, sign_in, written):
    """Each page that is served again is held against the same one that is made at that moment."""
    client, keeping, held = sign_in("admin"), app.extensions[KEPT], {}
    words, writings = written
    addresses = kept_addresses(app, words)
    shelf = keeping.shelf = Shelf(most=50_000_000)
    for path in ("/settings", *addresses):
        client.get(path)
    for name, write in writings.items():
        write()
        before, held[name] = {page.body for page in shelf.pages.values()}, 0
        for path in addresses:
            served = client.get(path)
            if served.data in before:
                keeping.shelf = Shelf(most=0)
                assert client.get(path).text == served.text, (name, path)
                keeping.shelf, held[name] = shelf, held[name] + 1
    assert held["beat"] > LONGEST_CRAWL
    assert max(held["answer"], held["forms"]) < held["beat"]
