"""What a file says it is: PNG, JPEG or WebP with its size, read from its first bytes. Pure; nothing is decoded.

SVG is not taken: it can hold scripts and load other files.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

PNG_SIGN, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
JPEG_SIGN, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # The markers behind which a JPEG says its size.


class Picture(NamedTuple):
    """A picture's kind and its size in pixels."""

    media_type: str
    width: int
    height: int


def read(body: bytes) -> Picture | None:
    """What the bytes are; None for anything that is not one whole picture of the three kinds."""
    try:
        if body.startswith(PNG_SIGN):
            return png(body)
        if body.startswith(JPEG_SIGN):
            return jpeg(body)
        if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
            return webp(body)
    except (struct.error, IndexError):
        return None
    return None


def png(body: bytes) -> Picture | None:
    if body[12:16] != b"IHDR" or not body.endswith(PNG_END):
        return None
    return sized("image/png", *struct.unpack(">II", body[16:24]))


def jpeg(body: bytes) -> Picture | None:
    """Walk from marker to marker to the frame, which holds the size."""
    if not body.rstrip(b"\0").endswith(JPEG_END):
        return None
    place = 2
    while place < len(body):
        if body[place] != 0xFF:
            return None
        marker = body[place + 1]
        if marker in FRAMES:
            height, width = struct.unpack(">HH", body[place + 5 : place + 9])
            return sized("image/jpeg", width, height)
        place += 2 + struct.unpack(">H", body[place + 2 : place + 4])[0]
    return None


def webp(body: bytes) -> Picture | None:
    if struct.unpack("<I", body[4:8])[0] + 8 not in (len(body), len(body) - 1):
        return None
    kind = body[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(body[start : start + 3], "little") + 1 for start in (24, 27))
    elif kind == b"VP8L":
        bits = int.from_bytes(body[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack("<HH", body[26:30]))
    else:
        return None
    return sized("image/webp", width, height)


def sized(media_type: str, width: int, height: int) -> Picture | None:
    return Picture(media_type, width, height) if width and height else None
