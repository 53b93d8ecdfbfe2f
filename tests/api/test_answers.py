"""Asks and answers over the API: every fact of the ledger, and what was said."""

from datetime import timedelta

import pytest

from app import jobs
from app.core import clock
from app.core.installation import installation
from app.core.tokens import Signer
from app.delivery.models import InvitationState, Reminder
from app.sentiment.themes import dictionary
from tests import make
from tests.conftest import NOW


def only(api, path: str) -> dict:
    (found,) = api.all(path)
    return found


def test_an_ask_tells_all_that_became_of_it(session, api):
    late = make.invitation(is_late=True, silent_at=NOW)
    make.answer(9, invitation=late, now=NOW + timedelta(days=25))
    for number, sent_at in ((1, NOW + timedelta(days=3)), (2, None)):
        session.add(Reminder(invitation_id=late.id, number=number, queued_at=NOW, sent_at=sent_at))
    found = api.get(f"/invitations/{late.id}").json
    assert (found["state"], found["late"], found["auto_reply"]) == ("answered", True, False)
    assert found["sent_at"] == "2026-03-04T10:00:00Z"
    assert found["silent_at"] == "2026-03-04T10:00:00Z"
    assert found["answered_at"] == "2026-03-29T10:00:00Z"
    assert found["reminded_at"] == ["2026-03-07T10:00:00Z"]
    assert found["closed_at"]
    assert (found["wave_id"], found["contact_id"]) == (str(late.wave_id), str(late.contact_id))
    assert found["suppressed_reason"] is None
    assert api.get("/invitations/999").status_code == 404
    steps = api.get(f"/invitations/{late.id}/course").json["steps"]
    assert [(step["what"], step["at"][:10]) for step in steps if step["what"] != "sent"] == [
        ("reminded", "2026-03-07"),
        ("answered_late", "2026-03-29"),
    ]
    assert api.get("/invitations/999/course").status_code == 404


def test_who_was_left_out_has_its_reason_and_the_day_of_being_free(session, api):
    free_at = NOW + timedelta(days=9)
    make.invitation(
        state=InvitationState.SUPPRESSED, suppressed_reason="quarantine", free_at=free_at, sent_at=None
    )
    found = only(api, "/invitations?state=suppressed&suppressed_reason=quarantine")
    assert (found["sent_at"], found["free_at"]) == (None, "2026-03-13T10:00:00Z")


@pytest.mark.parametrize("scope", ["read", "write", "admin"])
def test_only_an_admin_key_sees_the_links_of_people(app, session, program, scope):
    ask = make.invitation(sent_at=clock.now())
    left_out = make.invitation(state=InvitationState.SUPPRESSED, suppressed_reason="left", sent_at=None)
    key = program(scope)
    for found in (
        only(key, f"/invitations?contact_id={ask.contact_id}"),
        key.get(f"/invitations/{ask.id}").json,
    ):
        assert ("answer_url" in found) is (scope == "admin")
    if scope == "admin":
        base = app.extensions["settings"].BASE_URL
        token = Signer([app.extensions["settings"].SECRET_KEY]).token(ask.nonce)
        assert found["answer_url"] == f"{base}/a/{token}"
        assert app.test_client().get(f"/a/{token}").status_code == 200
        assert key.get(f"/invitations/{left_out.id}").json["answer_url"] is None


