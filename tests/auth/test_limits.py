"""Tries are counted in the database, by all processes together, and nobody can lock out somebody else."""

from __future__ import annotations

import multiprocessing
from datetime import timedelta

import pytest
from limits import parse

from app import create_app
from app.auth import limits
from app.core import clock
from tests import make
from tests.posting import token

WRONG = "wrong wrong wrong"


@pytest.fixture
def person(session):
    return make.staff(role="viewer", password=make.PASSWORD)


@pytest.fixture
def attempt(app):
    """`attempt(email, password, address)` tries to sign in from an address, each time with a browser of its own."""

    def sign_in(email, password=WRONG, address="192.0.2.1"):
        client = app.test_client()
        fields = {"csrf_token": token(client.get("/sign-in").text), "email": email, "password": password}
        return client.post("/sign-in", data=fields, environ_base={"REMOTE_ADDR": address})

    return sign_in


def test_ten_wrong_tries_bring_a_pause_for_that_address_only(person, attempt, later):
    assert {attempt(person.email).status_code for _ in range(10)} == {400}
    refused = attempt(person.email, make.PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 15 * 60 + 1
    assert "Too many tries" in refused.text
    assert attempt(person.email, make.PASSWORD, address="198.51.100.7").status_code == 303
    later(minutes=16)
    assert attempt(person.email, make.PASSWORD).status_code == 303


def test_a_good_sign_in_forgets_the_wrong_tries_before_it(person, attempt):
    for _ in range(2):
        assert {attempt(person.email).status_code for _ in range(9)} == {400}
        assert attempt(person.email, make.PASSWORD).status_code == 303


def test_many_names_from_one_address_are_stopped(person, attempt):
    for _ in range(97):
        limits.take(limits.SIGN_INS_OF_ADDRESS, "192.0.2.1")
    assert [attempt(f"name{i}@company.example").status_code for i in range(4)] == [400, 400, 400, 429]
    assert attempt(person.email, make.PASSWORD).status_code == 429
    assert attempt(person.email, make.PASSWORD, address="198.51.100.7").status_code == 303


@pytest.mark.parametrize(
    ("remote", "counted"),
    [("192.0.2.9", "192.0.2.9"), ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"), ("odd", "odd")],
)
def test_an_ipv6_host_cannot_dodge_by_changing_its_address(app, remote, counted):
    with app.test_request_context(environ_base={"REMOTE_ADDR": remote}):
        assert limits.address() == counted


def test_a_window_that_is_over_begins_anew(app, later):
    limit = parse("2 per minute")
    assert [limits.take(limit, "k") for _ in range(3)] == [True, True, False]
    assert 0 < limits.seconds_left(limit, "k", now=clock.now()) <= 61
    later(seconds=61)
    assert limits.take(limit, "k")
    limits.forget(limit, "k")
    assert [limits.take(limit, "k") for _ in range(3)] == [True, True, False]


def test_old_counters_are_thrown_away(app, later, monkeypatch):
    limit = parse("2 per minute")
    limits.take(limit, "old")
    later(hours=1)
    monkeypatch.setattr(limits, "FORGET_CHANCE", 1)
    limits.take(limit, "new")
    with limits.counters().connect() as connection:
        rows = connection.execute(limits.rate_limits.select()).all()
    assert len(rows) == 1
    assert rows[0].expires_at > clock.now() - timedelta(minutes=2)


def take_many(settings, results):
    app = create_app(settings)
    with app.app_context():
        results.put(sum(limits.take(parse("20 per hour"), "shared") for _ in range(15)))


def test_a_limit_holds_over_several_processes(app, settings):
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    processes = [context.Process(target=take_many, args=(settings, results)) for _ in range(4)]
    for process in processes:
        process.start()
    counts = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert sum(counts) == 20
