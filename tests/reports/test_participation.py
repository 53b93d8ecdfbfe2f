"""Who of those asked took part."""

from __future__ import annotations

import csv
from dataclasses import asdict, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.core.database.prepared import Prepared
from app.core.files.downloads import Table, csv_pieces
from app.delivery.models import InvitationState
from app.reports import lists
from app.reports import participation as people
from app.reports.lists import Chosen
from app.reports.participation import Days, participation, unheard_people
from app.reports.periods import Every, Period, periods
from app.surveys.models import QuestionKind
from tests import make
from tests.conftest import NOW

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
BERLIN = ZoneInfo("Europe/Berlin")


def silent(**given):
    return make.invitation(state=InvitationState.SILENT, silent_at=NOW, closed_at=NOW, **given)


def test_open_asks_count_nowhere_and_make_a_period_provisional(session):
    make.response(9)
    silent()
    make.invitation(state=InvitationState.DECLINED, declined_at=NOW)
    found = participation(session, [MARCH], zone=BERLIN)[0]
    assert (found.answered, found.closed, found.rate, found.is_provisional) == (1, 3, 1 / 3, False)
    make.invitation()
    found = participation(session, [MARCH], zone=BERLIN)[0]
    assert (found.closed, found.reached, found.is_provisional) == (3, 4, True)


def test_bounced_held_and_rehearsed_asks_are_no_asks(session):
    make.invitation(state=InvitationState.BOUNCED)
    make.invitation(state=InvitationState.QUEUED, sent_at=None)
    silent(wave=make.wave(is_rehearsal=True))
    found = participation(session, [MARCH], zone=BERLIN)[0]
    assert (found.reached, found.rate) == (0, None)


def test_whoever_was_away_was_not_silent(session):
    make.response(9)
    person = make.contact()
    silent(contact=person, is_auto_reply=True, sent_at=NOW - timedelta(days=2))
    found = participation(session, [MARCH], zone=BERLIN)[0]
    assert (found.silent, found.closed, found.rate) == (0, 1, 1)
    assert unheard_people(session, today=NOW.date(), days=180, zone=BERLIN) == {}
    chosen = Chosen(MARCH.start, MARCH.end)
    assert lists.how_many_asks(session, replace(chosen, state="unanswered"), zone=BERLIN) == 0
    table = Table("asks", lists.ASKS_HEAD, lists.asks_rows(session, chosen, zone=BERLIN))
    rows = list(csv.DictReader("".join(csv_pieces(table)).splitlines()))
    assert [(row["state"], row["answered"], row["counted"]) for row in rows] == [
        ("answered", "1", "1"),
        ("away", "0", "0"),
    ]


def test_days_are_the_installations(session):
    silent(sent_at=NOW.replace(day=31, hour=22, minute=30))
    assert participation(session, [MARCH], zone=BERLIN)[0].silent == 0
    assert participation(session, [MARCH], zone=ZoneInfo("UTC"))[0].silent == 1


def test_segments_and_people(session):
    person = make.contact(account=make.account(tier=None))
    silent(contact=person)
    silent(contact=person, sent_at=NOW - timedelta(days=2))
    silent(contact=make.contact(account=make.account(tier=1)))
    found = {p.key: p.silent for p in participation(session, [MARCH], zone=BERLIN, dim="tier")}
    assert found == {"1": 1, "2": 2}


def test_people_not_heard_are_counted_once_by_their_last_ask(session):
    def heard():
        of_asks, of_people = (
            dict(query.rows(session.connection(), **given))
            for query in (people.UNHEARD_ASKS, people.UNHEARD_PEOPLE)
        )
        assert of_asks == of_people, "of few asks and of very many it is the same figure"
        return unheard_people(session, today=NOW.date(), days=180, zone=BERLIN)

    end = NOW.date() + timedelta(days=1)
    given = asdict(Days.of(end - timedelta(days=180), end, BERLIN))
    person = make.contact()
    silent(contact=person, sent_at=NOW - timedelta(days=40))
    assert heard() == {InvitationState.SILENT: 1}
    ask = make.invitation(contact=person)
    assert heard() == {InvitationState.SENT: 1}
    silent(sent_at=NOW - timedelta(days=181))
    silent(wave=make.wave(is_rehearsal=True))
    value = make.program(survey=make.survey(QuestionKind.VALUE_OVERALL))
    silent(wave=make.wave(program=value))
    assert heard() == {InvitationState.SENT: 1}
    make.response(9, invitation=ask)
    assert heard() == {}


def test_all_periods_are_counted_by_one_query(session, monkeypatch):
    make.response(9)
    silent()
    silent(sent_at=NOW - timedelta(days=40))
    session.flush()
    cut = periods(NOW.date() - timedelta(days=60), NOW.date() + timedelta(days=1), Every.DAY)
    seen = []
    connection = session.connection()
    sa.event.listen(connection, "before_cursor_execute", lambda *given: seen.append(given[2]))
    execute = Prepared._execute
    monkeypatch.setattr(Prepared, "_execute", lambda *given: seen.append(given) or execute(*given))
    found = participation(session, cut, zone=BERLIN)
    assert len(seen) == 1
    assert [p.period for p in found] == cut
    assert {p.period.start: (p.answered, p.silent) for p in found if p.reached} == {
        NOW.date(): (1, 1),
        NOW.date() - timedelta(days=40): (0, 1),
    }
    assert participation(session, [], zone=BERLIN) == []


def test_whose_answer_does_not_count_is_among_those_who_did_not_answer(session):
    machine = make.invitation()
    make.response(9, invitation=machine, is_maybe_automatic=True)
    silent()
    make.invitation()
    assert sum(unheard_people(session, today=NOW.date(), days=180, zone=BERLIN).values()) == 3
    days = {"start": NOW.date() - timedelta(days=179), "end": NOW.date() + timedelta(days=1)}
    chosen = Chosen(**days, state="unanswered", per_person=True)
    assert lists.how_many_asks(session, chosen, zone=BERLIN) == 2
    assert machine in lists.asks(session, chosen, zone=BERLIN)


def test_figures_of_very_many_are_kept_a_minute_where_the_moment_is_told(session, monkeypatch):
    monkeypatch.setattr(people, "MANY_ASKS", 1)
    monkeypatch.setattr(people, "MANY_PEOPLE", 2)

    def figures(now=None) -> tuple[int, int]:
        unheard = unheard_people(session, today=NOW.date(), days=180, zone=BERLIN, heard=1, now=now)
        return participation(session, [MARCH], zone=BERLIN, now=now)[0].silent, sum(unheard.values())

    silent()
    assert figures(NOW) == (1, 1), "so few are counted each time"
    silent()
    assert figures(NOW) == (2, 2)
    silent()
    assert figures(NOW + timedelta(seconds=59)) == (2, 2)
    assert figures() == (3, 3), "who does not say when it is wants the present"
    assert figures(NOW + timedelta(seconds=61)) == (3, 3)
