"""The page of the look: names, a colour of which letters can be read, and a logo that is what it says."""

from __future__ import annotations

import re
import struct
import zlib
from html import unescape
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.database import transactions
from app.core.face import colours, pictures
from app.core.face import current as faces
from app.core.installation import installation
from app.core.language.words import RESPONDENTS
from app.delivery import letters
from app.extensions import db
from app.setup.face.forms import MOST_BYTES
from tests.posting import post
from tests.public.conftest import ask  # noqa: F401 a fixture

LOOK = "/settings/look"
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def png(width: int, height: int, filling: int = 0) -> bytes:
    """A whole grey PNG."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    lines = b"".join(b"\0" + bytes([filling]) * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        pictures.PNG_SIGN + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    )


def webp(width: int, height: int) -> bytes:
    body = (
        b"WEBPVP8L"
        + struct.pack("<I", 8)
        + b"\x2f"
        + struct.pack("<I", (width - 1) | (height - 1) << 14)
        + b"\0\0\0"
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg(width: int, height: int) -> bytes:
    comment, frame = (
        b"\xff\xfe\x00\x04ok",
        b"\xff\xc0\x00\x0b\x08" + struct.pack(">HH", height, width) + b"\1\1\1\1",
    )
    return b"\xff\xd8" + comment + frame + b"\xff\xd9"


@pytest.fixture
def admin(sign_in):
    return sign_in("admin")


def change(admin, **fields):
    logo = fields.pop("logo", None)
    more = {"logo": (BytesIO(logo), fields.pop("name", "logo.png"))} if logo is not None else {}
    return post(admin, LOOK, LOOK, **fields | more)


def name_it(company: str, product: str) -> None:
    transactions.write(db.session)
    row = installation(db.session)
    row.company, row.product = company, product
    db.session.commit()


def test_the_names_and_the_colour_reach_page_thanks_and_mail(admin, client, ask):  # noqa: F811
    at = ask()
    name_it("Südwind", "Ledger")
    assert change(admin, accent="#0B6E42").status_code == 303
    client.post(at.link, data={"score": "9"})
    for path in (at.link, f"{at.link}/thanks"):
        page = client.get(path).text
        assert '<link rel="stylesheet" href="/brand/0b6e42.css">' in page
        assert "Südwind" in page
    assert "recommend Ledger" in client.get(at.link).text
    sheet = client.get("/brand/0b6e42.css")
    assert (sheet.content_type, sheet.headers["X-Content-Type-Options"]) == (
        "text/css; charset=utf-8",
        "nosniff",
    )
    assert "--accent: light-dark(#0b6e42, #" in sheet.text
    letter = letters.invitation(letters.Ask("Südwind", "https://ask.example", "en", "How?", has_scores=False))
    assert "#0b6e42" in letter.html
    assert colours.OWN not in letter.html
    assert client.get("/brand/0b6e4.css").status_code == 404


def test_a_colour_that_cannot_be_read_is_refused_with_one_that_can(admin):
    refused = change(admin, accent="#ffcc00")
    assert refused.status_code == 400
    assert f"{colours.near('#ffcc00')} would do" in unescape(refused.text)
    assert change(admin, accent=colours.near("#ffcc00")).status_code == 303
    for wrong in ("red", "#12345", "#12345g", "url(//x.example)"):
        assert change(admin, accent=wrong).status_code == 400
    assert installation(db.session).accent == colours.near("#ffcc00")


@given(COLOURS)
def test_whatever_colour_is_chosen_letters_can_be_read_in_light_and_dark(colour):
    near = colours.near(colour)
    assert colours.weakest(near) >= colours.ENOUGH
    assert near == colour or colours.weakest(colour) < colours.ENOUGH
    found = colours.palette(near)
    for ground in (colours.DARK_PAPER, colours.DARK_SURFACE, found.dark_soft, found.dark_on):
        assert colours.contrast(found.dark_accent, ground) >= colours.ENOUGH
    for ground in (colours.LIGHT_PAPER, colours.LIGHT_SURFACE, found.soft, found.on):
        assert colours.contrast(found.accent, ground) >= colours.ENOUGH


@pytest.mark.parametrize(
    ("body", "kind"),
    [(png(120, 32), "image/png"), (webp(120, 32), "image/webp"), (jpeg(120, 32), "image/jpeg")],
)
def test_a_logo_stands_on_page_and_mail_and_comes_from_our_host(admin, client, ask, body, kind):  # noqa: F811
    assert change(admin, logo=body, name="whatever.svg").status_code == 303
    logo = faces.current().logo
    assert (logo.width, logo.height) == (120, 32)
    assert f'<img src="{logo.path}" alt="Northwind"' in client.get(ask().link).text
    got = client.get(logo.path)
    assert (got.data, got.content_type) == (body, kind)
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in got.headers["Cache-Control"]
    letter = letters.invitation(letters.Ask("Northwind", "https://ask.example", "en", "How?"))
    assert f'src="https://ask.example{logo.path}" alt="Northwind"' in letter.html
    assert change(admin, no_logo="y").status_code == 303
    assert "<img" not in client.get(ask().link).text
    assert client.get(logo.path).status_code == 200, "mails in inboxes still show it"


def test_the_page_stays_under_thirty_kilobytes_with_colour_and_the_heaviest_logo(admin, client, ask):  # noqa: F811
    filled = bytearray(png(200, 64))
    filled[33:33] = (
        struct.pack(">I", MOST_BYTES - len(filled) - 12) + b"teXt" + bytes(MOST_BYTES - len(filled) - 8)
    )
    assert change(admin, accent="#0b6e42", logo=bytes(filled)).status_code == 303
    page = client.get(ask("nps_value", language="ar").link)
    others = set(re.findall(r'(?:src|href)="(/(?:static|brand)/[^"]+)"', page.text))
    assert len(others) == 4
    assert len(page.data) + sum(len(client.get(path).data) for path in others) < 30_000


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "body",
    [
        SVG,
        b"GIF89a" + bytes(40),
        png(120, 32)[:-4],
        pictures.PNG_SIGN + SVG,
        b"\xff\xd8\xff" + SVG,
        b"",
        png(2001, 1),
        webp(2001, 9),
        bytes(MOST_BYTES + 1),
    ],
    ids=["svg", "gif", "cut short", "png outside", "jpeg outside", "empty", "wide", "wide webp", "heavy"],
)
def test_a_file_that_is_no_small_picture_is_refused(admin, body):
    assert change(admin, logo=body).status_code == 400
    assert installation(db.session).logo is None


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(tail):
    for sign in (pictures.PNG_SIGN, b"\xff\xd8\xff", b"RIFF\x10\0\0\0WEBPVP8 ", b""):
        found = pictures.read(sign + tail)
        assert found is None or found.width > 0


def test_the_names_are_read_here_and_changed_in_one_place(admin, ask):  # noqa: F811
    page = admin.get(LOOK).text
    assert 'name="company"' not in page
    assert "Northwind" in page
    assert 'href="/settings/installation#company"' in page


def test_only_administrators_change_the_look(sign_in):
    assert sign_in("manager").get(LOOK).status_code == 403


def test_the_page_stays_light_with_the_heaviest_logo_in_every_language(admin, client, ask):  # noqa: F811
    body = png(60, 64)
    logo = body[:-12] + b"\0" * (MOST_BYTES - len(body)) + body[-12:]
    assert change(admin, accent="#0050aa", logo=logo).status_code == 303
    name_it("Kestrel Aviation Maintenance, Repair and Overhaul International", "Kestrel Aviation Portal")
    weights = {}
    for survey in ("nps_value", "onboarding"):
        link = ask(survey).link
        for language in RESPONDENTS.languages():
            page = client.get(f"{link}~{language}")
            parts = re.findall(r'(?:src|href)="(/(?:static|brand)/[^"]+)"', page.text)
            assert len(parts) == 4
            weights[survey, language] = len(page.data) + sum(
                len(client.get(part).data) for part in set(parts)
            )
    assert MOST_BYTES + 15_000 < max(weights.values()) < 30_000
