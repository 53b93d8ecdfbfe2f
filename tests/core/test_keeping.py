"""Pages that are kept while nothing was committed: never an old one, never somebody else's, never too many."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import flash, redirect, render_template_string, request

from app.auth import access, people
from app.auth.access import csm, viewer
from app.auth.models import RANKS, RoleName, Staff, StaffSession, Theme
from app.contacts.models import Account
from app.core import clock
from app.core.database import transactions
from app.core.installation import Installation
from app.core.web.keeping.pages import HEADERS, KEPT, kept_page
from app.core.web.keeping.shelf import BESIDES, Page, Shelf
from app.extensions import db
from tests import make

ROOT = Path(__file__).resolve().parents[2]
PAGE = """{% extends "base.html" %}{% block content %}<p>{{ accounts }} accounts, {{ company }}</p>
<p>{{ request.args.q }}</p>{% endblock %}"""
IN_ANOTHER_PROCESS = """
import sys
driver, place, statement = sys.argv[1:]
with __import__(driver).connect(place) as connection:
    connection.execute(statement)
    connection.commit()
"""


@pytest.fixture(autouse=True)
def same_minute(monkeypatch):
    """The minute of the test turns when it says so."""
    moment = [clock.now().replace(second=0)]
    monkeypatch.setattr(clock, "now", lambda: moment[0])
    return moment


@pytest.fixture
def made(app) -> list[str]:
    """The addresses for which the view at /planted was asked to make a page."""
    found: list[str] = []

    def planted():
        found.append(request.full_path)
        accounts = db.session.scalar(sa.select(sa.func.count()).select_from(Account))
        return render_template_string(
            PAGE, accounts=accounts, company=db.session.get(Installation, 1).company
        )

    app.add_url_rule("/planted", "planted", viewer(kept_page("fleeting")(planted)))
    app.add_url_rule("/inner", "inner", csm(kept_page()(planted)))
    app.add_url_rule("/told", "told", viewer(lambda: flash("Saved once.") or redirect("/planted")))
    return found


@pytest.fixture
def other(app):
    """`other(view)` lets a kept page at /other be what `view` makes."""
    app.add_url_rule("/other", "other", viewer(kept_page()(lambda: views[-1]())))
    views: list = []
    return views.append


@pytest.fixture
def visitor(sign_in, made):
    """Somebody whose browser has been here, so that the cookie holds the secret of the forms."""
    client = sign_in("viewer", name="Ann Early")
    client.get("/settings")
    return client


def seen(client, address: str = "/planted") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.text


def kept_once(client, made: list[str]) -> str:
    """A page that was asked for twice and made once. PostgreSQL may have had work of its own in between."""
    for _ in range(5):
        before = seen(client)
        made.clear()
        if seen(client) == before and not made:
            return before
    raise AssertionError("the page was made each time")


def test_a_page_is_made_once_while_nothing_was_committed(app, visitor, made):
    page = kept_once(visitor, made)
    assert "0 accounts" in page
    app.extensions[KEPT].shelf.begin(None)
    first, again = visitor.get("/planted"), visitor.get("/planted")
    assert dict(again.headers) == dict(first.headers)
    assert again.headers["Cache-Control"] == "no-store"
    assert again.text == first.text == page


def test_whatever_was_committed_is_seen_at_the_next_look(app, visitor, made, database_kind):
    """Objects, statements, best-effort writes beside, another program: all are commits, and nothing else is asked."""
    kept_once(visitor, made)
    account = make.account(name="By object")
    db.session.commit()
    assert "1 accounts" in seen(visitor)

    kept_once(visitor, made)
    db.session.execute(sa.insert(Account).from_select(*copied(account)))
    db.session.commit()
    assert "2 accounts" in seen(visitor)

    kept_once(visitor, made)
    db.session.commit()
    transactions.aside(db.engine, sa.update(Installation).values(company="Aside & Co"))
    assert "Aside &amp; Co" in seen(visitor)

    kept_once(visitor, made)
    elsewhere(database_kind, "UPDATE installation SET company = 'Elsewhere'")
    assert "2 accounts, Elsewhere" in seen(visitor)

    kept_once(visitor, made)
    db.session.execute(sa.delete(Account))
    db.session.commit()
    assert "0 accounts" in seen(visitor)


def copied(account: Account) -> tuple[list[str], sa.Select]:
    """Another account like this one, for INSERT .. SELECT."""
    columns = [c for c in Account.__table__.columns if c.name not in ("id", "external_id")]
    return [c.name for c in columns], sa.select(*columns).where(Account.id == account.id)


def elsewhere(database_kind: str, statement: str) -> None:
    """Run a statement in a process that has nothing of ours in it."""
    url, driver = db.engine.url, "sqlite3" if database_kind == "sqlite" else "psycopg"
    place = url.database if driver == "sqlite3" else url.set(drivername="postgresql").render_as_string(False)
    subprocess.run([sys.executable, "-c", IN_ANOTHER_PROCESS, driver, place, statement], check=True)


def test_what_is_committed_while_a_page_is_made_is_on_the_next_one(other, visitor, made, monkeypatch):
    """Before the view, after the request knows who asks; and in the view, after it has read."""
    kept_once(visitor, made)
    note, person = access.note_use, visitor.person.id
    rename = sa.update(Staff).where(Staff.id == person)

    def renamed_meanwhile():
        transactions.aside(db.engine, rename.values(name="Ann Later"))
        note()

    make.account()
    with monkeypatch.context() as patch:
        patch.setattr(access, "note_use", renamed_meanwhile)
        assert "Ann Early" in seen(visitor)
    assert "Ann Later" in seen(visitor)

    def slow():
        shown = db.session.get(Staff, person).name
        db.session.rollback()
        transactions.aside(db.engine, rename.values(name="Ann Last"))
        return shown

    other(slow)
    assert [seen(visitor, "/other"), seen(visitor, "/other")] == ["Ann Later", "Ann Last"]


def test_who_may_not_look_any_more_does_not(visitor, made, sign_in):
    kept_once(visitor, made)
    db.session.execute(sa.update(StaffSession).values(ended_at=clock.now()))
    db.session.commit()
    assert visitor.get("/planted").status_code == 302

    colleague = sign_in("manager")
    assert ["/mailbox" in seen(colleague, "/inner") for _ in range(3)] == [True] * 3
    colleague.person.roles = [people.role_row(db.session, RoleName.CSM)]
    db.session.commit()
    assert "/mailbox" not in seen(colleague, "/inner")
    colleague.person.roles = [people.role_row(db.session, RoleName.VIEWER)]
    db.session.commit()
    assert colleague.get("/inner").status_code == 403


def test_a_session_ends_in_the_middle_of_a_minute(app, visitor, made, same_minute):
    """By the time alone, which is no commit: that it is open is asked at every look."""
    longest = app.extensions["session_lifetime"].longest
    begun = clock.now() - longest + timedelta(seconds=20)
    db.session.execute(sa.update(StaffSession).values(created_at=begun))
    db.session.commit()
    kept_once(visitor, made)
    same_minute[0] += timedelta(seconds=30)
    assert visitor.get("/planted").status_code == 302


def test_the_minute_turns(visitor, made, same_minute):
    kept_once(visitor, made)
    same_minute[0] += timedelta(minutes=1)
    seen(visitor)
    assert made


def test_two_people_never_see_each_others_page(sign_in, made):
    clients = [sign_in("viewer", name=name) for name in ("Ann Early", "Bo Late")]
    for _ in range(3):
        pages_ = [seen(client) for client in clients]
    tokens = [set(re.findall(r'csrf(?:-token" content|_token" value)="([^"]+)"', page)) for page in pages_]
    assert [len(own) for own in tokens] == [1, 1]
    assert tokens[0] != tokens[1]
    for client, page, (token,) in zip(clients, pages_, tokens, strict=True):
        other = next(one.person.name for one in clients if one is not client)
        assert client.person.name in page
        assert other not in page
        assert client.post("/settings/theme", data={"csrf_token": token, "theme": "dark"}).status_code == 303
    swapped = clients[0].post("/settings/theme", data={"csrf_token": tokens[1].pop(), "theme": "dark"})
    assert swapped.status_code == 400


def test_addresses_languages_and_parts_are_told_apart(visitor, made):
    kept_once(visitor, made)
    assert "<p>a</p>" in seen(visitor, "/planted?q=a")
    assert "<p>b</p>" in seen(visitor, "/planted?q=b")
    made.clear()
    for header in HEADERS:
        visitor.get("/planted", headers={header: "de"})
    assert len(made) == len(HEADERS)
    made.clear()
    for _ in range(3):
        seen(visitor, "/planted?fleeting=1")
        visitor.head("/planted")
    assert len(made) == 6


def test_the_persons_own_taste_shows_at_once(visitor, made):
    assert f'data-bs-theme="{Theme.DARK}"' not in kept_once(visitor, made)
    db.session.get(Staff, visitor.person.id).theme = Theme.DARK
    db.session.commit()
    assert f'data-bs-theme="{Theme.DARK}"' in seen(visitor)


def test_what_is_said_once_is_not_said_again(visitor, made):
    kept_once(visitor, made)
    visitor.get("/told")
    assert ["Saved once." in seen(visitor) for _ in range(3)] == [True, False, False]


def test_only_pages_of_requests_that_read_are_kept(app, other, visitor):
    def writes():
        transactions.write(db.session)
        make.account(name="Never there")
        count = db.session.scalar(sa.select(sa.func.count()).select_from(Account))
        db.session.rollback()
        return str(count)

    file = app.response_class("a,b", mimetype="text/csv")
    for view in (writes, lambda: ("no", 404), lambda: file, lambda: redirect("/queue")):
        other(view)
        visitor.get("/other")
    assert not app.extensions[KEPT].shelf.pages


def test_the_shelf_holds_so_many_bytes_of_one_moment():
    shelf, page = Shelf(most=4 * (BESIDES + 100)), Page(bytes(90), (), None)
    assert shelf.find(1, ("key",)) is None
    for number in range(6):
        shelf.put(1, (f"{number:10}",), page)
        shelf.find(1, (f"{0:10}",))
        assert shelf.taken <= shelf.most
    assert [int(key) for (key,) in shelf.pages] == [3, 4, 5, 0]
    assert shelf.find(1, (f"{0:10}",)) == page
    shelf.put(1, ("large",), Page(bytes(shelf.most), (), None))
    shelf.put(0, ("late",), page)
    assert not {("large",), ("late",)} & set(shelf.pages)
    assert shelf.find(2, (f"{0:10}",)) is None
    assert (shelf.taken, len(shelf.pages)) == (0, 0)


def test_kept_pages_are_of_people_who_sign_in_and_read_no_other_header(app):
    views = {name: view for name, view in app.view_functions.items() if getattr(view, "is_kept", False)}
    assert len(views) > 40
    assert {view.access for view in views.values()} <= set(RANKS)
    modules = {sys.modules[view.__module__].__file__ for view in views.values()}
    for module in modules:
        text = Path(module).read_text()
        assert not re.search(r"request\.(cookies|referrer|user_agent|remote_addr|environ|host)\b", text), (
            module
        )
        named = re.findall(
            r"""request\.headers[.\w]*[(\[]["']([\w-]+)|["']([\w-]+)["'] (?:not )?in request\.headers""", text
        )
        assert {name for found in named for name in found if name} <= set(HEADERS), module
        assert "mailbox" not in text.replace("delivery.mailbox", ""), module
