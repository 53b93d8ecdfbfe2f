"""The same question asked of page, file and API gives the same figure to the last digit.

Files and the API hold it unrounded and must agree exactly; what a page shows must be that figure, rounded as pages round.
"""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import timedelta

import pytest

from app import jobs
from app.core import clock
from app.core.language.wording import percent, signed, signed_tenth
from app.delivery.models import InvitationState
from app.health import snapshots
from app.reports.statistics.nps import FEWEST_FOR_NPS
from app.sentiment.themes import dictionary
from tests import make
from tests.api.test_loops import promised

PER_MONTH = {1: (10, 9, 3, 8), 2: (9, 9, 10), 5: (7, 3, 2, 9, 6, 10), 11: (0, 9, 8, 9, 10)}
COMMENTS = ("The reports are terrible and useless.", "", "Support answers quickly, wonderful.")


@pytest.fixture
def company(session):
    """Half a year of answers and silence in three tiers, with comments, values and promises."""
    dictionary.ensure(session, now=clock.now())
    accounts = [make.account(name=f"={n}", tier=n % 3 + 1, arr=1000 * n or None) for n in range(5)]
    people = [make.contact(account=accounts[number % 5]) for number in range(7)]
    number = 0
    for months, scores in PER_MONTH.items():
        wave = make.wave(launched_at=clock.now() - timedelta(days=30 * months))
        for place, score in enumerate(scores):
            at = clock.now() - timedelta(days=30 * months - place)
            said = {"comment": COMMENTS[number % 3], "value_overall": score, "value_ease": 1 + number % 7}
            ask = make.invitation(contact=people[place], sent_at=at, wave=wave)
            make.answer(score, invitation=ask, now=at, **said)
            number += 1
        at = clock.now() - timedelta(days=30 * months - 1)
        ended = {"state": InvitationState.SILENT, "silent_at": at, "closed_at": at}
        make.invitation(contact=people[6], sent_at=at - timedelta(days=1), wave=wave, **ended)
    owner = make.staff(name="Ines Vogel")
    for touched in (timedelta(hours=2), timedelta(days=20), None):
        promised(session, owner, ago=timedelta(days=40), touched_after=touched)
    session.commit()
    jobs.find_themes(clock.now())
    jobs.refresh_due_scores(clock.now())
    session.commit()


@pytest.fixture
def ask(company, sign_in, api):
    """`ask(name, **days)`: what page, file and API say, with the same days, each in its own way of naming their end."""
    viewer, today = sign_in("viewer"), clock.now().date()
    span = {"from": (today - timedelta(days=179)).isoformat(), "to": today.isoformat()}
    there = span | {"to": (today + timedelta(days=1)).isoformat()}

    def asked(page: str, file: str, resource: str, **more) -> tuple[str, list[dict], dict]:
        told = viewer.get(f"/reports{page}", query_string=span | more).text
        rows = viewer.get(f"/reports/{file}.csv", query_string=span | more).text
        given = api.get(f"/reports/{resource}", query_string=there | more).json
        return words_of(told), list(csv.DictReader(io.StringIO(rows))), given

    return asked


