"""The managers' pages."""

from __future__ import annotations

import csv
import html
import io
import itertools
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import get_template_attribute

from app.core import clock
from app.core.audit import Actor
from app.delivery.models import InvitationState
from app.followups.models import Cause, Outcome, Task
from app.followups.resolution import Resolution, resolve
from app.reports import trend
from app.reports.periods import Period
from tests import make
from tests.conftest import NOW

DAYS = f"from={NOW.date()}&to={NOW.date()}"


@pytest.fixture
def viewer(sign_in):
    return sign_in("viewer")


@pytest.mark.parametrize("page", ["", "/why", "/hot-spots", "/movers", "/responses", "/loops", "/themes"])
@pytest.mark.parametrize("days", ["from=9999-12-01&to=9999-12-31", "from=0001-01-01&to=0001-02-01"])
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_days_at_the_ends_of_the_calendar_are_refused_in_words(viewer, page, days):
    answer = viewer.get(f"/reports{page}?{days}")
    assert answer.status_code == 400
    assert "Choose days in order" in answer.text


def test_an_empty_installation_says_what_comes_next(viewer, sign_in, session):
    page = viewer.get("/reports").text
    assert "Numbers appear as soon as somebody has been asked" in page
    assert "0 people" not in page
    assert links_of(page.partition("<main")[2], "Go to programs") == "/programs"
    manager = sign_in("manager")
    assert "Import people" in manager.get("/reports").text
    make.response(9, invitation=make.invitation(wave=make.wave(is_rehearsal=True)))
    session.commit()
    page = manager.get("/reports?by=tier").text
    assert "Nobody has been asked yet" in page
    assert "Go to programs" in page
    assert "counted nowhere" in page
    assert "Nobody was asked in these days" in viewer.get("/reports/asks?per=person").text
    assert "No answers in these days" in viewer.get("/reports/responses").text
    assert "Nobody was asked in these days" in viewer.get("/reports/asks").text
    assert "Clear the filters" in viewer.get("/reports/responses?band=promoter").text


def test_with_fewer_than_five_answers_the_trend_does_not_say_that_there_are_none(viewer, session):
    for score in (9, 3, 7, 8):
        make.answer(score, now=NOW, invitation=make.invitation(sent_at=NOW - timedelta(days=1)))
    session.commit()
    page = viewer.get(f"/reports?{DAYS}").text
    assert "The trend begins with the fifth" in page
    assert "No answers yet" not in page


def test_while_every_ask_is_open_there_is_no_rate_and_nobody_is_said_not_to_be_asked(viewer, session):
    make.invitation(sent_at=NOW, state=InvitationState.SENT)
    session.commit()
    page = viewer.get(f"/reports?{DAYS}").text
    assert "Every ask of this period is still open" in page
    assert "Nobody has been asked in this period yet" not in page


def test_the_list_and_the_csv_hold_the_answers_behind_the_number(viewer, session):
    for score in (9, 3, 7):
        make.response(score, comment="=1+1 <b>bold</b>", dims={"all": "all"})
    make.response(10, invitation=make.invitation(wave=make.wave(is_rehearsal=True)), dims={"all": "all"})
    session.commit()
    page = viewer.get(f"/reports/responses?{DAYS}").text
    assert page.count('data-label="Score"') == 3
    assert "<b>bold</b>" not in page
    assert viewer.get(f"/reports/responses?{DAYS}&band=detractor").text.count('data-label="Score"') == 1
    rows = list(csv.DictReader(io.StringIO(viewer.get(f"/reports/responses.csv?{DAYS}").text)))
    assert sorted(int(row["score"]) for row in rows) == [3, 7, 9]
    assert {row["comment"][:2] for row in rows} == {"'="}


