"""The page of the question and what a press of its button does."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.database import transactions
from app.core.installation import installation
from app.delivery.models import InvitationChange, InvitationState, Visit
from app.extensions import db
from app.followups.models import Task
from app.health.models import ScoreDue
from app.reports.models import RollupDelta
from app.responses import asks
from app.responses.models import Answer, Response, Revision
from app.sentiment.models import StoredReading
from tests import make

DAY = timedelta(days=1)
URLENCODED = "application/x-www-form-urlencoded"
TABLES = (Response, Answer, StoredReading, Task, InvitationChange, RollupDelta, ScoreDue, Revision)
EVIL = "<script>alert(1)</script>{{7*7}}${7*7}[x](javascript:alert(1))<svg onload=alert(1)>"


def rows() -> int:
    """How much the answers of this database have left behind."""
    transactions.read(db.session)
    return sum(db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in TABLES)


def responses() -> list[Response]:
    transactions.read(db.session)
    return list(db.session.scalars(sa.select(Response).order_by(Response.id)))


def test_a_score_link_opens_the_page_with_the_number_chosen_and_records_nothing(client, ask):
    at = ask()
    page = client.get(at.link + "?score=3")
    assert page.status_code == 200
    assert re.findall(r'value="(\d+)"[^>]* checked', page.text) == ["3"]
    assert rows() == 0


def test_a_damaged_score_link_opens_the_page_all_the_same(client, ask):
    at = ask()
    for score in ("11", "-1", "9e9", "", "%00", "%ff%fe", "5.5", "²", "3&score=4", "333"):
        page = client.get(f"{at.link}?score={score}")
        assert page.status_code == 200
        assert page.text.count(" checked") == (score == "3&score=4")
    assert rows() == 0


def test_the_press_of_the_button_records_everything_and_leads_to_the_thanks(client, ask):
    at = ask()
    sent = client.post(at.link, data={"score": "3", "comment": "Awful support.", "attempt": "a"})
    assert (sent.status_code, sent.location) == (303, f"{at.link}/thanks")
    (response,) = responses()
    assert (response.score, response.comment, response.attempt) == (3, "Awful support.", "a")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Task)) == 1
    assert "Thank you" in client.get(sent.location).text


def test_the_thanks_fit_the_band(client, ask):
    for score, words in ((3, "sorry"), (8, "better for you"), (10, "Good to hear")):
        at = ask()
        client.post(at.link, data={"score": score})
        assert words in client.get(f"{at.link}/thanks").text


def test_there_are_no_thanks_before_an_answer(client, ask):
    at = ask()
    page = client.get(f"{at.link}/thanks")
    assert (page.status_code, page.location) == (302, at.link)


NO_SCORES = (
    "",
    "score=",
    "score=11",
    "score=-1",
    "score=5.5",
    "score=true",
    "score=[9]",
    "score=9&score=3",
    "score=9&score=9",
    "score=%D9%A9",
    "score=+9",
    "score=09",
    "score=9e0",
    "SCORE=9",
    "score=9%00",
)


def test_a_score_that_is_none_is_refused_with_the_form_kept(client, ask):
    at = ask()
    for body in NO_SCORES:
        sent = client.post(at.link, data=f"{body}&comment=My+words&attempt=kept", content_type=URLENCODED)
        assert sent.status_code == 400, body
        assert "My words</textarea>" in sent.text
        assert 'name="attempt" value="kept"' in sent.text
        assert 'id="score-error"' in sent.text
    assert rows() == 0


def test_a_json_body_is_no_form(client, ask):
    assert client.post(ask().link, json={"score": 9, "comment": "\ud83d"}).status_code == 400
    assert rows() == 0


def test_a_multipart_form_is_read_too(client, ask):
    sent = client.post(ask().link, data={"score": "9", "comment": "ok"}, content_type="multipart/form-data")
    assert sent.status_code == 303


@pytest.mark.parametrize("content_type", [URLENCODED, "multipart/form-data"])
def test_the_length_of_a_comment_is_limited(client, ask, content_type):
    flood = 5_000_000 if content_type == URLENCODED else 100_000
    for length, status in ((0, 303), (1, 303), (5000, 303), (5001, 400), (flood, 413)):
        at, before = ask(), rows()
        sent = client.post(at.link, data={"score": "9", "comment": "x" * length}, content_type=content_type)
        assert sent.status_code == status
        if status != 303:
            assert "5,000 characters" in sent.text
            assert rows() == before


def test_a_number_stays_chosen_before_a_comment_that_is_too_long(client, ask):
    at = ask()
    sent = client.post(at.link, data={"attempt": "kept", "score": "9", "comment": "x" * 5_000_000})
    assert sent.status_code == 413
    assert ('id="score-error"' in sent.text, 'id="comment-error"' in sent.text) == (False, True)
    assert re.search(r'value="9"[^>]* checked', sent.text)
    assert 'name="attempt" value="kept"' in sent.text
    client.post(at.link, data={"score": "9", "comment": "x" * 5000, "attempt": "kept"})
    assert responses()[0].score == 9


def test_a_full_comment_of_wide_characters_fits(client, ask):
    at = ask()
    assert client.post(at.link, data={"score": "9", "comment": "😀" * 5000}).status_code == 303
    assert responses()[0].comment == "😀" * 5000


def test_text_that_is_not_utf8_is_refused(client, ask):
    at = ask()
    for raw in ("%ff%fe", "%c0%af", "%ed%a0%bd", "\xff", "\xff" + "&a=1" * 150):
        sent = client.post(
            at.link, data=f"score=9&comment=a{raw}b".encode("latin-1"), content_type=URLENCODED
        )
        assert sent.status_code == 400
        assert "could not be read" in sent.text
    assert rows() == 0


ODD = (
    ("a\x00b", "ab"),
    ("\ufeffa", "a"),
    ("👩‍👩‍👧 ok", "👩‍👩‍👧 ok"),
    ("\u202eright to left", "\u202eright to left"),
    ("zero\u200bwidth", "zero\u200bwidth"),
    ("x" + "\u0301" * 1000, "x́" + "\u0301" * 999),
    ("non\ufdd0character\uffff", "noncharacter"),
    ("line\r\nbreak", "line\nbreak"),
    (EVIL, EVIL),
)


def test_odd_text_is_stored_the_same_everywhere(client, ask):
    for written, _stored in ODD:
        assert client.post(ask().link, data={"score": "9", "comment": written}).status_code == 303
    assert [response.comment for response in responses()] == [stored for _written, stored in ODD]


def test_what_was_written_comes_back_as_text(client, ask):
    page = client.post(ask().link, data={"comment": EVIL, "attempt": '"><script>'}).text
    assert "<script>" not in page
    assert "{{7*7}}" in page


def test_value_items_are_recorded(client, ask):
    at = ask("nps_value")
    given = {"score": "9", "value_overall": "8", "value_goal": "3", "value_ease": "7"}
    assert client.post(at.link, data=given).status_code == 303
    (found,) = responses()
    assert (found.value_overall, found.value_goal, found.value_ease) == (8, 3, 7)
    assert client.post(at.link, data=given | {"value_ease": "0"}).status_code == 400


def test_the_value_survey_wants_its_first_question(client, ask):
    at = ask("value")
    assert client.post(at.link, data={"value_goal": "3"}).status_code == 400
    assert client.post(at.link, data={"value_overall": "3", "value_goal": ""}).status_code == 303


def test_fields_that_the_survey_does_not_ask_are_not_recorded(client, ask):
    at = ask("nps")
    client.post(at.link, data={"score": "9", "value_overall": "1"})
    assert responses()[0].value_overall is None


def test_the_goal_asked_about_is_the_present_one(client, session, ask):
    at = ask("value")
    make.goal(account=at.row.account, words="Old <goal>", ended_on=at.row.account.started_on)
    make.goal(account=at.row.account, words="Invoices in <one> day")
    session.commit()
    page = client.get(at.link).text
    assert "“Invoices in &lt;one&gt; day”" in page
    assert "Old" not in page


def test_without_a_goal_the_question_is_asked_without_one(client, ask):
    page = client.get(ask("value").link).text
    assert "{goal}" not in page
    assert "main thing you want to achieve" in page


def test_all_scores_opened_and_then_one_answer(client, ask):
    at = ask()
    for score in range(11):
        for method in (client.get, client.head, client.options):
            assert method(f"{at.link}?score={score}").status_code < 400
    client.post(at.link, data={"score": "9"})
    assert [response.score for response in responses()] == [9]


def test_double_submit_back_button_and_two_tabs_leave_one_answer_with_its_history(client, ask):
    at = ask()
    first = {"score": "3", "attempt": "first tab"}
    for data in (
        first,
        first,
        {"score": "4", "attempt": "first tab"},
        {"score": "9", "attempt": "second tab"},
    ):
        assert client.post(at.link, data=data).status_code == 303
    for _reload in range(2):
        assert client.get(f"{at.link}/thanks").status_code == 200
    (response,) = responses()
    assert (response.score, response.revision) == (9, 3)
    said = [r.said["score"] for r in db.session.scalars(sa.select(Revision).order_by(Revision.number))]
    assert said == [3, 4]


def test_a_browser_that_sends_again_after_losing_the_network_changes_nothing(client, ask):
    at = ask()
    for _try in range(3):
        assert client.post(at.link, data={"score": "3", "attempt": "once"}).status_code == 303
    assert [(r.score, r.revision) for r in responses()] == [(3, 1)]


def test_what_was_answered_is_not_shown_to_who_holds_the_link(client, ask):
    person = make.contact(email="kim@customer.example", first_name="Kimberly", title="Head of Ops")
    at = ask(contact=person)
    client.post(at.link, data={"score": "3", "comment": "Secret words"})
    for path in (at.link, f"{at.link}/thanks", at.off):
        page = client.get(path).text
        for secret in ("kim@customer.example", "Kimberly", "Head of Ops", "Secret words"):
            assert secret not in page
        assert path == at.off or " checked" not in page
    assert "you have answered already" in client.get(at.link).text


def test_what_a_change_leaves_empty_stays_as_it_was_and_the_page_says_so(client, ask, session):
    at = ask("nps_value")
    first = {
        "score": "3",
        "comment": "Zu langsam.",
        "value_overall": "4",
        "value_goal": "1",
        "value_ease": "2",
    }
    assert client.post(at.link, data=first).status_code == 303
    assert "what else you leave empty stays as it was" in client.get(at.link).text
    changed = {"score": "9", "comment": "", "value_overall": "8", "value_goal": "1", "value_ease": "2"}
    assert client.post(at.link, data=changed | {"attempt": "two"}).status_code == 303
    transactions.read(session)
    (response,) = responses()
    assert (response.score, response.comment, response.value_overall) == (9, "Zu langsam.", 8)
    assert {answer.words for answer in response.answers} == {None, "Zu langsam."}
    assert len(session.scalars(sa.select(StoredReading)).all()) == 1, "what was heard in the words stays too"
    assert client.post(at.link, data=changed | {"comment": "Viel besser."}).status_code == 303
    assert client.post(at.link, data=changed | {"attempt": "two"}).status_code == 303
    session.rollback()
    session.expire_all()
    assert [(r.comment, r.revision) for r in responses()] == [("Viel besser.", 3)]


def test_not_this_time_is_offered_while_a_reminder_may_come(client, ask):
    def offers(at) -> bool:
        return "Not this time" in client.get(at.link).text

    fresh, answered, left, skipped = ask(), ask(), ask(), ask()
    assert offers(fresh)
    client.post(answered.link, data={"score": "8"})
    client.post(left.off, data={"List-Unsubscribe": "One-Click"})
    client.post(f"{skipped.link}/decline", data={"why": "not_now"})
    assert [offers(at) for at in (fresh, answered, left, skipped)] == [True, False, False, False]
    assert {client.get(at.link).status_code for at in (answered, left, skipped)} == {200}


def test_a_late_answer_is_taken_and_after_that_a_friendly_page_keeps_what_was_written(client, ask):
    late = ask(sent_at=clock.now() - 30 * DAY, state=InvitationState.SILENT, silent_at=clock.now() - 9 * DAY)
    assert client.post(late.link, data={"score": "8"}).status_code == 303
    assert responses()[0].is_late

    over = ask(sent_at=clock.now() - 36 * DAY, state=InvitationState.SILENT, silent_at=clock.now())
    assert "is closed" in client.get(over.link).text
    sent = client.post(over.link, data={"score": "8", "comment": "Too late, but true"})
    assert sent.status_code == 410
    assert "Nothing was recorded" in sent.text
    assert "Too late, but true" in sent.text
    assert len(responses()) == 1


def test_an_erased_person_is_not_asked_any_more(client, session, ask):
    at = ask()
    at.row.contact.status = "erased"
    session.commit()
    sent = client.post(at.link, data={"score": "8"})
    assert sent.status_code == 410
    assert "It can no longer be answered." in sent.text
    assert rows() == 0


def test_a_damaged_link_gets_a_page_and_no_error(client, ask):
    token = ask().token
    for path in (
        "x",
        token.lower(),
        token[:-4],
        f"{token[:-4]}%00",
        f"{token[:-4]}%ff%fe",
        f"{token}AAAA",
        "A" * 4000,
    ):
        for page in (client.get(f"/a/{path}"), client.post(f"/a/{path}"), client.get(f"/u/{path}")):
            assert page.status_code == 404
            assert "<html" in page.text
    assert rows() == 0


def test_no_page_sets_a_cookie_or_may_be_stored(client, ask):
    at = ask()
    pages = [client.get(at.link), client.get(at.off), client.get("/a/x"), client.post(at.link, data={})]
    pages += [client.post(at.link, data={"score": "9"}), client.get(f"{at.link}/thanks")]
    for page in pages:
        assert "Set-Cookie" not in page.headers, page.status
        assert "Cookie" not in page.headers.get("Vary", ""), page.status
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert "unsafe-inline" not in page.headers["Content-Security-Policy"]


def test_a_forged_host_appears_nowhere(client, ask):
    at = ask()
    for header in ({"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}):
        for response in (
            client.get(at.link, headers=header),
            client.post(at.link, data={"score": "9"}, headers=header),
        ):
            assert "evil.example" not in response.text + str(response.headers)


def test_the_page_speaks_the_language_of_the_ask(client, ask):
    for language in ("de", "de-AT"):
        page = client.get(ask(language=language).link).text
        assert '<html lang="de" dir="ltr">' in page


def test_a_language_without_words_is_asked_in_english_and_says_so(client, ask):
    assert '<html lang="en" dir="ltr">' in client.get(ask(language="xx").link).text


def test_a_changed_company_name_shows_at_once(client, session, ask):
    at = ask()
    assert "Northwind" in client.get(at.link).text
    installation(session).company = "Southwind & Sons"
    session.commit()
    assert "Southwind &amp; Sons" in client.get(at.link).text


def test_an_answer_sent_by_a_mail_gateway_waits_for_a_review(client, ask):
    client.post(
        ask().link, data={"score": "9"}, headers={"User-Agent": "BarracudaCentral/1.0 (link protection)"}
    )
    assert responses()[0].is_maybe_automatic
    client.post(ask().link, data={"score": "9"}, headers={"User-Agent": "Mozilla/5.0 HeadlessChrome/120"})
    assert not responses()[1].is_maybe_automatic


def test_the_link_that_no_reader_sees_is_counted_as_a_machines_and_the_person_can_still_answer(client, ask):
    at = ask()
    browser = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"}
    opened = client.get(f"{at.link}/more", headers=browser)
    assert (opened.status_code, opened.location) == (302, at.link)
    client.application.extensions["desk"].visits.flush()
    assert [(v.page, v.is_machine) for v in db.session.query(Visit)] == [("trap", True)]
    assert client.post(at.link, data={"score": "9", "attempt": "a"}, headers=browser).status_code == 303
    assert responses()[0].counts


def test_an_answer_cannot_be_changed_without_end(client, ask):
    at, other = ask(), ask()
    codes = [
        client.post(at.link, data={"score": str(n % 11), "comment": "kept"}).status_code for n in range(21)
    ]
    assert codes == [303] * 21
    left = rows()
    refused = client.post(at.link, data={"score": "3", "comment": "do not lose me"})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert "do not lose me" in refused.text
    assert "too many requests" in refused.text
    assert rows() == left
    assert client.post(other.link, data={"score": "3"}).status_code == 303


def test_a_look_knows_the_same_of_an_ask_as_an_answer(ask, session):
    made = ask("nps_value")
    session.commit()
    nonce = session.get_one(type(made.row), made.id).nonce
    looked, answered = asks.opening(session.connection(), nonce), asks.by_nonce(session.connection(), nonce)
    assert looked._asdict() == {name: getattr(answered, name) for name in looked._fields}
    assert looked.takes_answers(clock.now()) is answered.takes_answers(clock.now()) is True
    assert (looked.is_heard, looked.may_be_skipped) == (answered.is_heard, answered.may_be_skipped)