def words_of(page: str) -> str:
    """What a page says, without marks, each word between blanks."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def number(given: str) -> float | None:
    return float(given) if given else None


def same(rows: list[dict], points: list[dict], names: dict[str, str]) -> None:
    """Each figure of a file is that of the API, digit by digit."""
    assert len(rows) == len(points) > 0
    for row, point in zip(rows, points, strict=True):
        assert {name: number(row[name]) for name in names} == {name: point[at] for name, at in names.items()}


def test_nps_and_response_rate(ask, api):
    page, rows, windows = ask("", "trend", "nps", window_days=180)
    interval = {"nps": "nps", "low": "low", "high": "high", "people": "n"}
    same(rows, windows["points"], interval | {"detractors_of_people": "detractors"})
    assert f" {signed(windows['points'][-1]['nps'])} " in page
    _page, rows, months = ask("", "trend", "nps")
    same(rows, months["points"], {name: name for name in ("promoters", "passives", "detractors")})
    page, rows, rates = ask("", "trend", "response_rate")
    same(rows, rates["points"], {"response_rate": "rate", "asks_answered": "answered", "asks_closed": "n"})
    shown = [one["rate"] for one in rates["points"] if one["rate"] is not None]
    assert len(shown) >= 3
    assert all(percent(rate) in page for rate in shown)


def test_value(ask):
    page, rows, windows = ask("/value", "value", "value", window_days=180)
    interval = {"value_mean": "value", "value_low": "low", "value_high": "high", "value_people": "n"}
    same(rows, windows["points"], interval)
    assert f" {windows['points'][-1]['value']:.0f} " in page
    _page, rows, months = ask("/value", "value", "value")
    same(rows, months["points"], {name: name for name in ("valued_high", "valued_middle", "valued_low")})


def test_nps_by_segment(ask):
    page, _rows, found = ask("", "trend", "nps", by="tier", every="quarter")
    whole = {key: [p for p in found["points"] if p["key"] == key] for key in ("1", "2", "3")}
    counts = {f"Tier {key}": sum(p["n"] for p in points) for key, points in whole.items()}
    assert sum(counts.values()) == 16
    for name, n in counts.items():
        assert name in page
        assert f"n = {n}" in page


def test_why(ask):
    page, rows, found = ask("/why", "why", "why")
    same(rows, found["accounts"], {"points": "points", "people": "people"})
    assert sum(number(row["points"]) for row in rows) == pytest.approx(found["points"], abs=1e-9)
    assert signed_tenth(found["after"]["nps"]) in page
    # Shown in tenths that add up, of which one may be rounded the other way.
    for part in found["parts"].values():
        near = (signed_tenth(part["points"] + tenth / 10) for tenth in (0, 1, -1))
        assert any(words in page for words in near), part


@pytest.mark.parametrize("dims", [{"by": "tier"}, {"by": "role", "and": "tier"}])
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_hot_spots(ask, dims):
    page, rows, found = ask("/hot-spots", "hot-spots", "hot_spots", **dims)
    names = {"n": "n", "accounts": "accounts", "nps": "nps", "shown": "shown"}
    same(rows, found["segments"], names | {"p": "p", "p_adjusted": "p_adjusted"})
    enough = [one for one in found["segments"] if one["n"] >= FEWEST_FOR_NPS]
    assert all(f" {signed(one['shown'])} " in page for one in enough)
    assert page.count(" too few ") >= len(found["segments"]) - len(enough)


def test_movers(ask):
    page, rows, found = ask("/movers", "movers", "movers")
    assert [(row["before"], row["the_next_time"]) for row in rows] == [
        (one["before"], one["after"]) for one in found["moves"]
    ]
    same(rows, found["moves"], {"moves": "moves", "share_of_before": "share"})
    assert found["n"] == sum(one["moves"] for one in found["moves"]) > 3
    words = {"up": "Up", "down": "Down", "went_silent": "Went silent", "came_back": "Came back"}
    for name, said in words.items():
        assert re.search(rf"{said} {found[name]}\b|\b{found[name]} {said}", page), name


def test_themes(ask):
    page, rows, found = ask("/themes", "themes", "themes")
    heard = [one for one in found["themes"] if one["texts"]["number"]]
    assert len(heard) >= 2
    for one in found["themes"]:
        (row,) = (row for row in rows if row["theme"] == one["name"])
        figures = [number(row[name]) for name in ("comments", "of", "share", "low", "high", "share_before")]
        texts = [one["texts"][name] for name in ("number", "n", "share", "low", "high")]
        assert figures == [*texts, one["before"]["share"]]
    assert all(percent(one["texts"]["share"]) in page for one in heard)


def test_promises(ask):
    page, rows, found = ask("/loops", "loops", "loops")
    counted = {
        state: sum(int(r["counted"]) for r in rows if r["state"] == state) for state in ("kept", "broken")
    }
    assert counted == {name: found["promises"][name] for name in counted} == {"kept": 1, "broken": 2}
    assert percent(found["promises"]["share_kept"]) in page


def test_value_and_scores_of_rows(ask, api, sign_in, session):
    """A value and a score are the same in a row of a file and of the API."""
    _page, rows, _found = ask("", "responses", "nps")
    points = sorted(
        one["value"]["points"] for one in api.all("/responses?limit=100") if one["value"]["points"]
    )
    in_file = sorted(number(row["value_points"]) for row in rows if number(row["value_points"]))
    assert in_file
    assert set(in_file) <= set(points)
    assert any(round(one, 4) != one for one in in_file), "there is something to round"
    accounts = csv.DictReader(io.StringIO(sign_in("viewer").get("/accounts.csv").text))
    for row in accounts:
        told = api.get(f"/accounts/{row['id']}/health").json
        for name in snapshots.NAMES:
            assert number(row[name]) == told[name]["score"], (row["account"], name)


def test_bubbles(ask, api, sign_in):
    """The picture of the accounts is a table too."""
    found = api.get("/reports/bubbles").json
    page = words_of(sign_in("viewer").get("/reports/accounts").text)
    asked = [one for one in found["asked"] if one["sentiment"] is not None]
    assert len(asked) >= 4
    assert found["total"] == len(found["asked"]) + len(found["never_asked"])
    for one in asked:
        assert one["name"] in page
        assert str(round(one["engagement"])) in page
    assert api.get("/reports/bubbles?tier=9").status_code == 422
    assert {one["name"] for one in api.get("/reports/bubbles?tier=1").json["asked"]} < {
        one["name"] for one in found["asked"]
    }