def test_pages_go_on_where_the_last_ended(viewer, session):
    wave = make.wave()
    for _ in range(53):
        make.response(8, invitation=make.invitation(wave=wave), dims={"all": "all"})
    session.commit()
    first = viewer.get(f"/reports/responses?{DAYS}")
    assert first.text.count('data-label="Score"') == 50
    assert "1 to 50 of 53" in first.text
    second = viewer.get(links_of(first.text, "Next page")).text
    assert (second.count('data-label="Score"'), "51 to 53 of 53" in second) == (3, True)
    assert "Next page" not in second
    assert links_of(second, "To the start").startswith("/reports/responses?")
    asks = viewer.get(f"/reports/asks?{DAYS}").text
    assert (asks.count('data-label="Asked"'), "1 to 50 of 53" in asks) == (50, True)


@pytest.mark.parametrize(
    "query", ["from=yesterday", "from=2026-03-04&to=2026-03-01", "from=1900-01-01", "to=%00"]
)
def test_days_that_are_none_are_refused_in_words(viewer, query):
    assert viewer.get(f"/reports?{query}").status_code == 400


@pytest.mark.parametrize("page", ["responses", "asks"])
@pytest.mark.parametrize("after", ["9" * 25, "-1", "0", str(2**63)])
def test_a_place_that_is_no_row_begins_at_the_top(viewer, page, after):
    assert viewer.get(f"/reports/{page}?after={after}").status_code == 200


def test_odd_filters_do_no_harm(viewer):
    assert viewer.get("/reports?every=x&by=y&dim=z").status_code == 200
    assert (
        viewer.get("/reports/responses?after=99999999999&band=x&q=%25_%00&by=tier&key='").status_code == 200
    )


def answers_of(person, *scores):
    """Answers of one person on days that follow each other, the last today."""
    now = clock.now()
    for ago, score in enumerate(reversed(scores)):
        at = now - timedelta(days=ago)
        ask = make.invitation(contact=person, sent_at=at, wave=make.wave(launched_at=at))
        make.answer(score, now=at, invitation=ask)


def rows_of(client, address):
    return list(csv.DictReader(io.StringIO(client.get(address.replace("?", ".csv?")).text)))


def links_of(page: str, words: str) -> str:
    """The address behind the first link that holds these words."""
    link = next(m for m in re.finditer(r'<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>', page, re.S) if words in m[2])
    return html.unescape(link[1])


def test_the_headline_recounts_from_its_list_and_its_csv(viewer, session):
    answers_of(make.contact(), 2, 9)
    for score in (10, 9, 3, 8, 10):
        answers_of(make.contact(), score)
    session.commit()
    page = viewer.get("/reports").text
    assert "n = 6" in page
    address = links_of(page, "n = 6")
    assert "<b>6 answers</b>" in viewer.get(address).text
    rows = [row for row in rows_of(viewer, address) if row["counted"] == "1"]
    scores = [int(row["score"]) for row in rows]
    nps = 100 * (sum(s >= 9 for s in scores) - sum(s <= 6 for s in scores)) / len(scores)
    assert len(scores) == 6
    assert f"<b>+{round(nps)}</b>" in page
    detractors = links_of(page, "Detractors")
    assert [row["score"] for row in rows_of(viewer, detractors)] == ["3"]


def test_who_did_not_answer_recounts_from_the_list(viewer, session):
    now = clock.now()
    silent = {"state": InvitationState.SILENT, "silent_at": now, "closed_at": now}
    for _ in range(2):
        make.invitation(sent_at=now - timedelta(days=30), **silent)
    person = make.contact(first_name="=cmd|x", account=make.account(name="@Acme"))
    make.invitation(contact=person, sent_at=now - timedelta(days=30), **silent)
    make.invitation(contact=person, sent_at=now - timedelta(days=1))
    answers_of(make.contact(), 9)
    session.commit()
    page = viewer.get("/reports").text
    for words, figure in (("Did not answer", 2), ("May still answer", 1)):
        address = links_of(page, words)
        assert f"{words} <b>{figure}</b>" in page
        assert sum(int(row["counted"]) for row in rows_of(viewer, address)) == figure
    (row,) = rows_of(viewer, links_of(page, "May still answer"))
    assert (row["account"], row["contact"][:3], row["state"]) == ("'@Acme", "'=c", "open")
    closed = rows_of(viewer, f"/reports/asks?from={now.date() - timedelta(days=60)}&to={now.date()}")
    counted = [row for row in closed if row["counted"] == "1"]
    assert (len(counted), sum(int(row["answered"]) for row in counted)) == (4, 1)
    assert "25%" in page


