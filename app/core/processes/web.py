"""A web process: the application in memory, and the server that runs it there until it is told to stop.

`justask serve` loads the application once and forks its web processes from there, so that they share what none of them
changes. One that replaces another loads the application itself.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module

from flask import Flask
from granian import Granian
from granian.constants import Interfaces

import config
from app.core.database import transactions
from app.core.language import locales
from app.core.language.words import RESPONDENTS, STAFF_LANGUAGES
from app.core.processes import bound, logs
from app.core.processes.memory import pools, tables, templates
from app.core.processes.minding import DRAIN_SECONDS, ENDS
from app.core.web import bodies
from app.core.web.dawdling import Dawdlers
from app.extensions import db

# Objects in rings that a page leaves behind have become old while it was made; left to itself, Python's collector waits
# long before it looks through old ones.
COLLECTING = (700, 10, 2)
# A thread that writes gives Python free for moments at each statement, while all other processes wait for it at the gate:
# it gets it back more than twice as soon as it would by itself. Sooner still, and threads take it from each other so often
# that all of them take longer.
SWITCHING_SECONDS = 0.002


class Server(Granian):
    """Granian with its one worker in this process, where it would start another process for it."""

    def _spawn_workers(self, spawn_target: Callable, target_loader: Callable) -> None:
        # Only here, since it warns of more threads than processors; these mostly wait for bodies that come slowly.
        self.blocking_threads += bodies.WAITING
        worker = self._spawn_worker(idx=0, target=spawn_target, callback_loader=target_loader)
        worker.inner.run()
        self.signal_handler_interrupt()


def load(target: str) -> Flask:
    """The application that `target` names, with what its pages need sooner or later, ready to be shared."""
    pools.keep_one()
    load_languages()
    module, _, name = target.partition(":")
    app = getattr(import_module(module), name)
    tables.slim_columns()
    templates.keep_bytes(app.jinja_env)
    app.url_map.update()
    # What the application is made of stays: the collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    # What loading left free is given back once, before it lies in pages that several processes share.
    pools.give_back()
    return app


def load_languages() -> None:
    """The words of all languages. More is read than stays, so this comes first: the application fills the room."""
    languages = RESPONDENTS.languages()
    locales.load(languages, naming=STAFF_LANGUAGES)
    for language in languages:
        RESPONDENTS.of(language)


def serve(settings: config.Settings, app: Flask, parent: int) -> None:
    """Serve `app` until SIGTERM or SIGINT, requests under way finished first; before it serves, it ends at once.

    It ends in the same way when the process `parent`, which minds it, is gone.
    """
    for number in ENDS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    bound.end_with(parent)
    gc.set_threshold(*COLLECTING)
    sys.setswitchinterval(SWITCHING_SECONDS)
    if "sqlalchemy" in app.extensions:
        with app.app_context():
            transactions.keep_few_pages(db.engine)
    server = Server(
        "wsgi:app",
        address=settings.HOST,
        port=settings.PORT,
        interface=Interfaces.WSGI,
        blocking_threads=settings.WEB_THREADS,
        workers_kill_timeout=DRAIN_SECONDS,
        websockets=False,
        log_access=False,
    )
    dawdlers = Dawdlers(settings.PORT)
    limit = app.config["MAX_CONTENT_LENGTH"] or bodies.LIMIT
    behind = bodies.Bodies(app, settings.WEB_THREADS, limit, dawdlers=dawdlers)
    dawdlers.watch()
    pools.give_back_regularly()
    server.serve(target_loader=lambda _target: behind)


def main() -> None:
    settings = config.load()
    logs.configure(settings.LOG_FORMAT)
    parent = os.getppid()
    serve(settings, load(sys.argv[1]), parent)


if __name__ == "__main__":
    main()
