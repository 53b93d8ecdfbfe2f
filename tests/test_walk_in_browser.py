"""The main job from end to end in a real browser against a real server: import, launch, open the mail, click 3,
comment, submit, see the task in the CSM's queue, close it, see the score and the trend move."""

from __future__ import annotations

import re
import socket
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app import create_app, jobs
from app.core import clock
from app.core.database import transactions
from app.core.installation import installation
from app.extensions import db
from app.surveys import templates
from tests import make
from tests.browsing import browser, listening
from tests.databases import settings_for

pytestmark = pytest.mark.browser

PEOPLE = """First Name,Last Name,Email,Role,Account Name,Account External ID,Language
Anke,Müller,anke@northwind.example,Decision Maker,Northwind Paper,A-1,en
Tobias,Krämer,tobias@northwind.example,Champion,Northwind Paper,A-1,en
Lena,Schön,lena@northwind.example,Admin,Northwind Paper,A-1,en
Omar,Haddad,omar@northwind.example,Power User,Northwind Paper,A-1,en
Sigrid,Lund,sigrid@northwind.example,Power User,Northwind Paper,A-1,en
Nils,Berg,nils@northwind.example,Power User,Northwind Paper,A-1,en
"""
A_PERSONS = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
UNHAPPY = "nils@northwind.example"


@pytest.fixture
def site(request, database_kind: str, tmp_path: Path) -> Iterator[tuple[Flask, str]]:
    """A live installation behind a real server, and its address."""
    databases = request.getfixturevalue(
        "sqlite_databases" if database_kind == "sqlite" else "postgres_databases"
    )
    folder = tmp_path / "instance"
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    app = create_app(settings_for(folder, databases.fresh(folder), BASE_URL=address, PORT=port))
    with app.app_context():
        transactions.write(db.session)
        facts = installation(db.session)
        facts.live_at, facts.company, facts.product = clock.now() - timedelta(days=1), "Fabrikam", "Papermill"
        templates.ensure(db.session, now=clock.now())
        make.staff("admin", email="ines@fabrikam.example", name="Ines Vogel", password=make.PASSWORD)
        db.session.commit()
    with listening(app, port):
        yield app, address
    with app.app_context():
        db.engine.dispose()


def work(app: Flask, times: int = 3) -> None:
    """What the worker does, pass by pass."""
    for _ in range(times):
        for job in jobs.TIMETABLE:
            jobs.run_once(app, job, now=clock.now())


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in")
    page.fill("input[name=email]", "ines@fabrikam.example")
    page.fill("input[name=password]", make.PASSWORD)
    page.get_by_role("button", name=re.compile("Sign in", re.I)).click()
    expect(page.locator("h1")).to_be_visible()


def import_people(page: Page, address: str, folder: Path) -> None:
    file = folder / "people.csv"
    file.write_text(PEOPLE, "utf-8")
    page.goto(f"{address}/imports/?kind=contacts")
    page.set_input_files("input[type=file]", str(file))
    page.get_by_role("button", name="Look at the file").click()
    expect(page.locator("main")).to_contain_text("Nothing has been written yet")
    page.get_by_role("button", name="Import 6 rows").click()
    expect(page.locator("main")).to_contain_text("Imported.")


def launch(page: Page, address: str) -> None:
    page.goto(f"{address}/programs/new")
    page.fill("input[name=name]", "Relationship 2026")
    page.get_by_text("Rest, reminders and closing").click()
    page.fill("input[name=undo_minutes]", "0")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile(r"/programs/\d+$"))
    page.goto(page.url + "/launch")
    expect(page.locator("main")).to_contain_text("6")
    page.get_by_label("Send at any hour, outside the window too").check()
    page.get_by_role("button", name="Ask 6 people").click()
    expect(page).to_have_url(re.compile(r"/waves/\d+"))


def mails(app: Flask) -> dict[str, str]:
    """The link to the answer page in the mail of each person, from the files of the mailbox."""
    found = {}
    for file in (app.extensions["settings"].instance / "mailbox").rglob("*.eml"):
        text = file.read_text("utf-8", errors="replace").replace("=\n", "").replace("=3D", "=")
        link = re.search(r"http://127\.0\.0\.1:\d+/a/[\w-]{44}", text)
        if link is not None:  # Colleagues get mails too, on some days.
            found[re.search(r"^To:.*?([\w.]+@northwind\.example)", text, re.M | re.S)[1]] = link[0]
    return found


def answer(link: str, score: int) -> None:
    """Answer by the form, as a browser without scripts does."""
    data = urllib.parse.urlencode({"score": score, "comment": "", "attempt": f"a{score}"}).encode()
    with urllib.request.urlopen(link, data) as page:
        assert page.geturl().endswith("/thanks")


def answer_in_the_browser(page: Page, address: str) -> None:
    page.goto(f"{address}/mailbox?q=nils")
    page.locator("main a[href*='/mailbox/']").first.click()
    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_role("link", name="3", exact=True).click()
    question = opened.value
    expect(question.locator("input[name=score][value='3']")).to_be_checked()
    question.fill("textarea[name=comment]", "The export crashes every Monday.")
    question.get_by_role("button", name=re.compile("Send", re.I)).first.click()
    expect(question).to_have_url(re.compile("/thanks$"))


def close_the_task(page: Page, address: str) -> None:
    page.goto(f"{address}/queue?owner=all&kind=detractor")
    page.get_by_role("link", name="Nils Berg").click()
    expect(page.locator("main")).to_contain_text("The export crashes every Monday.")
    form = page.locator("#close form")
    form.locator("select[name=cause]").select_option("product_bug")
    form.locator("input[name=outcome][value=resolved]").check()
    form.locator("textarea[name=comment]").fill("Fixed, and told him.")
    form.get_by_role("button", name="Close and open the next").click()
    expect(page.locator("main")).to_contain_text("Closed")


def relationship(page: Page, address: str) -> str:
    """The Relationship score as the account's page shows it."""
    page.goto(f"{address}/accounts")
    page.get_by_role("link", name="Northwind Paper").first.click()
    return page.locator(".score b").first.inner_text()


def trend(page: Page, address: str) -> str:
    page.goto(f"{address}/reports")
    return page.locator(".headline__value").inner_text()


def test_from_a_file_to_a_closed_loop(site, tmp_path):
    app, address = site
    with browser() as chromium:
        page = chromium.new_page(
            user_agent=A_PERSONS
        )  # A hasty browser without a head is taken for a machine.
        sign_in(page, address)
        import_people(page, address, tmp_path)
        launch(page, address)
        work(app)
        links = mails(app)
        assert len(links) == 6
        for person, link in links.items():
            if person != UNHAPPY:
                answer(link, 9)
        work(app)
        before = trend(page, address), relationship(page, address)
        assert "+100" in before[0]
        assert "5" in before[0]
        answer_in_the_browser(page, address)
        close_the_task(page, address)
        work(app)
        after = trend(page, address), relationship(page, address)
        assert "+67" in after[0]
        assert after[1] != before[1]