def test_bands_stand_beside_the_silence_of_those_who_were_asked_to_recommend(viewer, session):
    """Whoever did not answer another survey is missing from no band: the chart and its list leave them out."""
    now = clock.now()
    silent = {"state": InvitationState.SILENT, "silent_at": now, "closed_at": now}
    elsewhere = make.wave(program=make.program(survey=make.survey("csat", "comment")))
    for _ in range(3):
        make.invitation(wave=elsewhere, sent_at=now - timedelta(days=1), **silent)
    make.invitation(sent_at=now - timedelta(days=1), **silent)
    answers_of(make.contact(), 9)
    session.commit()
    page = viewer.get("/reports").text
    table = page.partition('id="chart-composition"')[2]
    address = re.search(r'href="([^"]*/reports/asks[^"]*)">1 \(50%\)</a>', table)[1]
    assert len(rows_of(viewer, html.unescape(address))) == 1
    assert "<b>1 ask</b>" in viewer.get(html.unescape(address)).text
    assert "<b>4 asks</b>" in viewer.get(html.unescape(address).replace("recommendation", "")).text


def test_answers_say_what_was_done_about_them_on_the_page_and_in_the_file(viewer, session):
    now = clock.now()
    for score, name in ((2, "Told"), (3, "Touched"), (4, "Left")):
        person = make.contact(first_name=name)
        ask = make.invitation(contact=person, sent_at=now)
        make.answer(score, now=now, invitation=ask)
    told, touched, _left = session.scalars(sa.select(Task).order_by(Task.id))
    touched.first_touched_at = told.first_touched_at = now
    ended = Resolution(Outcome.RESOLVED, "Done.", Cause.PRODUCT_BUG, customer_told=True)
    resolve(told, ended, now=now, by=Actor("staff", None, "Ines"))
    session.commit()
    page = viewer.get("/reports/responses?band=detractor").text
    assert [page.count(words) for words in ("customer told", "nobody was in touch", "first touch ")] == [
        1,
        1,
        1,
    ]
    assert f'href="/tasks/{told.id}?owner=all">Closed</a>' in page
    rows = rows_of(viewer, "/reports/responses?band=detractor")
    found = {
        row["score"]: (row["follow_up"], bool(row["first_touched"]), row["customer_told"]) for row in rows
    }
    assert found == {"2": ("closed", True, "1"), "3": ("new", True, ""), "4": ("new", False, "")}


def test_the_file_of_the_trend_has_the_figures_of_page_and_api_to_the_last_digit(viewer, session):
    for score in (10, 9, 3, 8, 10, 9, 2):
        answers_of(make.contact(), score)
    session.commit()
    page = viewer.get("/reports").text
    rows = rows_of(viewer, links_of(page, "CSV").replace(".csv", ""))
    last, today = rows[-1], clock.now().date()
    points = trend.nps(session, [Period(today.replace(day=1), today + timedelta(days=1))], window_days=180)
    assert (float(last["nps"]), float(last["low"])) == (
        points[0].estimate.nps,
        points[0].estimate.interval.low,
    )
    assert (last["people"], last["promoters"], last["detractors"]) == ("7", "4", "2")
    assert (len(rows), last["last_day"], last["nps"][:5]) == (12, today.isoformat(), "28.57")


def test_overdue_stands_on_the_page_with_its_list(viewer, session):
    late = clock.now() - timedelta(days=1)
    make.task(first_touch_due_at=late)
    make.task(first_touch_due_at=clock.now() + timedelta(days=3), due_at=clock.now() + timedelta(days=9))
    session.commit()
    page = viewer.get("/reports").text
    assert "of 2 open" in page
    address = links_of(page.partition("Overdue follow-ups now")[2], "1")
    assert address.startswith("/queue?")
    assert len(list(csv.DictReader(io.StringIO(viewer.get(address.replace("?", ".csv?")).text)))) == 1


