"""`justask doctor`: whether this installation can work, each check apart, in words with the fix (a door).

It changes nothing and sends nothing. The mail server and DNS are asked by the same tests as on the set-up page.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import with_appcontext

from app.core import clock
from app.core.database import migrating, transactions
from app.core.database.transactions import PATIENCE, GateBusy
from app.core.installation import installation
from app.core.processes import workers
from app.core.processes.workers import WorkerBeat
from app.delivery.inbound import queries
from app.delivery.inbound.models import InboundBox
from app.delivery.mail.mailer import MAILBOX
from app.extensions import db
from app.integrations.calling import places
from app.integrations.webhooks.models import OffReason, Webhook
from app.sentiment import better
from app.sentiment.engine.vectors import model
from app.sentiment.engine.vectors.head import head
from app.setup import going_live
from app.setup.mail import env_lines, probing
from app.setup.mail.routes import SELECTOR
from app.setup.probes.findings import Finding, State, bad, care, good, unknown

SIGNS = {State.GOOD: "ok", State.CARE: "look", State.BAD: "WRONG", State.UNKNOWN: "unknown"}
GATE_SECONDS = 3.0
LEAST_SPACE, LITTLE_SPACE = 200 * 1024**2, 2 * 1024**3
MOST_SKEW = timedelta(seconds=5)
MOST_NAMED = 3
READ_ONLY = ("readonly database", "read-only transaction")  # As SQLite and PostgreSQL say it.
WRITE_NOTHING = sa.text("UPDATE installation SET id = id WHERE 1 = 0")
SECRETS = ("justask.env", "secret_key")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_appcontext
def doctor(as_json: bool) -> None:
    """Check settings, files, database, worker, backup, mail server, DNS and clock; exit 1 when something is wrong."""
    found = {name: looked_at(check) for name, check in CHECKS.items()} | mail_findings()
    is_well = all(finding.state is not State.BAD for finding in found.values())
    if as_json:
        checks = [{"name": name} | plain(finding) for name, finding in found.items()]
        click.echo(json.dumps({"ok": is_well, "checks": checks}, ensure_ascii=False))
    else:
        click.echo("\n".join(line for name, finding in found.items() for line in told(name, finding)))
    if not is_well:
        click.echo("Something is wrong; see the lines marked WRONG.", err=True)
        raise SystemExit(1)


def plain(finding: Finding) -> dict[str, str]:
    words = {name: str(getattr(finding, name)) for name in ("words", "fix", "evidence")}
    return {"state": finding.state.value} | words


def told(name: str, finding: Finding) -> list[str]:
    lines = [f"{SIGNS[finding.state]:8}{name:12}{finding.words}"]
    return lines + [f"{'':20}{more}" for more in (finding.fix, finding.evidence) if str(more)]


def looked_at(check: Callable[[], Finding]) -> Finding:
    """What a check found; one that cannot be made is a finding too, and keeps nobody from the next."""
    try:
        return check()
    except (sa.exc.SQLAlchemyError, OSError, GateBusy) as error:
        reason = str(getattr(error, "orig", error)).strip().partition("\n")[0]
        return bad(
            f"This could not be checked: {type(error).__name__}.",
            "Put right what stands above first.",
            reason,
        )
    finally:
        db.session.rollback()


def settings_check() -> Finding:
    """Settings that cannot work stop every command; this one tells what works and is not for customers."""
    blocker = going_live.address_blocker(settings())
    return care(blocker.words, blocker.fix) if blocker else good("Every setting can be used.")


def files_check() -> Finding:
    """Files with passwords and keys are nobody else's to read."""
    folder = settings().instance
    if not os.access(folder, os.W_OK):
        return bad(f"{folder} cannot be written to.", "Give the folder to the user that runs JustAsk.")
    exposed = [folder / name for name in SECRETS if (folder / name).exists()]
    exposed = [path for path in exposed if path.stat().st_mode & 0o077]
    if exposed:
        names = " ".join(map(str, exposed))
        return bad(f"Others on this machine can read {names}.", f"Run: chmod 600 {names}")
    owner = folder.stat().st_uid
    strange = sorted(str(path) for path in folder.iterdir() if path.lstat().st_uid != owner)
    if strange:
        words = f"{', '.join(strange[:3])} belongs to another user than the folder, so JustAsk may not write there."
        return bad(words, f"Run: chown -R {called(owner)} {folder}")
    if owner != os.geteuid():
        words = f"This is user {called(os.geteuid())}, and {folder} belongs to {called(owner)}."
        return care(words, f"Run every command as {called(owner)}: what another makes is closed to it.")
    return good("Files with passwords and keys are closed to others.")


