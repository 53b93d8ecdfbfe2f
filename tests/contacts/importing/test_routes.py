"""The import pages: look first, then bring in; reasons by line; owners chosen once; nothing half done."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.contacts.importing import routes, uploads
from app.contacts.importing.uploads import ImportFile
from app.contacts.models import Account, Contact, ContactStatus, OwnerMatch
from app.core import clock
from app.core.audit import AuditEvent
from app.delivery.models import InvitationState, Suppression
from app.health.models import ScoreDue
from tests import make
from tests.posting import token

SAMPLES = Path(__file__).parents[2] / "data" / "crm_samples"
SALESFORCE = "01_salesforce_contacts_report.csv"


class Person:
    """A signed-in person whose posts carry the token of a page."""

    def __init__(self, client, page: str = "/imports/"):
        self.get = client.get
        self._client = client
        self._token = token(client.get(page).text)

    def post(self, address: str, data: dict | None = None, **options):
        return self._client.post(address, data={"csrf_token": self._token, **(data or {})}, **options)


@pytest.fixture
def client(sign_in):
    return Person(sign_in("manager"))


@pytest.fixture
def upload(client):
    """`upload(name or bytes)` posts a file and gives the answer."""

    def post(source: str | bytes, *, kind: str = "contacts", name: str = "people.csv", **fields):
        if isinstance(source, str):
            name, source = source, (SAMPLES / source).read_bytes()
        data = {"kind": kind, "preset": "auto", "file": (io.BytesIO(source), name), **fields}
        return client.post("/imports/", data=data, content_type="multipart/form-data")

    return post


def how_many(session, model) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(model))


def newest(session) -> ImportFile:
    session.rollback()
    return session.scalars(sa.select(ImportFile).order_by(ImportFile.id.desc())).first()


def test_a_file_is_looked_at_first_and_then_brought_in(client, upload, session):
    answer = upload(SALESFORCE)
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "Nothing has been written yet" in page
    assert "Import 26 rows" in page
    assert how_many(session, Contact) == 0
    file = newest(session)
    done = client.post(f"/imports/{file.id}/result")
    assert done.status_code == 303
    assert how_many(session, Contact) == 26
    assert how_many(session, ScoreDue) == 9
    page = client.get(done.location).text
    assert "Imported: 26 new, 0 changed." in page
    file = newest(session)
    assert (file.content, file.report["created"], file.report["askable"]) == (None, 26, 25)
    assert [event.action for event in session.scalars(sa.select(AuditEvent))] == ["contacts.import"]


def test_pressed_twice_it_is_imported_once(client, upload, session):
    upload(SALESFORCE)
    file = newest(session)
    client.post(f"/imports/{file.id}/result")
    assert client.post(f"/imports/{file.id}/result").status_code == 303
    assert newest(session).report["created"] == 26


def test_while_it_is_imported_nobody_starts_it_again(client, upload, session, monkeypatch):
    upload(SALESFORCE)
    file = newest(session)
    file.started_at = routes.clock.now()
    session.commit()
    answer = client.post(f"/imports/{file.id}/result")
    assert answer.status_code == 409
    assert "being imported already" in answer.text


def test_an_import_that_failed_is_finished_by_pressing_again(client, upload, session, monkeypatch):
    upload(SALESFORCE)
    file = newest(session)

    def fail(*_arguments, **_named):
        raise RuntimeError("the disk is gone")

    with monkeypatch.context() as broken:
        broken.setattr(routes, "import_any", fail)
        assert client.post(f"/imports/{file.id}/result").status_code == 500
    assert newest(session).is_waiting
    assert client.post(f"/imports/{file.id}/result").status_code == 303
    assert how_many(session, Contact) == 26


def test_owners_are_chosen_once_and_kept(client, upload, session):
    dana = make.staff(name="D. Whitfield")
    session.commit()
    upload("05_hubspot_companies_export.csv", kind="accounts")
    file = newest(session)
    assert "Dana Whitfield" in client.get(f"/imports/{file.id}").text
    names = [unmatched["owner"] for unmatched in file.report["owners_unmatched"]]
    client.post(
        f"/imports/{file.id}/result",
        data={
            f"owner-{names.index('Dana Whitfield')}": dana.id,
            f"owner-{names.index('Yui Mori')}": "999999",
        },
    )
    owned = session.scalar(sa.select(sa.func.count()).where(Account.owner_id == dana.id))
    assert owned == 4
    assert session.scalars(sa.select(OwnerMatch.name)).all() == ["dana whitfield"]
    assert "D. Whitfield" in client.get("/imports/").text
    client.post("/imports/owner-matches/forget", data={"name": "Dana Whitfield"})
    assert how_many(session, OwnerMatch) == 0


def test_columns_can_be_read_otherwise(client, upload, session):
    upload(b"Mail;Wer;Haus\nkim@acme.example;Kim;Acme\n", name="kunden.csv")
    assert newest(session) is None
    upload(b"Email;Wer;Haus\nkim@acme.example;Kim;Acme\n", name="kunden.csv")
    file = newest(session)
    assert file.report["not_askable"] == {"no_account": 1}
    chosen = {
        "preset": "auto",
        "column:Wer": "first_name",
        "column:Haus": "account_name",
        "column:Email": "email",
    }
    assert client.post(f"/imports/{file.id}/columns", data=chosen).status_code == 303
    file = newest(session)
    assert (file.report["askable"], file.report["accounts_created"]) == (1, 1)
    assert file.mapping == {"Wer": "first_name", "Haus": "account_name"}
    client.post(f"/imports/{file.id}/result")
    session.rollback()
    assert session.scalars(sa.select(Contact.first_name)).all() == ["Kim"]


def test_a_list_of_people_read_as_accounts_says_so_and_is_read_anew(client, upload, session):
    people = b"First Name,Email,Account Name\nKai,kai@c.example,C\nPia,pia@c.example,C\n"
    page = client.get(upload(people, kind="accounts").location).text
    assert "looks like a list of people" in page
    file = newest(session)
    again = client.post(f"/imports/{file.id}/columns", {"kind": "contacts"})
    page = client.get(again.location).text
    assert "looks like a list of people" not in page
    assert "people can be asked" in page
    client.post(f"/imports/{file.id}/result")
    assert how_many(session, Contact) == 2
    with_owners = b"Name,Owner Email,Domains\nAcme,kim@own.example,acme.example\n"
    assert "looks like a list" not in client.get(upload(with_owners, kind="accounts").location).text


def test_columns_that_make_no_sense_are_refused_and_nothing_changes(client, upload, session):
    upload(b"Email,Name\nkim@acme.example,Kim\n")
    file = newest(session)
    answer = client.post(f"/imports/{file.id}/columns", data={"preset": "auto", "column:Email": "ignore"})
    assert answer.status_code == 400
    assert "e-mail address or a name" in answer.text
    assert newest(session).mapping == {}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04", "Excel workbook"),
        (b"Fruit\napple\n", "e-mail address or a name"),
        (b"Email\n" + b"a" * 1000, "larger than 5 MB"),
    ],
)
def test_what_is_no_list_is_refused_in_words(client, upload, session, monkeypatch, content, words):
    monkeypatch.setattr(uploads, "MOST_BYTES", 1000)
    answer = upload(content)
    assert answer.status_code == 400
    assert words in answer.text
    assert how_many(session, ImportFile) == 0


def test_a_form_without_file_or_kind_is_refused(client, session):
    assert client.post("/imports/", data={"kind": "contacts"}).status_code == 400
    answer = client.post("/imports/", data={"kind": "fruit", "file": (io.BytesIO(b"Email\n"), "a.csv")})
    assert answer.status_code == 400
    assert "Choose a file" in answer.text


def test_text_in_a_file_stays_text(client, upload, session):
    raw = b'Email,First Name,Role,Title\nkim@acme.example,<script>alert(1)</script>,"<img src=x onerror=alert(1)>",{{7*7}}\n'
    answer = upload(raw, name="../../etc/<b>people</b>.csv")
    page = client.get(answer.location).text
    assert "<img src=x" not in page
    assert "<b>people</b>" not in page
    assert "&lt;img src=x" in page
    assert newest(session).name == "<b>people</b>.csv" or newest(session).name == "b>.csv"
    lines = client.get(answer.location + "/issues.csv")
    assert lines.mimetype == "text/csv"
    assert "attachment" in lines.headers["Content-Disposition"]


def test_a_file_put_away_is_not_imported(client, upload, session):
    upload(SALESFORCE)
    file = newest(session)
    client.post(f"/imports/{file.id}/discard")
    assert newest(session).content is None
    assert client.post(f"/imports/{file.id}/result").status_code == 409
    assert "would have happened" in client.get(f"/imports/{file.id}").text
    assert how_many(session, Contact) == 0


def test_looking_changes_nothing(client, upload, session):
    answer = upload(SALESFORCE)
    tables = (Contact, Account, ImportFile, AuditEvent)
    before = [how_many(session, table) for table in tables]
    for address in (answer.location, "/imports/", answer.location + "/issues.csv"):
        assert client.get(address).status_code == 200
    assert [how_many(session, table) for table in tables] == before


@pytest.mark.parametrize("role", ["viewer", "csm"])
def test_only_managers_import(sign_in, role):
    client = Person(sign_in(role), page="/queue")
    assert client.get("/imports/").status_code == 403
    assert client.post("/imports/", data={}).status_code == 403


def test_an_unknown_import_is_not_found(client):
    assert client.get("/imports/4711").status_code == 404


def test_an_opt_out_in_a_file_stops_what_is_on_its_way(client, upload, session):
    ask = make.invitation(contact=make.contact(email="kim@acme.example", external_id="c1"))
    session.commit()
    upload(b"External ID,Email,Unsubscribed\nc1,kim@acme.example,yes\nc2,new@acme.example,yes\n")
    client.post(f"/imports/{newest(session).id}/result")
    session.rollback()
    session.refresh(ask)
    assert (ask.state, ask.contact.status) == (InvitationState.CANCELLED, ContactStatus.UNSUBSCRIBED)
    closed = session.scalars(sa.select(Suppression.email_key).order_by(Suppression.email_key)).all()
    assert closed == ["kim@acme.example", "new@acme.example"]


def test_files_go_after_a_day_and_lines_after_a_month(client, upload, session, now):
    upload("04_hubspot_contacts_export.csv")
    file = newest(session)
    assert file.report["issues"]
    made = file.created_at
    assert uploads.tidy(session, now=made + timedelta(hours=23)) == 0
    assert uploads.tidy(session, now=made + timedelta(hours=25)) == 1
    session.commit()
    assert newest(session).content is None
    assert newest(session).report["issues"]
    uploads.tidy(session, now=made + timedelta(days=31))
    session.commit()
    assert newest(session).report["issues"] == []
    assert newest(session).report["rejected"] == 1
    assert uploads.tidy(session, now=made + timedelta(days=32)) == 0


def test_nothing_yet_is_said_with_the_next_step(client):
    page = client.get("/imports/").text
    assert "Nothing imported yet" in page
    assert "Start with your accounts" in page


def test_a_long_import_shows_how_far_it_has_come(client, upload, session):
    upload(SALESFORCE)
    page = client.get("/imports/1").text
    assert re.search(r'id="import-progress"[^>]* hidden', page)
    assert "HX-Refresh" in client.get("/imports/1/progress").headers, "nothing runs yet"
    file = newest(session)
    file.started_at, file.rows_done = clock.now(), 12
    session.commit()
    running = client.get("/imports/1")
    assert "being brought in" in running.text
    assert re.search(r'id="import-progress"[^>]* data-running', running.text)
    assert "Import 26 rows" not in running.text
    part = client.get("/imports/1/progress")
    assert "12 / 26" in part.text
    assert "HX-Refresh" not in part.headers
    file.started_at = None
    session.commit()
    client.post("/imports/1/result")
    assert newest(session).rows_done == 26
    assert "HX-Refresh" in client.get("/imports/1/progress").headers


def test_a_file_of_accounts_comes_first_and_then_the_people_there(client, session):
    checked = re.compile(r'name="kind" value="(\w+)" checked')
    assert checked.findall(client.get("/imports/").text) == ["accounts"]
    make.account()
    session.commit()
    assert checked.findall(client.get("/imports/").text) == ["contacts"]
    assert checked.findall(client.get("/imports/?kind=accounts").text) == ["accounts"]
