"""How much an installation takes: the bytes of the answer page with all that it loads, and the memory of the web server.

The memory is measured with the demo company in, after every kind of page was opened several times by a signed-in
administrator and by respondents, so that both web processes have loaded what they ever load.
"""

from __future__ import annotations

import html
import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener, urlopen

import sqlalchemy as sa

from app.auth.models import RoleName
from app.core import clock
from app.core.processes.memory import pools
from app.core.tokens import Signer
from app.delivery.models import Invitation, InvitationState
from app.demo import team
from app.extensions import db
from bench import installations, servers
from bench.figures import Figure
from bench.servers import Server

PAGE_GOAL_KB, MEMORY_GOAL_MB = 30, 200
PARTS = re.compile(r'<(?:link|script|img)\b[^>]*?\b(?:href|src)="(/[^"]+)"')
LINKS = re.compile(r'\bhref="(/[^"#]*)')
NUMBER = re.compile(r"\d+|[A-Za-z0-9_-]{30,}")
CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
EACH_KIND, SWEEPS, MOST_PAGES = 2, 4, 200
AT_REST_SECONDS = 3 * pools.GIVE_BACK_SECONDS
OPEN = sa.select(Invitation.nonce).where(Invitation.state == InvitationState.SENT).order_by(Invitation.id)
LEAVING = ("/logout", "/static/")


def weight() -> Iterator[Figure]:
    """The answer page of the longest survey, as it goes over the wire, heads of the answers included."""
    with installations.fresh() as app:
        settings = app.extensions["settings"]
        sent_at = clock.now() - timedelta(hours=1)
        wave = installations.wave(1, sent_at=sent_at, survey="nps_value")
        token = installations.tokens_of(settings, wave)[0]
        db.session.commit()
        with servers.running(servers.PRODUCT, settings) as server:
            page, sizes = fetched(server, f"/a/{token}?score=7"), {}
            for path in dict.fromkeys(PARTS.findall(page.decode())):
                sizes[path] = len(fetched(server, path))
    note = ", ".join(f"{path} {size:,}" for path, size in {"page": len(page), **sizes}.items())
    total = (len(page) + sum(sizes.values())) / 1000
    yield Figure("answer page with all it loads", total, PAGE_GOAL_KB, at_most=True, unit=" kB", note=note)


def fetched(server: Server, path: str) -> bytes:
    """The bytes of an answer, head and body; the server compresses nothing."""
    with urlopen(server.address + path) as answer:
        head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        return head.encode() + answer.read()


def memory() -> Iterator[Figure]:
    """PSS of `justask serve` and its two web processes, when they have given back what pages leave free."""
    with installations.empty() as app:
        settings = app.extensions["settings"]
        with servers.running(servers.WITH_DEMO, settings) as server:
            person = next(person for person in team.sign_ins(db.session) if person.role is RoleName.ADMIN)
            staff = signed_in(server, person.email, team.password(settings))
            signer = Signer([settings.SECRET_KEY])
            asks = [signer.token(nonce) for nonce in db.session.scalars(OPEN)]
            db.session.rollback()
            opened = sum(sweep(server, staff, token) for token in asks[:SWEEPS])
            at_once = sum(server.memory())
            time.sleep(AT_REST_SECONDS)
            parts = server.memory()
    note = " + ".join(f"{part:.0f}" for part in parts) + f" (parent and web processes), {opened} pages opened"
    note += f"; {at_once:.0f} when the last one was answered"
    yield Figure(
        "memory of the web server, PSS", sum(parts), MEMORY_GOAL_MB, at_most=True, unit=" MB", note=note
    )


def signed_in(server: Server, email: str, password: str) -> OpenerDirector:
    """A client with a session of that person."""
    client = build_opener(HTTPCookieProcessor())
    with client.open(server.address + "/") as answer:
        form, address = answer.read().decode(), answer.url
    fields = {"email": email, "password": password, "csrf_token": CSRF.search(form)[1]}
    with client.open(address, urlencode(fields).encode()) as answer:
        if 'type="password"' in answer.read().decode():
            raise AssertionError("the demo's administrator could not sign in")
    return client


def sweep(server: Server, staff: OpenerDirector, token: str) -> int:
    """Open a few pages of each kind that links lead to, and go through one ask; how many pages."""
    waiting, kinds, opened = ["/"], Counter(), 0
    while waiting and opened < MOST_PAGES:
        path = waiting.pop(0)
        kind = NUMBER.sub("#", path.partition("?")[0])
        if kinds[kind] >= EACH_KIND or path.startswith(LEAVING):
            continue
        kinds[kind] += 1
        opened += 1
        waiting += map(html.unescape, LINKS.findall(opened_by(staff, server.address + path)))
    form = urlencode({"score": 7, "comment": "Good, and a little slow."}).encode()
    for path in (f"/a/{token}?score=7", f"/u/{token}"):
        opened_by(staff, server.address + path)
    staff.open(server.address + f"/a/{token}", form).close()
    return opened + 3


def opened_by(client: OpenerDirector, url: str) -> str:
    """The text of a page; nothing for one that refuses."""
    try:
        with client.open(url) as answer:
            return answer.read().decode(errors="replace")
    except HTTPError:
        return ""