def called(user: int) -> str:
    """The name of a user, or the number of one who has none."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def database_check() -> Finding:
    db.session.execute(sa.select(sa.literal(1)))
    return good(f"The database answers ({db.engine.dialect.name}).")


def schema_check() -> Finding:
    wanted, present = migrating.head(), migrating.revision(db.session.connection())
    if present == wanted:
        return good(f"The schema is that of this version ({wanted}).")
    words = f"The schema stands at {present or 'nothing'}, this version needs {wanted}."
    if migrating.is_known(present):
        return bad(words, "Run: justask db upgrade")
    return bad(words, "The database belongs to a newer version of JustAsk: run that one.")


def integrity_check() -> Finding:
    """SQLite looks through its file; PostgreSQL minds its own."""
    if not settings().is_sqlite:
        return good("PostgreSQL minds this itself.")
    connection = db.session.connection()
    said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if said == "ok" and lost is None:
        return good("The file is whole.")
    what = said if said != "ok" else f"table {lost[0]} points at rows of {lost[2]} that are gone"
    return bad(
        "The database file is damaged.", "Stop JustAsk, keep a copy of the file, restore a backup.", what
    )


def gate_check() -> Finding:
    """Whether a writer gets its turn, and the database takes what it writes."""
    engine = transactions.writer(db.engine).execution_options(**{PATIENCE: GATE_SECONDS})
    try:
        with engine.connect() as connection:
            connection.execute(WRITE_NOTHING)
            connection.rollback()
    except GateBusy as busy:
        if isinstance(busy.__cause__, OSError):
            return takes_nothing(busy.__cause__.strerror or "")
        return bad(
            f"Nobody could begin to write within {GATE_SECONDS:.0f} seconds.",
            "Something holds the write gate, perhaps a long import. If not, stop JustAsk and start it again.",
        )
    except sa.exc.DBAPIError as error:
        if not any(word in str(error.orig) for word in READ_ONLY):
            raise
        return takes_nothing(str(error.orig))
    return good("Writers get their turn.")


def takes_nothing(reason: str) -> Finding:
    """A file that may not be written to, or a server that is a stand-by."""
    fix = (
        "See that the disk is not mounted read-only, and give justask.db with its folder to the user that runs JustAsk."
        if settings().is_sqlite
        else "Give the address of the primary server, not of a stand-by, and see default_transaction_read_only."
    )
    return bad("The database can be read, and takes nothing.", fix, reason)


def worker_check() -> Finding:
    now = clock.now()
    beat = db.session.scalar(sa.select(sa.func.max(WorkerBeat.beat_at)))
    if beat is not None and beat > now + MOST_SKEW:
        return bad("The worker's clock goes ahead of this one.", "Let both machines keep network time.")
    if not workers.is_worker_alive(db.session, now=now):
        last = f" The last was at {beat:%F %T} UTC." if beat else ""
        return bad(f"The worker gives no sign of life.{last}", "Start justask serve, or justask worker.")
    if parked := workers.parked(db.session):
        return care(
            f"The worker lives, and has given up on {len(parked)} items.",
            "See justask jobs list, then justask jobs retry --all-parked.",
        )
    return good(f"The worker gave a sign of life {(now - beat).seconds} seconds ago.")


def incoming_check() -> Finding:
    """Whether what comes back by mail is read."""
    if not settings().INBOUND_URL and not settings().INBOUND_SECRET:
        if settings().MAIL_URL.startswith(MAILBOX):
            return good("No mail leaves this machine, so none comes back.")
        fix = "Set JUSTASK_INBOUND_URL; the README says how."
        return care("Bounces and replies are not read.", fix)
    fault = db.session.scalar(sa.select(InboundBox.fault).where(InboundBox.fault.is_not(None)).limit(1))
    if fault:
        return bad(f"The mailbox cannot be read: {fault}", "Put that right; nothing is lost meanwhile.")
    if waiting := queries.count_needing(db.session):
        return care(f"{waiting} mails that came in wait for somebody.", "See Incoming mail in the settings.")
    return good("What comes back by mail is read.")


def webhooks_check() -> Finding:
    """Addresses of other programs that take nothing, or were switched off because of it."""
    given_up = Webhook.off_reason.in_((OffReason.GONE, OffReason.FAILING))
    troubled = sa.or_(given_up, sa.and_(Webhook.off_reason.is_(None), Webhook.failing_since.is_not(None)))
    found = db.session.scalars(sa.select(Webhook).where(troubled).order_by(Webhook.id)).all()
    if not found:
        return good("No webhook fails.")
    words = f"Webhooks that take nothing: {', '.join(shortly(one) for one in found[:MOST_NAMED])}"
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return care(f"{words}{more}.", "See Webhooks in the settings, where each has its log and can be tested.")


def shortly(webhook: Webhook) -> str:
    """The host of an address, and how it does; the rest of the address may be a secret."""
    state = "switched off" if webhook.off_reason else f"failing since {webhook.failing_since:%F %R} UTC"
    return f"{places.host_of(webhook.url)} ({state})"


def engine_check() -> Finding:
    """The timetable runs on one machine, or by the engine for several."""
    since = clock.now() - workers.ALIVE_WITHIN
    names = db.session.scalars(sa.select(WorkerBeat.worker).where(WorkerBeat.beat_at > since)).all()
    hosts = sorted({name.rpartition(":")[0] for name in names})
    if settings().ENGINE == "embedded":
        if len(hosts) < 2:
            return good("The timetable runs on one machine (embedded).")
        words = f"Workers of {', '.join(hosts)} each run the timetable for themselves."
        return care(words, "Set JUSTASK_ENGINE=procrastinate on all of them.")
    if db.session.scalar(sa.text("SELECT to_regclass('procrastinate_jobs')")) is None:
        return bad("The job queue has no tables.", "Run: justask db upgrade")
    return good(f"{len(names)} workers on {len(hosts)} machines share the timetable (procrastinate).")


def reading_check() -> Finding:
    """Which engines read comments; the better one is loaded, because only that shows whether it can be."""
    first, trained_on, there = better.DEFAULT, head().release, model.release()
    if there is None:
        return good(f"Comments are read by {first.name}; the extra {better.EXTRA} is not installed.")
    if there != trained_on:
        words = f"Comments are read by {first.name}: of {better.ENGINE} release {there} is installed, not {trained_on}."
        return care(words, f"Install the extra {better.EXTRA} anew, as the README says.")
    try:
        better.read("Das Programm ist gut.", lang="de")
    except Exception as error:
        words = f"Comments are read by {first.name}: {better.ENGINE} is installed and does not work here."
        return care(words, f"Install the extra {better.EXTRA} anew, or remove it.", str(error))
    return good(f"Comments are read by {first.name} as they come, and again by {better.ENGINE}.")


def sending_check() -> Finding:
    """A copy is held until somebody says that the original has stopped."""
    facts = installation(db.session)
    if facts.is_held:
        words = "This is a restored or moved copy, and it sends nothing."
        return care(words, "When the one it was copied from has stopped, run: justask release")
    if not facts.is_live:
        return good("This is a rehearsal: mail reaches only the people on its list.")
    return good("Mail may leave.")


def backup_check() -> Finding:
    """The last backup that was made with our own command."""
    hours, last = settings().BACKUP_HOURS, installation(db.session).backed_up_at
    if not hours:
        return good("Backups are made by other means, says JUSTASK_BACKUP_HOURS.")
    fix = "Run justask backup PATH every night; deploy/ has a timer. If you back up by other means, set JUSTASK_BACKUP_HOURS=0."
    if last is None:
        return care("No backup was ever made with justask backup.", fix)
    age = (clock.now() - last) / timedelta(hours=1)
    words = f"The last backup was made {age:.0f} hours ago."
    return care(words, fix) if age > hours else good(words)


def disk_check() -> Finding:
    free = shutil.disk_usage(settings().instance).free
    words = f"{free / 1024**3:.1f} GB are free in {settings().instance}."
    fix = "Make room: a full disk stops answers from being saved."
    return bad(words, fix) if free < LEAST_SPACE else care(words, fix) if free < LITTLE_SPACE else good(words)


def clock_check() -> Finding:
    """SQLite has no clock of its own, so there it compares this machine with itself."""
    query = (
        "SELECT strftime('%s', 'now')"
        if settings().is_sqlite
        else "SELECT extract(epoch FROM clock_timestamp())"
    )
    told_at = datetime.fromtimestamp(float(db.session.execute(sa.text(query)).scalar_one()), UTC)
    skew = abs(clock.now() - told_at)
    if skew > MOST_SKEW:
        return bad(
            f"This machine and the database differ by {skew.total_seconds():.0f} seconds.",
            "Let both keep network time.",
        )
    return good(f"It is {clock.now():%F %T} UTC here and in the database.")


CHECKS = {
    "settings": settings_check,
    "files": files_check,
    "database": database_check,
    "schema": schema_check,
    "integrity": integrity_check,
    "write gate": gate_check,
    "worker": worker_check,
    "incoming": incoming_check,
    "webhooks": webhooks_check,
    "engine": engine_check,
    "reading": reading_check,
    "sending": sending_check,
    "backup": backup_check,
    "disk": disk_check,
    "clock": clock_check,
}


def mail_findings() -> dict[str, Finding]:
    """The tests of the set-up page's mail step, all at once and with no transaction open."""
    server = env_lines.server_of(settings())
    if server is None:
        fix = "Set JUSTASK_MAIL_URL; the set-up page composes the line."
        return {"mail": care("No mail server is set, so every mail stays in the mailbox page.", fix)}
    try:
        selector = installation(db.session).setup.get(SELECTOR, "")
    except sa.exc.SQLAlchemyError:
        selector = ""
    db.session.rollback()
    probes = probing.probes(
        server,
        env_lines.sender_of(settings()),
        settings().BOUNCE_DOMAIN,
        selector,
        ask=current_app.extensions["dns_lookup"],
        now=clock.now(),
    )
    found = current_app.extensions["probe_desk"].run(probes)
    if not selector and found["dkim"].state is State.BAD:
        found["dkim"] = unknown(found["dkim"].words, found["dkim"].fix, found["dkim"].evidence)
    return found


def settings():
    return current_app.extensions["settings"]
