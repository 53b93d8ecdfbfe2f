"""Why the NPS changed: parts that add up exactly, from the people behind the two figures."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.extensions import db
from app.followups.models import TaskState
from app.reports import trend
from app.reports.periods import Period
from app.reports.statistics.nps import Counts
from app.reports.why import telling, votes
from app.reports.why.split import Part, People, Split, split
from app.surveys.scales import Band
from tests import make
from tests.conftest import NOW

bands = st.sampled_from([None, *Band])
groups = st.lists(
    st.builds(People, st.integers(0, 5), bands, bands, st.integers(1, 30)).filter(
        lambda people: people.before or people.after
    ),
    min_size=1,
    max_size=40,
)


@given(groups)
def test_parts_and_accounts_add_up_to_the_change(people):
    found = split(people)
    if found is None:
        assert not all((Split(people).before.n, Split(people).after.n))
        return
    assert sum(found.parts.values()) == pytest.approx(found.points, abs=1e-9)
    assert sum(one.points for one in found.contributions()) == pytest.approx(found.points, abs=1e-9)
    assert sum(one.people for one in found.contributions()) == sum(one.number for one in people)
    shown = [
        round(10 * counts.nps + (1e-9 if counts.nps > 0 else -1e-9)) for counts in (found.before, found.after)
    ]
    assert sum(found.tenths.values()) == shown[1] - shown[0]
    for part in Part:
        assert abs(found.tenths[part] - 10 * found.parts[part]) <= 2


def test_whoever_moves_joins_or_leaves_is_told_apart():
    people = [
        People("Acme", Band.DETRACTOR, Band.PROMOTER, 1),
        People("Acme", Band.PROMOTER, Band.PROMOTER, 3),
        People("Beta", None, Band.DETRACTOR, 1),
        People("Beta", Band.PASSIVE, None, 1),
    ]
    found = split(people)
    assert (found.before, found.after) == (Counts(1, 1, 3), Counts(1, 0, 4))
    assert (found.points, found.same_before.nps, found.same_after.nps) == (20, 50, 100)
    assert found.parts == {Part.MOVED: 50, Part.JOINED: -40, Part.LEFT: 10}
    assert [(one.key, one.points, one.people) for one in found.contributions()] == [
        ("Acme", 50, 4),
        ("Beta", -30, 2),
    ]
    assert found.moves() == {(Band.DETRACTOR, Band.PROMOTER): 1, (Band.PROMOTER, Band.PROMOTER): 3}


def test_without_anybody_in_both_the_newcomers_explain_it():
    found = split([People(1, Band.PROMOTER, None, 4), People(1, None, Band.DETRACTOR, 4)])
    assert found.parts == {Part.MOVED: 0, Part.JOINED: -200, Part.LEFT: 0}


@pytest.fixture
def two_periods(app):
    """Acme's Kim moves up, Beta's Lou goes, Nia comes; Kim's first answer of the newer period is an older vote."""
    acme, beta = make.account(name="=Acme"), make.account(name="Beta")
    kim, lou, nia = make.contact(account=acme), make.contact(account=beta), make.contact(account=beta)

    def said(person, score, days_ago, **more):
        ask = make.invitation(contact=person, sent_at=NOW - timedelta(days=days_ago + 1))
        make.answer(score, now=NOW - timedelta(days=days_ago), invitation=ask, **more)

    said(kim, 3, 300, comment="The export crashes.")
    said(lou, 9, 290)
    said(kim, 6, 100)
    said(kim, 9, 20)
    said(nia, 2, 10, comment="Support does not answer.")
    db.session.commit()
    return acme, beta


def periods_to(day: date) -> tuple[Period, Period]:
    end = day + timedelta(days=1)
    middle = end - timedelta(days=180)
    return Period(middle - timedelta(days=180), middle), Period(middle, end)


@pytest.mark.parametrize("are_many", [False, True])
def test_people_are_those_of_the_headlines(two_periods, monkeypatch, are_many):
    monkeypatch.setattr(votes, "are_many", lambda *_given: are_many)
    before, after = periods_to(NOW.date())
    found = split(votes.by_account(db.session, before, after))
    assert found.after == trend.headline(db.session, after.last).counts == Counts(1, 0, 1)
    assert found.before == trend.headline(db.session, before.last).counts == Counts(1, 0, 1)
    acme, beta = two_periods
    assert {(one.key, one.before, one.after) for one in found.people} == {
        (acme.id, Band.DETRACTOR, Band.PROMOTER),
        (beta.id, Band.PROMOTER, None),
        (beta.id, None, Band.DETRACTOR),
    }


