"""Telling in which encoding a text file is written: BOM, strict UTF-8, else Windows-1252 with a note.

A UTF-8 file with a few broken bytes stays UTF-8: reading all of it as Windows-1252 would spoil every good line.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import BinaryIO

from flask_babel import gettext as _

from app.core.errors import Invalid

CHUNK = 1 << 20
MOST_GAPS = 0.1
MOST_NULS = 0.1
BROKEN = re.compile(r"[\udc80-\udcff]")
NOT_ASCII = re.compile(r"[^\x00-\x7f\udc80-\udcff]")
BOMS = (
    (codecs.BOM_UTF8, "utf-8 with BOM", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)
UNDEFINED_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


@dataclass(frozen=True)
class Encoding:
    """How to decode a file: the name for people, Python's codec, bytes to skip, notes for the report."""

    name: str
    codec: str
    skip: int = 0
    errors: str = "strict"
    notes: tuple[str, ...] = ()

    @property
    def is_broken(self) -> bool:
        """True when some bytes are not in this encoding; they decode to lone surrogates."""
        return self.errors == "surrogateescape"


def recognise(stream: BinaryIO, name: str) -> Encoding:
    """The encoding of a seekable stream; Invalid in words when it is not text."""
    stream.seek(0)
    head = stream.read(4096)
    refuse_other_formats(head, name)
    for bom, words, codec in BOMS:
        if head.startswith(bom):
            return _checked(stream, Encoding(words, codec, skip=len(bom)))
    if head.count(0) > len(head) * MOST_NULS:
        raise Invalid(_("%(name)s is not a text file. Save it as CSV (UTF-8).", name=name))
    return _checked(stream, Encoding("utf-8", "utf-8"))


def refuse_other_formats(head: bytes, name: str) -> None:
    """Say what the file is when it is not text at all."""
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        words = _(
            "%(name)s is an old Excel workbook (XLS), or one with a password. Save it as XLSX or CSV (UTF-8).",
            name=name,
        )
        raise Invalid(words)
    if head.startswith((b"%PDF", b"\x1f\x8b", b"\x89PNG", b"Rar!")):
        raise Invalid(_("%(name)s is not a table of text. Save it as CSV (UTF-8).", name=name))


def _checked(stream: BinaryIO, encoding: Encoding) -> Encoding:
    good, bad, gaps = _count(stream, encoding)
    if not bad:
        return encoding
    if encoding.codec == "utf-8" and (encoding.skip or bad < good):
        words = _("The file is UTF-8 with %(n)s broken bytes; the lines that hold them are refused.", n=bad)
        return Encoding(encoding.name, encoding.codec, encoding.skip, "surrogateescape", (words,))
    if encoding.codec != "utf-8" or gaps > bad * MOST_GAPS:
        raise Invalid(_("The encoding of this file is not known. Save it as CSV (UTF-8)."))
    words = _(
        "The file is not UTF-8; it was read as Windows-1252 (Western European). Look at names with accents."
    )
    return Encoding("cp1252", "cp1252", errors="surrogateescape" if gaps else "strict", notes=(words,))


def _count(stream: BinaryIO, encoding: Encoding) -> tuple[int, int, int]:
    """Characters beyond ASCII that decode, bytes that do not, and bytes that mean nothing in Windows-1252."""
    stream.seek(encoding.skip)
    errors = "surrogateescape" if encoding.codec == "utf-8" else "replace"
    decode = codecs.getincrementaldecoder(encoding.codec)(errors).decode
    good = bad = gaps = 0
    while chunk := stream.read(CHUNK):
        text = decode(chunk)
        gaps += len(UNDEFINED_IN_CP1252.findall(chunk)) if not chunk.isascii() else 0
        if text.isascii():
            continue
        good += len(NOT_ASCII.findall(text))
        bad += len(BROKEN.findall(text)) + (text.count("\ufffd") if errors == "replace" else 0)
    bad += len(BROKEN.findall(decode(b"", True)))
    return good, bad, gaps
