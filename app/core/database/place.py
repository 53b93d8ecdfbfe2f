"""Where the file of SQLite may lie: on no network file system, over which neither its locks nor its log are safe."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Engine

from app.core.errors import Refused

MOUNTS = Path("/proc/self/mountinfo")
OVER_A_NETWORK = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "ceph",
        "lustre",
        "beegfs",
        "gpfs",
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.cephfs",
        "fuse.s3fs",
        "fuse.rclone",
    ]
)


def refuse_network(engine: Engine) -> None:
    """Refused when the database is a file on a file system of another machine; where that cannot be seen, nothing is."""
    if engine.dialect.name != "sqlite" or not MOUNTS.exists():
        return
    path = Path(str(engine.url.database)).resolve()
    kind = file_system(path, MOUNTS.read_text("utf-8", "replace"))
    if kind in OVER_A_NETWORK:
        raise Refused(
            f"The database {path} lies on a network file system ({kind}), on which SQLite loses data: several processes"
            " cannot lock it safely there. Put JUSTASK_INSTANCE on a disk of this machine, or use PostgreSQL."
        )


def file_system(path: Path, mounts: str) -> str:
    """The kind of file system on which `path` lies, by the lines of mountinfo; empty when none fits."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) < 5 or not after:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[4]))
        # A later mount hides an earlier one at the same place.
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split()[0]
    return kind
