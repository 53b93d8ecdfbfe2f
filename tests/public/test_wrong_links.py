"""Links that are not ours: a modest number a minute from one address, and never at the cost of a good link."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from app.auth import limits
from app.public.desk import WRONG_LINKS

HERE, THERE = ({"environ_base": {"REMOTE_ADDR": address}} for address in ("192.0.2.1", "198.51.100.7"))


@pytest.fixture
def used_up(app):
    """One address has tried as many wrong links as a minute allows, but for two."""
    for _ in range(WRONG_LINKS.amount - 2):
        limits.take(WRONG_LINKS, "link", "192.0.2.1")


@pytest.mark.parametrize("path", ["/u/{}", "/a/{}"])
def test_wrong_links_are_stopped_by_address_and_good_ones_never(client, ask, used_up, path):
    wrong, good = path.format("A" * 43), path.format(ask().token)
    assert [client.get(wrong, **HERE).status_code for _ in range(4)] == [404, 404, 429, 429]
    stopped = client.get(wrong, **HERE)
    assert 0 < int(stopped.headers["Retry-After"]) <= 61
    assert "Too many" in stopped.text or "too many requests" in stopped.text
    assert client.get(good, **HERE).status_code == 200
    assert client.post(good, data={"score": "9", "confirm": "yes"}, **HERE).status_code in {200, 303}
    assert client.get(wrong, **THERE).status_code == 404


@pytest.mark.parametrize("end", [".", "/", "%20", "),", "%0A", "%E2%80%9D.", "%20/", "%3E"])
def test_the_end_of_a_sentence_that_got_into_a_link_is_taken_off_it(client, ask, used_up, end):
    at = ask()
    for link in (at.link, at.off):
        first = client.get(f"{link}{end}?score=9", **HERE)
        assert first.status_code == 308
        assert client.get(first.headers["Location"], follow_redirects=True, **HERE).status_code == 200
        whole = client.get(f"{link}{end}?score=9", follow_redirects=True, **HERE)
        assert (whole.request.path, whole.request.query_string) == (link, b"score=9")
    assert client.post(f"{at.off}.", data={"confirm": "yes"}).headers["Location"] == at.off


def test_what_else_stands_behind_a_link_makes_another_one(client, ask):
    at = ask()
    for end in ("x", "-", "_", ".x", "." * 21, "/x"):
        assert client.get(at.link + end).status_code == 404
    assert client.get(f"/a/{'A' * 44}.").status_code == 404
    assert client.get(f"/a//evil.example/{at.token}/").status_code in {308, 404}


def test_what_is_no_language_is_taken_off_a_link_and_line_breaks_reach_no_header(client, ask):
    at = ask("nps")
    broken = "%0d%0aX:y"
    for link in (f"{at.link}~{broken}", f"{at.off}~{broken}", f"{at.link}~fr.", f"{at.link}~fr{broken}"):
        assert client.get(link).headers["Location"] == link.partition("~")[0]
    assert client.get(f"{at.link}~{broken}/thanks").headers["Location"] == f"{at.link}/thanks"
    sent = client.post(f"{at.link}~{broken}", data={"score": "9"})
    assert (sent.status_code, sent.headers["Location"]) == (308, at.link)
    for link in (f"/a/x{broken}", f"{at.link}{broken}"):
        led = client.get(f"{link}?lang=fr")
        assert (led.status_code, client.get(led.headers["Location"]).status_code) == (302, 404)


def test_good_links_are_not_counted(client, ask, used_up):
    good = f"/u/{ask().token}"
    assert {client.get(good, **HERE).status_code for _ in range(5)} == {200}
    assert client.get("/u/wrong", **HERE).status_code == 404


def test_counters_that_cannot_be_written_stop_nobody(client, monkeypatch):
    def broken(*_):
        raise OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(limits, "take", broken)
    assert client.get("/u/wrong").status_code == 404
