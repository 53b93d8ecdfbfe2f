"""The file of a backup: one archive with the database, the key that links are signed with, and what both must be.

It holds personal data and a key, so it is closed to other users. Passwords in justask.env are not in it, nor are the
mails of the mailbox page, which are for trying out.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.core.errors import Refused

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database"
KEY = "secret_key"
BLOCK = 1024 * 1024


def pack(target: Path, parts: Mapping[str, Path], facts: Mapping[str, Any]) -> None:
    """Write the archive beside `target` and put it there once it is whole."""
    manifest = {**facts, "format": FORMAT, "files": {name: file_sum(path) for name, path in parts.items()}}
    partial = target.with_name(target.name + ".partial")
    described = partial.with_name(partial.name + ".json")
    try:
        described.write_text(json.dumps(manifest, indent=1), "utf-8")
        with open(os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
                archive.add(described, MANIFEST, filter=anonymous)
                for name, path in parts.items():
                    archive.add(path, name, filter=anonymous)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
        described.unlink(missing_ok=True)


def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def unpack(source: Path, folder: Path) -> dict[str, Any]:
    """Put the parts into `folder` and return what the archive says of itself; Refused unless every part is whole."""
    try:
        with tarfile.open(source, "r:gz") as archive:
            first = archive.next()
            if first is None or first.name != MANIFEST:
                raise Refused(f"{source} is no backup of JustAsk.")
            manifest = json.load(archive.extractfile(first))
            if manifest.get("format") != FORMAT:
                raise Refused(f"{source} was made by a newer version of JustAsk; use that one.")
            for name, wanted in manifest["files"].items():
                take(archive, name, folder / Path(name).name)
                if file_sum(folder / Path(name).name) != wanted:
                    raise Refused(f"{source} is damaged: {name} is not what was packed.")
    except FileNotFoundError:
        raise Refused(f"There is no file {source}.") from None
    except (tarfile.TarError, zlib.error, EOFError, OSError, KeyError, ValueError) as error:
        raise Refused(f"{source} cannot be read as a backup: {error}") from error
    return manifest


def take(archive: tarfile.TarFile, name: str, target: Path) -> None:
    stream = archive.extractfile(archive.getmember(name))
    with open(os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
        while block := stream.read(BLOCK):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())


def file_sum(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
    return found.hexdigest()
