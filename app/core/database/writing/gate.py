"""The write gate of an SQLite file: one writer at a time over all threads and processes, so that none of them starves.

SQLite's own waiting tries again and again, and lets one writer overtake another for seconds. Who waits here is woken by
the bell when another web process leaves; whoever else holds the gate is noticed within a millisecond.
"""

from __future__ import annotations

import fcntl
import os
import select
import threading
import time
from contextlib import suppress
from pathlib import Path

LOOK_AGAIN_SECONDS = 0.001
ALL_RINGS = 1_024


class GateBusy(Exception):
    """The write gate did not open before the deadline, or cannot be made; the caller answers 503."""


class Bell:
    """A pipe that processes share which were forked after it was made. It only saves waiting: nothing rests on it."""

    def __init__(self) -> None:
        self.ears, self.mouth = os.pipe()
        for end in (self.ears, self.mouth):
            os.set_blocking(end, False)

    def ring(self) -> None:
        with suppress(BlockingIOError):  # It is full of rings that nobody waited for.
            os.write(self.mouth, b".")

    def listen(self, seconds: float) -> None:
        """Return when it rings, or has rung since somebody listened last, at the latest after that time."""
        if select.select([self.ears], [], [], seconds)[0]:
            with suppress(BlockingIOError):  # Somebody else who waited was first.
                os.read(self.ears, ALL_RINGS)

    def __del__(self) -> None:
        for end in (self.ears, self.mouth):
            os.close(end)


class WriteGate:
    """One writer at a time for one SQLite file, over all threads and processes."""

    def __init__(self, path: Path, seconds: float):
        self.path = path
        self.seconds = seconds
        self.lock = threading.Lock()
        self.bell = Bell()

    def acquire(self, seconds: float | None = None) -> int:
        """Wait for the gate and return the descriptor that holds it; GateBusy after `seconds` (else the gate's own)."""
        seconds = self.seconds if seconds is None else seconds
        deadline = time.monotonic() + seconds
        if not self.lock.acquire(timeout=seconds):
            raise GateBusy
        try:
            return self._flocked(deadline)
        except BaseException:
            self.lock.release()
            raise

    def _flocked(self, deadline: float) -> int:
        try:
            descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:  # A full disk, or no descriptor left.
            raise GateBusy from error
        try:
            self._flock(descriptor, deadline)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _flock(self, descriptor: int, deadline: float) -> None:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise GateBusy from None
                self.bell.listen(LOOK_AGAIN_SECONDS)
            else:
                return

    def release(self, descriptor: int) -> None:
        os.close(descriptor)
        self.bell.ring()
        self.lock.release()