def test_a_headline_without_anybody_asked_says_so_in_words(viewer, session):
    long_ago = clock.now() - timedelta(days=300)
    ask = make.invitation(sent_at=long_ago)
    make.answer(9, now=long_ago, invitation=ask)
    session.commit()
    page = viewer.get("/reports").text
    assert "Nobody was asked to recommend in the last 180 days." in page
    assert "0 people" not in page


def test_no_match_is_told_apart_from_nothing_yet(viewer, session):
    answers_of(make.contact(), 9)
    session.commit()
    page = viewer.get("/reports?from=2020-01-01&to=2020-02-01").text
    assert "Clear the filters" in page
    assert "The list ends before this page" in viewer.get("/reports/responses?after=1").text
    for address in ("responses?band=detractor", "asks?state=declined"):
        assert "Clear the filters" in viewer.get(f"/reports/{address}").text
    assert "Everybody asked was heard" in viewer.get("/reports/asks?per=person").text


def test_segments_are_called_by_their_names(viewer, session):
    owner = make.staff(name="Maya Lindholm")
    answers_of(make.contact(account=make.account(owner=owner)), 9)
    session.commit()
    assert "Maya Lindholm</a>" in viewer.get("/reports?by=owner").text
    assert "English</a>" in viewer.get("/reports?by=language").text


def test_bands_are_named_in_one_order_and_by_one_word_everywhere(viewer, session):
    account = make.account(name="Acme")
    for score in (9, 10, 8, 3, 9, 2):
        answers_of(make.contact(account=account), score)
    now = clock.now()
    make.invitation(
        sent_at=now - timedelta(days=30), state=InvitationState.SILENT, silent_at=now, closed_at=now
    )
    session.commit()
    pages = {address: viewer.get(address).text for address in ("/reports?by=tier", "/accounts")}
    account_page = viewer.get(f"/accounts/{account.id}").text
    pages["account"] = account_page.partition('<figure class="split">')[2].partition("</figure>")[0]
    pages["filter"] = (
        viewer.get("/reports/responses").text.partition("filter-band")[2].partition("</select>")[0]
    )
    pages["file"] = viewer.get("/accounts.csv").text.partition("\n")[0]
    for name, page in pages.items():
        seen = re.findall(r"promoter|passive|detractor", re.sub(r"<[^>]*>", " ", page).lower())
        assert {"promoter", "passive", "detractor"} <= set(seen), name
        turned = {("detractor", "passive"), ("passive", "promoter")}
        assert turned.isdisjoint(itertools.pairwise(seen)), (name, seen)
    report = pages["/reports?by=tier"]
    assert '<li class="key key--silent">Did not answer</li>' in report
    assert '<span class="key key--silent">' in report
    assert "3-1-2" in account_page


def test_a_range_is_read_out_as_a_sentence(app):
    with app.test_request_context():
        words = get_template_attribute("components.html", "nps_value")(40.0, 20.0, 60.0, 30)
    assert "likely from </span>+20 to +60" in words


def test_paper_says_which_days_and_filters_a_report_is_about(viewer, session):
    answers_of(make.contact(), 9)
    session.commit()
    days = "from=2026-03-02&to=2026-04-05"

    def on_paper(address: str) -> str:
        return html.unescape(
            viewer.get(f"/reports{address}").text.partition('print-only">')[2].partition("</p>")[0]
        )

    assert on_paper(f"?{days}&every=week&by=tier") == "Mar 2, 2026 to Apr 5, 2026 · Week · compared by tier"
    assert (
        on_paper(f"/responses?{days}&band=detractor&q=<slow>")
        == "Mar 2, 2026 to Apr 5, 2026 · Detractors · “<slow>”"
    )
    assert on_paper(f"/asks?{days}&state=silent") == "Mar 2, 2026 to Apr 5, 2026 · Silent"
    for report in ("movers", "loops", "control", "themes"):
        assert on_paper(f"/{report}?{days}") == "Mar 2, 2026 to Apr 5, 2026"
