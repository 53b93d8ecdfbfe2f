"""Postfix's `smtp-sink`: the one mail server that is quicker than any sender, and so a fair yardstick.

Found through SMTP_SINK (the path of the program), on the PATH, or unpacked from the Debian package:
`apt-get download postfix && dpkg -x postfix_*.deb DIR`, then SMTP_SINK=DIR/usr/sbin/smtp-sink.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ABSENT = "not measured: smtp-sink of Debian's postfix package is not here (SMTP_SINK=path/to/smtp-sink)"


def find() -> Path | None:
    """The program, or None."""
    named = os.environ.get("SMTP_SINK")
    found = (
        named
        or shutil.which("smtp-sink")
        or shutil.which("smtp-sink", path="/usr/sbin:/usr/lib/postfix/sbin")
    )
    return Path(found) if found and Path(found).is_file() else None


@contextmanager
def running(program: Path) -> Iterator[int]:
    """The port of a sink that takes everything, for as long as the context lasts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    libraries = program.parent.parent / "lib" / "postfix"
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    sink = subprocess.Popen(
        [str(program), *user, f"127.0.0.1:{port}", "512"],
        env=os.environ | {"LD_LIBRARY_PATH": str(libraries)},
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, sink)
        yield port
    finally:
        sink.kill()
        sink.wait()


def _wait_for(port: int, sink: subprocess.Popen) -> None:
    for _ in range(100):
        if sink.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("smtp-sink did not start")