def test_follow_ups_of_detractors_are_counted_to_their_end(two_periods):
    _before, after = periods_to(NOW.date())
    assert votes.followed(db.session, after) == votes.Followed(2, 0, 0, 1)
    task = db.session.scalars(
        db.select(make.Task).where(
            make.Task.contact.has(account_id=two_periods[1].id), make.Task.kind == "detractor"
        )
    ).one()
    task.first_touched_at, task.outcome = NOW, "resolved"
    task.move(TaskState.CLOSED, now=NOW, by="Ines")
    db.session.commit()
    assert votes.followed(db.session, after) == votes.Followed(2, 1, 1, 1)


def test_one_detractor_is_told_of_as_one(app):
    with app.test_request_context():
        assert telling.followed_words(votes.Followed(1, 1, 0, 0)).startswith("Of 1 detractor answer, ")


def test_the_page_says_it_in_sentences_and_the_file_counts_people(app, two_periods, sign_in):
    days = {"from": (NOW.date() - timedelta(days=179)).isoformat(), "to": NOW.date().isoformat()}
    client = sign_in("viewer")
    page = client.get("/reports/why", query_string=days).text
    assert "too few people answered for an NPS (n = 2; " in page
    assert "With fewer than five answers" in page
    assert "From one NPS to the other" not in page
    assert page.count('class="num">too few</td>') == 2
    assert "Of 2 detractor answers" in page
    told = re.search(r'id="sentence">([^<]+)<', page)[1]
    alone = client.get("/reports/sentence", query_string=days, headers={"HX-Request": "true"}).text
    assert f">{told}<" in alone
    assert "<html" not in alone
    assert client.get("/reports/sentence").location.endswith("#sentence")
    assert "=Acme" in page
    rows = list(csv.DictReader(io.StringIO(client.get("/reports/why.csv", query_string=days).text)))
    assert [row["account"] for row in rows] == ["Beta", "'=Acme"]
    assert {row["points"] for row in rows} == {""}
    assert [rows[1][name] for name in ("moved", "newly_answering", "no_longer_answering")] == ["1", "0", "0"]
    narrowed = client.get(
        "/reports/responses", query_string=days | {"account": two_periods[0].id, "per": "person"}
    )
    assert "1 answer" in narrowed.text


VOTES = (
    *({300: 7, 280: 3, 20: 9}, {280: 3, 60: 2, 20: 9}, {280: 8, 20: 9}, {280: 9, 20: 2}, {280: 9, 20: 9}),
    *({20: 7}, {60: 3, 20: 9}, {300: 9, 280: 2}),
)
"""Five people who answered in both periods, two newly answering, one no longer answering; scores by days ago."""


def test_every_part_and_every_move_opens_as_many_people_as_it_counts(app, sign_in):
    for votes_by_days_ago in VOTES:
        contact = make.contact()
        for days_ago, score in votes_by_days_ago.items():
            ask = make.invitation(contact=contact, sent_at=NOW - timedelta(days=days_ago + 1))
            make.answer(score, now=NOW - timedelta(days=days_ago), invitation=ask)
    db.session.commit()
    days = {"from": (NOW.date() - timedelta(days=179)).isoformat(), "to": NOW.date().isoformat()}
    client = sign_in("viewer")
    page = client.get("/reports/why", query_string=days).text
    parts = re.findall(r'<th scope="row"><a href="([^"]+)">(Same|New|Gone)</a></th>(.*?)</tr>', page)
    counted = {name: int(re.findall(r">(\d+)</td>", cells)[-1]) for _url, name, cells in parts}
    assert counted == {"Same": 5, "New": 2, "Gone": 1}
    for url, name, _cells in parts:
        assert how_many(client, url) == counted[name]
    moves = re.findall(r'data-label="now [^"]+" class="num[^"]*"><a href="([^"]+)">(\d+)</a>', page)
    assert sorted(int(number) for _url, number in moves) == [1, 1, 1, 2]
    for url, number in moves:
        assert how_many(client, url) == int(number)
    refused = client.get(html.unescape(parts[0][0]).replace("other_to=20", "other_to=30"))
    assert refused.status_code == 400


def how_many(client, url: str) -> int:
    """The rows of a list and of its file, which must be as many."""
    address = html.unescape(url)
    shown = client.get(address).text
    rows = list(csv.DictReader(io.StringIO(client.get(address.replace("responses?", "responses.csv?")).text)))
    assert shown.count('data-label="Score"') == len(rows)
    return len(rows)


def test_nothing_to_compare_says_so(app, sign_in):
    make.answer(9, invitation=make.invitation(sent_at=NOW))
    db.session.commit()
    client = sign_in("viewer")
    page = client.get("/reports/why?against=year").text
    assert "Nothing to compare" in page
    assert client.get("/reports/why?from=2026-03-05&to=2026-03-01").status_code == 400
