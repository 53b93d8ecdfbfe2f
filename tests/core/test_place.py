"""Where the file of SQLite may lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.database import migrating, place
from app.core.errors import Refused

MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
31 22 0:28 / /srv/files rw,relatime - nfs4 nas:/files rw,vers=4.2
32 31 0:29 / /srv/files/fast rw - tmpfs tmpfs rw
33 22 0:30 / /mnt/two\\040words rw master:7 - cifs //nas/share rw
34 22 0:31 / /srv/late rw - ext4 /dev/vdb rw
35 34 0:32 / /srv/late rw - fuse.sshfs me@there: rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/justask/justask.db", "ext4"),
        ("/srv/files/justask.db", "nfs4"),
        ("/srv/files/fast/justask.db", "tmpfs"),
        ("/srv/filesystem/justask.db", "ext4"),
        ("/mnt/two words/justask.db", "cifs"),
        ("/srv/late/justask.db", "fuse.sshfs"),
    ],
)
def test_a_path_lies_on_the_nearest_mount_above_it(path, kind):
    assert place.file_system(Path(path), MOUNTS) == kind


def test_what_is_no_list_of_mounts_names_nothing():
    assert place.file_system(Path("/x"), "") == place.file_system(Path("/x"), "1 2 3\n - ext4\n") == ""


@pytest.mark.parametrize("step", [migrating.upgrade, migrating.refuse_unless_current])
def test_only_sqlite_is_refused_on_a_network_file_system(
    step, app, database_kind, settings, tmp_path, monkeypatch
):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"{MOUNTS}36 22 0:33 / {settings.instance} rw - nfs4 nas:/justask rw\n")
    monkeypatch.setattr(place, "MOUNTS", mounts)
    if database_kind == "postgresql":
        step()
        return
    with pytest.raises(Refused, match=r"network file system \(nfs4\)"):
        step()
