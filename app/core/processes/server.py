"""The processes of `justask serve`: preparation, the worker and the web server.

This process opens no database engine, because the web server forks its workers (decisions 7): migrations and demo
data run in a child that ends before, the timetable in a child that lives as long. Nor does it import the application,
which each of the children holds for itself.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib import import_module

from granian import Granian
from granian.constants import Interfaces

import config

log = logging.getLogger(__name__)
DRAIN_SECONDS = 30
RESTART_PAUSE_SECONDS = 2.0
COMMAND = (sys.executable, "-m", "app.cli")


class WorkerKeeper:
    """Keeps one worker process alive beside the web server, and lets it drain at the end."""

    def __init__(self) -> None:
        self.ending = threading.Event()
        self.process: subprocess.Popen | None = None
        self.thread = threading.Thread(target=self._keep, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def _keep(self) -> None:
        while not self.ending.is_set():
            self.process = subprocess.Popen(
                [*COMMAND, "worker", "--parent", str(os.getpid())], start_new_session=True
            )
            code = self.process.wait()
            if not self.ending.wait(RESTART_PAUSE_SECONDS if code else 0):
                log.warning("the worker ended with code %s and is started again", code)

    def stop(self) -> None:
        """Ask the worker to finish what it is doing; after 30 seconds it is ended."""
        self.ending.set()
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()


def prepare(*, with_demo: bool) -> int:
    """Migrate and, into an empty database, load the demo, in a child process; returns its exit code."""
    demo = [] if with_demo else ["--no-demo"]
    return subprocess.run([*COMMAND, "prepare", *demo], check=False).returncode


def run(settings: config.Settings, *, with_worker: bool) -> None:
    """Serve until SIGTERM or SIGINT, requests under way finished first."""
    keeper = WorkerKeeper()
    if with_worker:
        keeper.start()
    try:
        serve_web(settings)
    finally:
        keeper.stop()


def serve_web(settings: config.Settings, target: str = "wsgi:app") -> None:
    """Run the web processes for the application that `target` names, until told to stop."""
    server = Granian(
        target,
        address=settings.HOST,
        port=settings.PORT,
        interface=Interfaces.WSGI,
        workers=settings.WEB_WORKERS,
        blocking_threads=settings.WEB_THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=DRAIN_SECONDS,
        log_access=False,
    )
    server.serve(target_loader=load)


def load(target: str) -> Callable:
    """Import the application in a new web process, which until it serves ends at once when it is told to."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    module, _, name = target.partition(":")
    app = getattr(import_module(module), name)
    # What the application is made of stays: the collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    return app
