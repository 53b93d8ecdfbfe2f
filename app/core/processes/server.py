"""The processes of `justask serve`: preparation, the web processes, the worker, and who minds them.

This process loads the application and forks the web processes from it, which then share in memory what none of them
changes. It opens no connection to the database that they could inherit: migrations and demo data run in
a child that ends before. When all is started it gives up everything it has loaded and only minds the others.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from functools import partial

from flask import Flask

import config
from app.core.processes import minding, web
from app.core.processes.memory import LEAN
from app.core.processes.minding import Post

APPLICATION = "wsgi:app"
COMMAND = (sys.executable, "-m", "app.cli")
LOADING = ("-m", "app.core.processes.memory.loading")
WEB = (sys.executable, *(LEAN if sys.flags.optimize == 2 else ()), *LOADING, "app.core.processes.web")
"""Web processes that are started later are as lean as those that were forked."""


class PortTaken(Exception):
    """The address cannot be served at; the words say why."""


def prepare(*, with_demo: bool) -> subprocess.Popen:
    """Migrate and, into an empty database, load the demo, in a child process."""
    demo = [] if with_demo else ["--no-demo"]
    return subprocess.Popen([*COMMAND, "prepare", *demo])


def check_port(settings: config.Settings) -> None:
    """PortTaken when another program has the port, or the address is not one of this machine.

    The web processes share their port with each other (SO_REUSEPORT). This probe does not ask to: another installation
    of ours that listens there already counts as taken, too.
    """
    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.HOST, settings.PORT))
        except OSError as error:
            raise PortTaken(error.strerror or str(error)) from error


def run(settings: config.Settings, app: Flask, *, with_worker: bool) -> None:
    """Serve `app` until SIGTERM or SIGINT, requests under way finished first; never returns."""
    worker = Post("the worker", [*COMMAND, "worker", "--parent", str(os.getpid())])
    start(settings, app, APPLICATION, [worker] if with_worker else [])


def serve_web(settings: config.Settings, target: str) -> None:
    """Serve the application that `target` names, without a worker, until told to stop; never returns."""
    start(settings, web.load(target), target)


def start(settings: config.Settings, app: Flask, target: str, others: Sequence[Post] = ()) -> None:
    """Fork the web processes, then mind them and `others`, which are started from there."""
    signal.pthread_sigmask(signal.SIG_BLOCK, minding.ENDS)
    serving = partial(web.serve, settings, app, os.getpid())
    posts = [
        Post("a web process", [*WEB, target], minding.fork(serving), is_needed=True)
        for _ in range(settings.WEB_WORKERS)
    ]
    minding.become([*posts, *others], settings.LOG_FORMAT)
