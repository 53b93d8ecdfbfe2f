"""`justask serve`: prepare the database, then serve; the worker runs beside, unless it runs elsewhere.

While a child process prepares the database, the application is loaded here, from which the web processes are forked.
"""

from __future__ import annotations

import os
import sys

import click

import config
from app.core.processes import logs, server, web


@click.command()
@click.option("--host", help="Address to bind (JUSTASK_HOST).")
@click.option("--port", type=int, help="Port to bind (JUSTASK_PORT).")
@click.option("--no-demo", is_flag=True, help="Leave an empty database empty.")
@click.option("--no-worker", is_flag=True, help="Run only the web server; the timetable runs elsewhere.")
def serve(host: str | None, port: int | None, no_demo: bool, no_worker: bool) -> None:
    """Prepare the database, then run the web server and the worker."""
    given = {"HOST": host, "PORT": str(port) if port else None}
    os.environ.update({config.PREFIX + name: value for name, value in given.items() if value})
    try:
        settings = config.load()
    except config.SettingsError as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(1)
    logs.configure(settings.LOG_FORMAT)
    try:
        server.check_port(settings)
    except server.PortTaken as refusal:
        click.echo(f"Nothing can be served at {settings.HOST}:{settings.PORT}: {refusal}.", err=True)
        sys.exit(1)
    preparing = server.prepare(with_demo=not no_demo)
    app = web.load(server.APPLICATION)
    if code := preparing.wait():
        sys.exit(code)
    click.echo(f"\nJustAsk is at http://{settings.HOST}:{settings.PORT}\n")
    server.run(settings, app, with_worker=not no_worker)


def main() -> None:
    """`justask serve` as a program of its own; the first word of the command line is taken as read."""
    serve.main(args=sys.argv[2:], prog_name="justask serve")
