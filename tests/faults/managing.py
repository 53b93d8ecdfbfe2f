"""A manager takes a wave from its launch to its end in a browser, while one of two web hosts and of two workers dies.

The manager makes a program, launches it, watches its first people being asked, continues, pauses on the other host,
resumes there, and reads that all mails have left; by then the host and a worker that had begun it were killed with
SIGKILL. People answer meanwhile. The promises are those of `machines`, and that a pause holds. Run:
`make soak ARGS=managing`.
"""

from __future__ import annotations

import os
import re
import signal
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from app.auth import people as people_of_staff
from app.auth.models import RoleName
from app.delivery.models import Wave
from app.extensions import db
from bench import planning, servers, slow_relay
from bench.soak import Worker
from tests import managing
from tests.browsing import browser
from tests.faults.grounds import Ground, wait_for
from tests.faults.machines import PATIENCE, SECONDS_PER_MAIL, Audience, judge

EMAIL, PASSWORD = "manager@vendor.example", "correct horse battery staple"
HOLDS_FOR = 5


def run(ground: Ground, people: int = 1000) -> dict:
    """The counts; AssertionError where a promise was broken."""
    with ExitStack() as stack:
        url = stack.enter_context(ground.database())
        relay = stack.enter_context(slow_relay.running(SECONDS_PER_MAIL))
        mail = f"smtp://127.0.0.1:{relay.port}"
        app = stack.enter_context(ground.installed(url, MAIL_URL=mail))
        prepare(people)
        settings = app.extensions["settings"]
        hosts = [stack.enter_context(servers.running(servers.PRODUCT, settings)) for _ in range(2)]
        workers = [Worker(app) for _ in range(2)]
        for worker in workers:
            worker.start()
            stack.callback(worker.kill)
        audience = Audience(relay, hosts)
        audience.start()
        page = stack.enter_context(browser()).new_page()
        expect.set_options(timeout=PATIENCE * 1000)
        page.set_default_timeout(PATIENCE * 1000)
        held = take_to_its_end(page, relay, hosts, workers[0], people, settings.SEND_CONNECTIONS)
        audience.is_all_sent.set()
        audience.join(PATIENCE)
        return judge(app, relay, audience, db.session.scalar(sa.select(Wave.id))) | held


def prepare(people: int) -> None:
    """The people to ask, and the manager who does."""
    planning.crowd(people)
    people_of_staff.add_staff(db.session, EMAIL, role=RoleName.MANAGER, name="Mira", password=PASSWORD)
    db.session.commit()


def take_to_its_end(
    page: Page,
    relay: slow_relay.SlowRelay,
    hosts: list[servers.Server],
    worker: Worker,
    people: int,
    connections: int,
) -> dict[str, int]:
    """Everything that the manager does, and what happens meanwhile; what left in spite of a pause."""
    sign_in(page, hosts[0])
    managing.make_a_program(page, hosts[0].address)
    managing.launch(page, people)
    managing.watched(page, f"The first {managing.FIRST} people, chosen at random, were asked.")
    assert len(relay.taken) == managing.FIRST
    managing.press(page, f"Continue with the other {people - managing.FIRST:,} people", "The wave goes on.")
    wait_for(lambda: len(relay.taken) >= people // 4, "a quarter was sent")
    page.goto(hosts[1].address + urlsplit(page.url).path)
    managing.press(page, "Pause", "Paused. Mails that are being handed over still arrive.")
    paused_at = len(relay.taken)
    time.sleep(HOLDS_FOR)
    in_flight = len(relay.taken) - paused_at
    assert in_flight <= 2 * connections, f"{in_flight} mails left after the pause"
    paused_at = len(relay.taken)
    managing.press(page, "Resume", "The wave goes on.")
    wait_for(lambda: len(relay.taken) > paused_at, "it went on", pause=0.005)
    worker.kill()
    for number in hosts[0].processes():
        os.kill(number, signal.SIGKILL)
    killed_at = len(relay.taken)
    managing.watched(page, "All mails have left.")
    return {"sent after the pause was told": in_flight, "sent when killed": killed_at}


def sign_in(page: Page, host: servers.Server) -> None:
    page.goto(f"{host.address}/sign-in")
    page.fill("input[name=email]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.locator("form button[type=submit]").first.click()
    expect(page).not_to_have_url(re.compile("sign-in"))
