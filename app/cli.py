"""The `justask` command: worker, jobs, db; the commands of each package, and `serve`, hang on it below."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from flask import Flask, current_app, has_app_context
from flask.cli import FlaskGroup, with_appcontext
from sqlalchemy.exc import OperationalError, ProgrammingError

import config
from app import create_app, jobs
from app.api.cli import export
from app.api.protocol import document
from app.auth.cli import actor, keys, staff, tell_first_step
from app.contacts.cli import accounts, contacts, history, person
from app.core import audit, clock
from app.core.database import transactions
from app.core.database.migrating import downgrade, refuse_unless_current, upgrade
from app.core.database.transactions import GateBusy
from app.core.errors import DomainError, Refused
from app.core.processes import logs, workers
from app.core.processes.alone import Turns
from app.core.processes.workers import JobFailure, WorkerBeat
from app.demo.cli import demo, load_into_empty, tell_sign_ins
from app.extensions import db
from app.reports.sums.cli import rollups_group
from app.sentiment.again.cli import readings
from app.sentiment.cli import sentiment
from app.sentiment.themes import dictionary
from app.serving import serve
from app.setup.cli import begin_installation, live
from app.setup.doctor import doctor
from app.setup.keeping.cli import backup, check, move, release, restore
from app.surveys import templates

DRAIN_SECONDS = 29
PREPARE_SECONDS = 600.0
UNDEFINED_TABLE = "42P01"  # PostgreSQL, appendix A.
NO_TABLES = "This database has not been set up yet. Run: justask db upgrade (justask serve does so by itself)"
COMMANDS: tuple[click.Command, ...] = (
    serve,
    staff,
    keys,
    accounts,
    contacts,
    history,
    person,
    export,
    sentiment,
    readings,
    rollups_group,
    demo,
    live,
    doctor,
    backup,
    restore,
    release,
)


class JustAskGroup(FlaskGroup):
    """Commands whose refusals are one sentence on stderr and exit code 1, never a traceback.

    Only our own commands and options: what libraries would add speaks of their tables and of other applications, and is
    in no documentation of ours.
    """

    def __init__(self, **given: Any):
        super().__init__(**given)
        self.params.clear()

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(self.commands)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return self.commands.get(name)

    def invoke(self, context: click.Context):
        try:
            return super().invoke(context)
        except (DomainError, config.SettingsError) as refusal:
            click.echo("\n".join(sentences(refusal)), err=True)
            context.exit(1)
        except ProgrammingError as error:
            if not has_no_table(error):
                raise
            click.echo(NO_TABLES, err=True)
            context.exit(1)
        except (OperationalError, GateBusy) as error:
            click.echo(NO_TABLES if has_no_table(error) else unusable(error), err=True)
            context.exit(1)


def has_no_table(error: Exception) -> bool:
    """Whether a table is missing, as each database says it."""
    reason = getattr(error, "orig", None)
    return getattr(reason, "sqlstate", None) == UNDEFINED_TABLE or "no such table" in str(reason)


def unusable(error: OperationalError | GateBusy) -> str:
    """Why the database cannot be used, in the words of whoever said so, and for a file whose it is."""
    reason = getattr(error, "orig", None) or error.__cause__ or "somebody else has been writing for too long"
    words = f"The database cannot be used: {str(reason).strip()}"
    # The context that opened the database has usually ended by now.
    url = db.engine.url if has_app_context() else sa.make_url(config.load().database_url)
    path = Path(url.database or "")
    found = next((one for one in (path, path.parent) if one.exists() and path.is_absolute()), None)
    if found is None:
        return words
    about = found.stat()
    return f"{words}\n{found} belongs to user {about.st_uid}, mode {about.st_mode & 0o777:o}; this is user {os.geteuid()}."


def sentences(refusal: DomainError | config.SettingsError) -> list[str]:
    """What was refused, and the reasons that it does not say itself, one a line."""
    said = str(refusal)
    return [said, *(f"- {why}" for why in getattr(refusal, "errors", {}).values() if why not in said)]


@click.group(cls=JustAskGroup, create_app=create_app, add_default_commands=False, add_version_option=False)
def justask() -> None:
    """Ask customers, hear their silence, and follow up."""


@justask.command(hidden=True)
@click.option("--no-demo", is_flag=True)
@with_appcontext
def prepare(no_demo: bool) -> None:
    """Migrate; what an empty database begins with. Of two that start at once, one does it and the other waits."""
    with ExitStack() as stack:
        if not Turns(db.engine).take(stack, "prepare", patience=PREPARE_SECONDS):
            raise Refused("Another start has been preparing this database for ten minutes; nothing was done.")
        bring_up_to_date()
        begin_installation(no_demo=no_demo)
        if not no_demo:
            load_into_empty()
    document.keep(real_app())
    tell_sign_ins()
    tell_first_step()


@justask.command()
@click.option("--parent", type=int, hidden=True, help="End when this process is gone.")
@with_appcontext
def worker(parent: int | None) -> None:
    """Run the timetable until told to stop; SIGTERM lets jobs under way finish."""
    logs.configure(current_app.extensions["settings"].LOG_FORMAT)
    refuse_unless_current()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: drain())
    jobs.work(real_app(), parent=parent)


def drain() -> None:
    """Begin nothing new; what does not finish within half a minute is left to the next worker."""
    jobs.stopping.set()
    late = threading.Timer(DRAIN_SECONDS, os._exit, (1,))
    late.daemon = True
    late.start()


@justask.group("jobs")
def jobs_group() -> None:
    """Look at the timetable and run its jobs by hand."""


@jobs_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_appcontext
def jobs_list(as_json: bool) -> None:
    """List the jobs, their failures and the workers seen."""
    failures = list(db.session.scalars(sa.select(JobFailure).order_by(JobFailure.job)))
    beats = list(db.session.scalars(sa.select(WorkerBeat).order_by(WorkerBeat.beat_at.desc()).limit(5)))
    if as_json:
        click.echo(json.dumps(jobs_report(failures, beats)))
        return
    for job in jobs.TIMETABLE:
        click.echo(f"{job.name:24} every {job.seconds:>6} s   {job.meaning}")
    for failure in failures:
        state = "parked" if failure.parked_at else f"again at {failure.next_try_at:%F %T}"
        click.echo(f"failed: {failure.job} {failure.item} ({failure.tries} tries, {state}): {failure.error}")
    for beat in beats:
        click.echo(f"worker: {beat.worker} last seen {beat.beat_at:%F %T} UTC")


def jobs_report(failures: list[JobFailure], beats: list[WorkerBeat]) -> dict:
    """What `jobs list --json` prints."""
    return {
        "jobs": [{k: v for k, v in dataclasses.asdict(job).items() if k != "work"} for job in jobs.TIMETABLE],
        "failures": [
            {
                "job": f.job,
                "item": f.item,
                "tries": f.tries,
                "parked": f.parked_at is not None,
                "error": f.error,
            }
            for f in failures
        ],
        "workers": [{"worker": b.worker, "beat_at": b.beat_at.isoformat()} for b in beats],
    }


@jobs_group.command("run")
@click.argument("name", required=False)
@click.option("--all-due", is_flag=True, help="One pass of every job.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_appcontext
def jobs_run(name: str | None, all_due: bool, as_json: bool) -> None:
    """One pass of the job NAME, now."""
    if bool(name) == all_due:
        raise click.UsageError("Name one job, or say --all-due.")
    known = {job.name: job for job in jobs.TIMETABLE}
    if name and name not in known:
        raise click.UsageError(f"There is no job {name!r}; the timetable has {', '.join(known)}.")
    done = {
        job.name: jobs.run_once(real_app(), job, now=clock.now())
        for job in ([known[name]] if name else jobs.TIMETABLE)
    }
    click.echo(json.dumps(done) if as_json else "\n".join(f"{job}: {count}" for job, count in done.items()))


@jobs_group.command("retry")
@click.argument("job", required=False)
@click.argument("item", required=False)
@click.option("--all-parked", is_flag=True, help="Everything that was given up.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_appcontext
def jobs_retry(job: str | None, item: str | None, all_parked: bool, as_json: bool) -> None:
    """Let ITEM of JOB, as `jobs list` names them, be tried again; without ITEM the job as a whole."""
    if bool(job) == all_parked:
        raise click.UsageError("Name a job and its item, or say --all-parked.")
    now = clock.now()
    transactions.write(db.session)
    wanted = (
        [(row.job, row.item) for row in workers.parked(db.session)] if all_parked else [(job, item or "*")]
    )
    for name, part in wanted:
        workers.retry(db.session, name, part, now=now)
        audit.note(db.session, actor(), "job.retry", now=now, job=name, item=part)
    db.session.commit()
    click.echo(
        json.dumps({"retried": wanted}) if as_json else f"Tried again with the next pass: {len(wanted)}."
    )


@justask.group("db")
def db_group() -> None:
    """Create and change the database."""


@db_group.command("upgrade")
@with_appcontext
def db_upgrade() -> None:
    """Bring the database to this version's schema, and add the surveys that come with it."""
    bring_up_to_date()


def bring_up_to_date() -> None:
    """Migrate, then add what this version ships and the database lacks."""
    upgrade()
    transactions.write(db.session)
    templates.ensure(db.session, now=clock.now())
    dictionary.ensure(db.session, now=clock.now())
    db.session.commit()


@db_group.command("downgrade")
@click.argument("revision")
@with_appcontext
def db_downgrade(revision: str) -> None:
    """Go back to an earlier schema REVISION."""
    downgrade(revision)


def real_app() -> Flask:
    """The application itself, for threads that make contexts of their own."""
    return current_app._get_current_object()


db_group.add_command(check)
db_group.add_command(move)
for command in COMMANDS:
    justask.add_command(command)


def main() -> None:
    """Any command of `justask`."""
    justask(prog_name="justask")


if __name__ == "__main__":
    main()