def test_asks_are_filtered_by_the_fields_named(session, api):
    ask, other = make.invitation(state=InvitationState.IN_DOUBT), make.invitation(is_rehearsal=True)
    queries = (
        f"wave_id={ask.wave_id}",
        f"program_id={ask.wave.program_id}",
        f"contact_id={ask.contact_id}",
        f"account_id={ask.account_id}",
        "state=in_doubt",
        "rehearsal=false",
        "late=false&rehearsal=false&purpose=program",
    )
    for query in queries:
        assert only(api, f"/invitations?{query}")["id"] == str(ask.id), query
    assert len(api.all(f"/invitations?wave_id={ask.wave_id}&wave_id={other.wave_id}")) == 2
    later = (clock.now() + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert api.all(f"/invitations?since={later}") == []


def test_an_answer_tells_what_was_said_and_how_it_sounds(session, api):
    answer = make.answer(
        3, comment="The export is slow and terrible.", value_overall=8, value_goal=3, value_ease=6
    )
    found = only(api, "/responses")
    assert found == api.get(f"/responses/{answer.response_id}").json
    assert (found["score"], found["band"], found["counted"], found["flags"]) == (3, "detractor", True, [])
    assert found["comment"] == "The export is slow and terrible."
    value = found["value"]
    assert (value["overall"], value["goal"], value["ease"]) == (8, 3, 6)
    assert value["points"] == pytest.approx(0.5 * 80 + 0.3 * 75 + 0.2 * 5 / 6 * 100)
    heard = found["sentiment"]
    assert (heard["label"], heard["lang"], heard["corrected"], heard["themes"]) == (
        "negative",
        "en",
        False,
        [],
    )
    assert heard["polarity"] < 0
    assert heard["evidence"]
    assert api.get("/responses/999").status_code == 404


def test_an_answer_without_words_has_no_sentiment(session, api):
    make.answer(9)
    assert only(api, "/responses")["sentiment"] is None


def test_flags_say_what_is_special(session, api):
    make.response(8, is_late=True, revision=2, is_maybe_automatic=True)
    found = only(api, "/responses?late=true&counted=false")
    assert (found["flags"], found["counted"]) == (["late", "edited", "maybe_automatic"], False)


def test_a_doubtful_answer_is_settled_in_a_word(session, api):
    answer = make.answer(9, is_automatic=True)
    path = f"/responses/{answer.response_id}/review"
    assert only(api, "/responses")["counted"] is False
    for verdict, flag in (("machine", "dismissed"), ("person", "reviewed")):
        found = api.post(path, {"verdict": verdict}).json
        assert (found["flags"], found["counted"]) == (["maybe_automatic", flag], verdict == "person")
    assert api.post(path, {"verdict": "dog"}).status_code == 422
    plain = make.answer(9)
    assert api.post(f"/responses/{plain.response_id}/review", {"verdict": "person"}).status_code == 409
    assert api.post("/responses/999/review", {"verdict": "person"}).status_code == 404


def test_answers_are_filtered_by_the_fields_named(session, api):
    answer = make.answer(9, comment="Wonderful and excellent support.")
    ask = make.invitation(is_rehearsal=True, language="de")
    make.response(2, invitation=ask, submitted_at=NOW - timedelta(days=60))
    of = api.get(f"/responses/{answer.response_id}").json
    queries = (
        f"invitation_id={of['invitation_id']}",
        f"contact_id={of['contact_id']}",
        f"account_id={of['account_id']}",
        "score=9",
        "band=promoter",
        "sentiment=positive",
        "language=en",
        "submitted_from=2026-03-01",
        "rehearsal=false",
        "counted=true",
    )
    for query in queries:
        assert only(api, f"/responses?{query}")["id"] == of["id"], query
    assert only(api, f"/responses?wave_id={ask.wave_id}&submitted_to=2026-02-01")["band"] == "detractor"
    assert api.get("/responses?score=11").status_code == 422


@pytest.mark.parametrize("path", ["/invitations", "/responses"])
def test_a_long_list_takes_no_more_queries_than_a_short_one(session, api, queries, path):
    make.answer(3, comment="Slow.")
    few = queries(lambda: api.get(path))
    for _ in range(4):
        make.answer(3, comment="Slow.")
    assert queries(lambda: api.get(path)) == few


def test_a_link_for_an_app_or_a_chat_is_an_ask_like_any_other_but_for_the_mail(
    app, session, program, settings
):
    asked = make.program(kind="manual", status="active")
    person = make.contact()
    installation(session).live_at = NOW
    session.commit()
    key, given = program("admin"), {"program": str(asked.id), "contact": str(person.id), "channel": "link"}
    assert program("write").post("/invitations", given).status_code == 403
    made = key.post("/invitations", given)
    assert made.status_code == 201
    found = made.json
    assert (found["state"], found["channel"], found["reminded_at"]) == ("sent", "link", [])
    assert found["closes_at"] > found["sent_at"]
    again = key.post("/invitations", given)
    assert again.status_code == 409
    session.rollback()
    client = app.test_client()
    link = "/a/" + found["answer_url"].rpartition("/")[2]
    assert client.post(link, data={"score": "9", "attempt": "a"}).status_code == 303
    assert key.get(f"/invitations/{found['id']}").json["state"] == "answered"
    other = make.contact()
    session.commit()
    by_mail = key.post("/invitations", given | {"contact": str(other.id), "channel": "mail"}).json
    assert (by_mail["state"], by_mail["channel"]) == ("planned", "mail")
    assert key.post("/invitations", given | {"contact": "999"}).status_code == 404
    nameless = make.contact(email=None)
    make.contact(email=None)
    session.commit()
    without = given | {"contact": str(nameless.id)}
    refused = key.post("/invitations", without | {"channel": "mail"})
    assert refused.status_code == 409
    assert "No e-mail address is known" in refused.json["detail"]
    shown = key.post("/invitations", without)
    assert (shown.status_code, shown.json["state"]) == (201, "sent")
    session.rollback()
    link = "/a/" + shown.json["answer_url"].rpartition("/")[2]
    assert client.post(link, data={"score": "7", "attempt": "b"}).status_code == 303
    assert client.post(f"/u/{link[3:]}", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert key.post("/invitations", without).status_code == 409


def test_what_contradicts_its_score_is_found_and_a_correction_wins(program, session):
    id = make.answer(9, comment="Excellent product, I love it.").response_id
    make.answer(9, comment="Excellent product, I love it.")
    writer = program("write")
    path = f"/responses/{id}/sentiment"
    said = writer.put(path, {"label": "negative", "why": "irony"}).json
    assert (said["sentiment"]["label"], said["sentiment"]["corrected"]) == ("negative", True)
    assert "mismatch" in said["flags"]
    found = writer.get("/responses?mismatch=true").json["items"]
    assert [one["id"] for one in found] == [str(id)]
    assert [one["id"] for one in writer.get("/responses?sentiment=negative").json["items"]] == [str(id)]
    assert writer.post(path + "/undo").json["sentiment"]["label"] == "positive"
    assert writer.post(path + "/undo").status_code == 409
    assert writer.put(path, {"label": "splendid"}).status_code == 422


def test_the_themes_of_an_answer_are_told_and_found_by(program, session):
    dictionary.ensure(session, now=NOW)
    make.answer(9, comment="Great support.")
    make.answer(9, comment="Hm.")
    session.commit()
    jobs.find_themes(NOW)
    reader = program("read")
    assert [one["sentiment"]["themes"] for one in reader.get("/responses").json["items"]] == [["support"], []]
    assert len(reader.get("/responses?theme=support").json["items"]) == 1
    assert reader.get("/responses?theme=mobile").json["items"] == []
