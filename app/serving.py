"""`justask serve`: prepare the database, then mind the web server and the worker.

The process that does this lives as long as the installation runs. It imports no part of the application and opens no
database engine, because the web server forks its workers. So this module may import only settings, logging and the server.
"""

from __future__ import annotations

import os
import sys

import click

import config
from app.core.processes import logs, server


@click.command()
@click.option("--host", help="Address to bind (JUSTASK_HOST).")
@click.option("--port", type=int, help="Port to bind (JUSTASK_PORT).")
@click.option("--no-demo", is_flag=True, help="Leave an empty database empty.")
@click.option("--no-worker", is_flag=True, help="Run only the web server; the timetable runs elsewhere.")
def serve(host: str | None, port: int | None, no_demo: bool, no_worker: bool) -> None:
    """Prepare the database, then run the web server and the worker."""
    given = {"HOST": host, "PORT": str(port) if port else None}
    os.environ.update({config.PREFIX + name: value for name, value in given.items() if value})
    if port and config.PREFIX + "BASE_URL" not in os.environ:
        os.environ[config.PREFIX + "BASE_URL"] = f"http://127.0.0.1:{port}"
    try:
        settings = config.load()
    except config.SettingsError as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(1)
    logs.configure(settings.LOG_FORMAT)
    code = server.prepare(with_demo=not no_demo)
    if code:
        sys.exit(code)
    click.echo(f"\nJustAsk is at http://{settings.HOST}:{settings.PORT}\n")
    server.run(settings, with_worker=not no_worker)


def main() -> None:
    """`justask serve` as a program of its own; the first word of the command line is taken as read."""
    serve.main(args=sys.argv[2:], prog_name="justask serve")
