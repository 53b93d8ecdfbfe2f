"""Waves over the API: counted before, launched once, held, stopped."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.contacts.models import ContactStatus
from app.core import clock
from app.core.installation import installation
from app.core.outbox_rows import OutboxRow
from app.delivery.models import InvitationState, Visit, Wave, WaveState
from tests import make
from tests.conftest import NOW


@pytest.fixture
def path(session) -> str:
    return f"/programs/{make.program().id}/waves"


def is_whole(counts: dict) -> bool:
    return sum(n for name, n in counts.items() if name != "total") == counts["total"]


def test_a_wave_is_counted_launched_paused_resumed_and_cancelled(session, api, path):
    people = [make.contact() for _ in range(3)]
    ids = [str(person.id) for person in people[:2]]
    assert api.post(path, {"contacts": ids, "dry_run": True}).json["counts"]["planned"] == 2
    launched = api.post(path, {"contacts": ids, "undo_minutes": 5, "name": "Spring"})
    assert launched.status_code == 201
    wave = launched.json
    assert (wave["counts"]["total"], wave["counts"]["planned"]) == (2, 2)
    assert is_whole(wave["counts"])
    assert (wave["name"], wave["state"], wave["purpose"]) == ("Spring", "waiting", "program")
    assert wave["undo_until"]
    for verb, state in (("pause", "paused"), ("resume", "waiting"), ("cancel", "cancelled")):
        found = api.post(f"/waves/{wave['id']}/{verb}")
        assert (found.status_code, found.json["state"]) == (200, state)
    assert api.get(f"/waves/{wave['id']}").json["counts"]["cancelled"] == 2
    assert api.post(f"/waves/{wave['id']}/pause").status_code == 409
    assert api.post("/waves/999/pause").status_code == 404


def test_a_dry_run_counts_what_a_launch_comes_to_and_leaves_nothing(session, api, path):
    make.contact()
    make.contact(status=ContactStatus.UNSUBSCRIBED, unsubscribed_at=NOW)
    found = api.post(path, {"dry_run": True})
    assert (found.status_code, found.json["id"]) == (200, None)
    assert api.all("/waves") == []
    launched = api.post(path, {}).json
    assert launched["counts"] == found.json["counts"]
    assert launched["left_out"] == found.json["left_out"] == {"unsubscribed": 1}


def test_a_wave_waits_for_its_moment_and_its_undo(session, api, path):
    make.contact()
    at = (clock.now() + timedelta(days=3)).replace(microsecond=0)
    wave = api.post(path, {"send_at": at.isoformat()}).json
    assert wave["send_at"] == at.isoformat().replace("+00:00", "Z")
    assert wave["undo_until"] is None


def test_a_launch_is_undone_without_a_trace_until_it_sends(session, api, path):
    make.contact()
    wave = api.post(path, {"undo_minutes": 10}).json
    assert api.post(f"/waves/{wave['id']}/undo").json["id"] == wave["id"]
    assert api.get(f"/waves/{wave['id']}").status_code == 404
    assert api.all("/invitations") == []
    sending = make.wave(state=WaveState.SENDING)
    assert api.post(f"/waves/{sending.id}/undo").status_code == 409


def test_a_repeated_launch_is_one_wave(session, api, path):
    make.contact()
    headers = {"Idempotency-Key": "launch"}
    assert api.post(path, {}, headers=headers).json == api.post(path, {}, headers=headers).json
    assert session.scalar(sa.select(sa.func.count(Wave.id))) == 1


def test_a_launch_sent_twice_at_once_is_one_wave(app, session, program, path):
    make.contact()
    secret, answers = program("write").secret, []

    def press():
        with app.app_context():
            headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "twins"}
            answers.append(app.test_client().post(f"/api/v1{path}", json={}, headers=headers).get_data())

    threads = [threading.Thread(target=press) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), len(set(answers))) == (3, 1)
    assert session.scalar(sa.select(sa.func.count(Wave.id))) == 1


IMPOSSIBLE = [
    ({"contacts": "everybody"}, "contacts"),
    ({"contacts": None}, "contacts"),
    ({"contacts": []}, "contacts"),
    ({"contacts": ["999"]}, "contacts"),
    ({"contacts": ["x"]}, "contacts.0"),
    ({"contacts": {"all": True}}, "contacts"),
    ({"send_at": "2999-01-01T00:00:00Z"}, "send_at"),
    ({"send_at": "soon"}, "send_at"),
    ({"send_at": "2026-01-01T00:00:00"}, "send_at"),
    ({"undo_minutes": -1}, "undo_minutes"),
    ({"undo_minutes": 1.5}, "undo_minutes"),
    ({"dry_run": "yes"}, "dry_run"),
    ({"name": "\ud83d"}, "name"),
    ({"who": "all"}, "who"),
]


def test_a_launch_that_cannot_be_is_422_and_no_wave(session, api, path):
    make.contact()
    for given, field in IMPOSSIBLE:
        found = api.post(path, given)
        assert found.status_code == 422, given
        assert list(found.json["errors"]) == [field], given
    assert api.all("/waves") == []


def test_somebody_without_an_account_is_named(session, api, path):
    person = make.contact()
    person.account = None
    found = api.post(path, {"contacts": [str(person.id)]})
    assert str(person.id) in found.json["errors"]["contacts"]


def test_tens_of_thousands_of_ids_are_taken(session, api, path):
    found = api.post(path, {"contacts": [str(n) for n in range(1, 70_000)], "dry_run": True})
    assert list(found.json["errors"]) == ["contacts"]


def test_waves_are_listed_with_what_became_of_them(session, api):
    program = make.program()
    first, other = make.wave(program=program), make.wave(state=WaveState.FINISHED, is_rehearsal=True)
    states = (InvitationState.SENT, InvitationState.SENDING, InvitationState.QUEUED)
    asks = [make.invitation(wave=first, state=state) for state in states]
    make.invitation(
        wave=first, state=InvitationState.SUPPRESSED, suppressed_reason="quarantine", sent_at=None
    )
    make.response(9, invitation=make.invitation(wave=first))
    for is_machine in (True, True, False):
        session.add(Visit(invitation_id=asks[0].id, at=NOW, page="answer", is_machine=is_machine))
    found = {item["id"]: item for item in api.all("/waves")}
    shown = found[str(first.id)]
    counts = {name: number for name, number in shown["counts"].items() if number}
    assert counts == {"total": 5, "sent": 1, "queued": 2, "suppressed": 1, "answered": 1}
    assert is_whole(shown["counts"])
    assert (shown["rates"]["response"], shown["rates"]["provisional"]) == (0.5, True)
    assert (shown["left_out"], shown["machine_visits"]) == ({"quarantine": 1}, 2)
    assert found[str(other.id)]["counts"]["total"] == 0
    assert shown == api.get(f"/waves/{first.id}").json
    for query in (f"program_id={program.id}", "state=sending", "rehearsal=false"):
        assert [item["id"] for item in api.all(f"/waves?{query}")] == [str(first.id)], query
    assert len(api.all("/waves?purpose=program")) == 2


def test_a_list_of_waves_takes_as_many_queries_as_one_wave(app, session, api, queries):
    make.wave()
    api.get("/waves")
    few = queries(lambda: api.get("/waves"))
    for _ in range(5):
        make.invitation(wave=make.wave())
    assert queries(lambda: api.get("/waves")) == few


def test_a_launch_waits_after_its_first_people_only_when_told_so(session, api, path):
    installation(session).live_at = NOW
    for _ in range(4):
        make.contact()
    told = api.post(path, {"first_people": 2, "undo_minutes": 5}).json
    assert (told["first_people"], told["pause_cause"]) == (2, None)
    wave = session.get(Wave, int(told["id"]))
    wave.state, wave.pause_cause = WaveState.PAUSED, "first"
    session.commit()
    assert api.get(f"/waves/{told['id']}").json["pause_cause"] == "first"
    assert api.post(f"/waves/{told['id']}/resume").json["first_people"] is None


def test_a_mail_in_doubt_is_counted_as_sent_or_sent_again(session, api):
    asks = [make.invitation(state=InvitationState.IN_DOUBT) for _ in range(2)]
    mail = {"recipient": "a@customer.example", "message_id": "1@x", "due_at": NOW, "state": "in_doubt"}
    session.add(OutboxRow(kind="invitation", ref=str(asks[1].id), **mail))
    session.commit()
    assert api.post(f"/invitations/{asks[0].id}/count-as-sent").json["state"] == "sent"
    assert api.post(f"/invitations/{asks[0].id}/count-as-sent").status_code == 409
    assert api.post(f"/invitations/{asks[1].id}/resend").json["state"] == "queued"
    assert api.post("/invitations/999/resend").status_code == 404
