"""Mail gateways open every link of every mail, again and again: nothing comes of it, and the links go on working."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from itertools import product
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from app.contacts.models import Contact, ContactStatus
from app.core import clock, tokens
from app.core.audit import AuditEvent
from app.core.processes import logs
from app.delivery.mail.mailer import Mailer
from app.delivery.models import Invitation, Visit
from app.extensions import Base, db
from app.responses.models import Response
from app.surveys import templates
from app.surveys.models import Survey
from tests import crawling, make
from tests.databases import SECRET_KEY

AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/117.0.0.0 Safari/537.36 OneOutlook/1.2023",
    "BarracudaCentral/1.0 (link protection)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
    "",
)
ADDRESS = re.compile(r"https?://[^\s<>\"']+")
TOKEN = re.compile(r"/[au]/([A-Za-z0-9_-]{20,})")
COMMENT = "Between us: the invoices of Ophelia Quint are a mess."


class Links(HTMLParser):
    def __init__(self, text: str):
        super().__init__()
        self.found = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found |= {value for name, value in attrs if name in {"href", "src", "action"} and value}


def links_of(message) -> set[str]:
    """Every address in the texts and in the headers of a mail."""
    found = set(ADDRESS.findall(message["List-Unsubscribe"]))
    found |= set(ADDRESS.findall(message.get_body(("plain",)).get_content()))
    found |= Links(message.get_body(("html",)).get_content()).found
    return {link for link in found if link.startswith("http")}


@pytest.fixture
def wave(office, session, now):
    """Four people who were sent a mail and a reminder, by the keys that the pages know."""
    templates.ensure(session, now=now)
    office.now = clock.now() - timedelta(days=10)  # The pages go by the real clock.
    office.mailer = Mailer(
        office.mailer.lane, office.mailer.shelf, tokens.Signer([SECRET_KEY]), "surveys@justask.example"
    )
    people = [
        make.contact(first_name="Ophelia", last_name=f"<b>{{{{7*7}}}}</b> {n}", language=language)
        for n, language in enumerate(("en", "de", "en", "xx"))
    ]
    survey = session.query(Survey).filter_by(key="nps_value").one()
    wave = office.wave(people, program=make.program(survey=survey))
    office.queue()
    office.send()
    office.now = session.scalar(sa.select(sa.func.max(Invitation.remind_at)))
    office.remind()
    office.send()
    return wave


@pytest.fixture
def mails(wave, sink):
    assert len(sink.taken) == 8
    return [taken.message for taken in sink.taken]


@pytest.fixture
def client(app):
    return app.test_client(use_cookies=False)


def test_every_link_of_every_mail_opened_by_every_gateway_twice_changes_nothing(app, session, client, mails):
    links = sorted(
        {urlsplit(link)._replace(scheme="", netloc="").geturl() for m in mails for link in links_of(m)}
    )
    assert len(links) == 4 * 16
    before = crawling.checksums()
    statuses = set()
    for link, agent, method in product(links * 2, AGENTS, ("HEAD", "GET", "OPTIONS")):
        headers = (
            {"User-Agent": agent, "Sec-Purpose": "prefetch"} if "Headless" in agent else {"User-Agent": agent}
        )
        statuses.add(client.open(link, method=method, headers=headers).status_code)
    app.extensions["desk"].visits.flush()
    assert statuses == {200, 302}
    assert crawling.checksums() == before
    counted = dict(
        session.execute(sa.select(Visit.is_machine, sa.func.count()).group_by(Visit.is_machine)).all()
    )
    assert sum(counted.values()) == len(links) * 2 * len(AGENTS) * 2
    trapped = session.scalars(sa.select(Visit.is_machine).where(Visit.page == "trap")).all()
    assert set(trapped) == {True}
    session.rollback()
    token = TOKEN.search(links[0])[1]
    assert client.post(f"/a/{token}", data={"score": 9}).status_code == 303
    assert session.scalars(sa.select(Response.score)).all() == [9]


def test_the_header_of_every_mail_unsubscribes_its_own_person_in_one_click(session, client, mails):
    header = ADDRESS.findall(mails[1]["List-Unsubscribe"])[0]
    assert mails[1]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for _time in range(2):
        done = client.post(urlsplit(header).path, data={"List-Unsubscribe": "One-Click"})
        assert (done.status_code, "Location" in done.headers) == (200, False)
    session.expire_all()
    gone = session.scalars(sa.select(Contact.email).where(Contact.status == ContactStatus.UNSUBSCRIBED)).all()
    assert gone == [mails[1]["To"].addresses[0].addr_spec]


def test_a_dump_of_the_database_holds_no_usable_link(app, session, client, mails):
    sent = {token for mail in mails for link in links_of(mail) for token in TOKEN.findall(link)}
    assert len(sent) == 4
    for token in sent:
        assert client.post(f"/a/{token}", data={"score": 3, "comment": "Slow."}).status_code == 303
    app.extensions["desk"].visits.flush()
    dump = "\n".join(
        repr(tuple(row)) for table in Base.metadata.sorted_tables for row in session.execute(sa.select(table))
    )
    assert "Slow." in dump
    for token in sent:
        assert token not in dump
        assert token[tokens.NONCE_LENGTH :] not in dump


def test_the_log_and_the_trail_of_a_run_hold_no_link_address_or_comment(app, session, client, mails, caplog):
    caplog.set_level("DEBUG")
    sent = sorted({token for mail in mails for link in links_of(mail) for token in TOKEN.findall(link)})
    first, second, third, _last = sent
    given = {"score": 3, "comment": f"{COMMENT} ophelia@customer.example"}
    client.get(f"/a/{first}?score=3")
    client.get(f"/a/{first[:-1]}")
    assert client.post(f"/a/{first}", data=given).status_code == 303
    client.post(f"/u/{second}", data={"confirm": "yes"})
    session.execute(sa.text("DROP TABLE response_revisions"))
    session.commit()
    assert client.post(f"/a/{first}", data=given | {"score": 4}).status_code == 503
    session.execute(sa.text("DROP TABLE suppressions"))
    session.commit()
    assert client.post(f"/u/{third}", data={"confirm": "yes"}).status_code >= 500
    log = "\n".join(logs.hide(caplog.handler.format(record)) for record in caplog.records)
    assert "was not saved" in log
    trail = " ".join(
        f"{event.actor_name} {event.subject} {event.details}" for event in db.session.query(AuditEvent)
    )
    assert "contact:" in trail
    people = [contact.email for contact in session.query(Contact)]
    for secret in (*sent, *people, COMMENT, "ophelia@customer.example"):
        assert secret not in log + trail, secret
