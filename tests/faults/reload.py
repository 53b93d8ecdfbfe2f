"""Web servers reloaded and restarted with HUP in the middle of a wave, while people answer.

Four web processes each: `justask serve`, which drains and is started again as a service manager does, and gunicorn with
--preload, which replaces its processes. Two workers run beside them. Every mail must leave once, every answer that was
thanked for must be stored once, and no web process may have done a job: only the two workers gave signs of life.
Run: `make soak ARGS=reload`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack

import config
from app.extensions import db
from bench import installations, servers
from tests.faults import machines
from tests.faults.grounds import Ground, is_finished, relayed, started_workers, wait_for, workers

SECONDS_PER_MAIL = 0.1
DRAINS = 40
NAMES = ("INSTANCE", "DATABASE_URL", "SECRET_KEY", "ENGINE", "WEB_THREADS")


class Host(servers.Server):
    """A web server on a port that it keeps over its restarts."""

    def __init__(self, settings: config.Settings, command: Callable[[int], list[str]]):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.command = [sys.executable, *command(port)]
        own = {f"{config.PREFIX}{name}": str(getattr(settings, name)) for name in NAMES}
        self.environment = os.environ | own | {f"{config.PREFIX}WEB_WORKERS": "4"}
        super().__init__(port, self.start())

    def start(self) -> subprocess.Popen:
        """The server, which heeds HUP although we may have been started with nohup."""
        return subprocess.Popen(
            self.command,
            env=self.environment,
            cwd=servers.ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        )

    def hang_up(self) -> None:
        """HUP: gunicorn reloads, `justask serve` drains and ends well, and is started again."""
        before = set(self.processes())
        self.process.send_signal(signal.SIGHUP)
        if "gunicorn" in self.command:
            wait_for(
                lambda: len(set(self.processes()) - before) >= 4, "its processes were new", seconds=DRAINS
            )
        else:
            assert self.process.wait(DRAINS) == 0, "it did not drain"
            self.process = self.start()
        servers.wait_for(self)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(servers.PATIENCE)


def product(port: int) -> list[str]:
    return ["-m", "app", "serve", "--no-demo", "--no-worker", "--port", str(port)]


def gunicorn(port: int) -> list[str]:
    options = ["--preload", "-w", "4", "--threads", "2", "-b", f"127.0.0.1:{port}"]
    return ["-m", "gunicorn", *options, "wsgi:app"]


def run(ground: Ground, people: int = 400, reloads: int = 5) -> dict:
    """The counts; AssertionError where a promise was broken."""
    with ExitStack() as stack:
        app, relay = stack.enter_context(relayed(ground, SECONDS_PER_MAIL))
        settings = app.extensions["settings"]
        hosts = [Host(settings, command) for command in (product, gunicorn)]
        for host in hosts:
            stack.callback(host.end)
            servers.wait_for(host)
        stack.enter_context(workers(app, 2))
        audience = machines.Audience(relay, hosts)
        audience.start()
        wave = installations.wave(people).id
        db.session.commit()
        for number in range(reloads):
            goal = people * (number + 1) // (reloads + 1)
            wait_for(lambda goal=goal: len(relay.taken) >= goal, f"{goal} mails were sent")
            for host in hosts:
                host.hang_up()
        wait_for(lambda: is_finished(wave), "the wave was finished")
        audience.is_all_sent.set()
        audience.join(machines.PATIENCE)
        found = machines.judge(app, relay, audience, wave)
        beats = started_workers()
        assert beats == 2, f"{beats} processes did jobs"
        return found | {"reloads of each": reloads, "processes that did jobs": beats}
