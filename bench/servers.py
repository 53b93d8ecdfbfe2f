"""Web servers to measure, each a process of its own with its workers, and what they use of the machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import config

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 300
PRODUCT = ("-m", "app", "serve", "--no-demo", "--no-worker")
WITH_DEMO = ("-m", "app", "serve", "--no-worker")
FLOOR = ("-m", "bench.floors")


class Server:
    """A running server: its port, its processes, their CPU and memory."""

    def __init__(self, port: int, process: subprocess.Popen):
        self.port = port
        self.process = process

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> float:
        """Seconds of CPU that its processes have used so far, in user and system mode."""
        return sum(cpu_of(number) for number in self.processes())

    def memory(self) -> list[float]:
        """The PSS of each process in MB: memory that several share is divided among them. The first is the parent."""
        return [pss_of(number) for number in self.processes()]

    def processes(self) -> list[int]:
        return [self.process.pid, *children(self.process.pid)]


@contextmanager
def running(program: tuple[str, ...], settings: config.Settings) -> Iterator[Server]:
    """`program`, served with the settings of an installation on a free port, and ended afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    names = ("INSTANCE", "DATABASE_URL", "SECRET_KEY", "ENGINE", "WEB_WORKERS", "WEB_THREADS")
    own = {f"{config.PREFIX}{name}": str(getattr(settings, name)) for name in names}
    process = subprocess.Popen(
        [sys.executable, *program],
        env=os.environ | own | {f"{config.PREFIX}PORT": str(port), f"{config.PREFIX}HOST": "127.0.0.1"},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = Server(port, process)
    try:
        wait_for(server)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def wait_for(server: Server) -> None:
    """Until it answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.process.poll() is None:
        try:
            urllib.request.urlopen(server.address + "/healthz", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not start")


def children(number: int) -> list[int]:
    """The processes that `number` has started, and theirs. A thread or a process may end while it is looked at."""
    found = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in list(Path(f"/proc/{number}/task").iterdir()):
            with suppress(FileNotFoundError, ProcessLookupError):
                for child in map(int, (task / "children").read_text().split()):
                    found += [child, *children(child)]
    return found


def cpu_of(number: int) -> float:
    return ticks(Path(f"/proc/{number}/stat").read_text()) / TICKS


def ticks(stat: str) -> int:
    """User and system time in a line of /proc/PID/stat; the name in it may hold spaces and brackets."""
    fields = stat.rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def pss_of(number: int) -> float:
    lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))
