"""Every setting of an installation, in one frozen dataclass.

Settings are read once, from `instance/justask.env` and then the environment (prefix `JUSTASK_`, the environment
wins), and all problems are reported together. What an administrator may change while the product runs (company
name, windows, thresholds) is data and not found here.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

PREFIX = "JUSTASK_"
WEAK_KEYS = frozenset({"secret", "changeme", "change-me", "development", "dev", "password", "justask"})
MINIMUM_KEY_LENGTH = 32
MINIMUM_SECRET_LENGTH = 24
MINIMUM_METRICS_KEY_LENGTH = 16


class SettingsError(Exception):
    """One or more settings are unusable; `problems` holds one sentence for each."""

    def __init__(self, problems: list[str]):
        self.problems = problems
        super().__init__("These settings cannot be used:\n" + "\n".join(f"  - {p}" for p in problems))


def setting(default: Any, meaning: str) -> Any:
    """A setting with its default and the one line that the README prints about it."""
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Settings:
    """What an operator decides, typed and checked. Field `x_y` is read from `JUSTASK_X_Y`."""

    INSTANCE: str = setting(
        "instance", "folder for the embedded database, the mailbox, the secret key and justask.env"
    )
    DATABASE_URL: str = setting(
        "", "where the data lives: empty for SQLite in the instance folder, or postgresql+psycopg://..."
    )
    LIVE: bool = setting(
        False, "1: an installation started with --no-demo begins live instead of in rehearsal"
    )
    SECRET_KEY: str = setting(
        "", "signs cookies and links; made and kept in the instance folder on a first embedded start"
    )
    SECRET_KEYS_OLD: tuple[str, ...] = setting(
        (), "former secret keys, comma separated, whose links are still accepted"
    )
    BASE_URL: str = setting(
        "http://127.0.0.1:8000",
        "the address of every link we send, never taken from a request; not set: this machine at JUSTASK_PORT",
    )
    HOST: str = setting("127.0.0.1", "address the web server binds")
    PORT: int = setting(8000, "port the web server binds")
    PROXIES: int = setting(
        0, "reverse proxies before the server, whose X-Forwarded-For and X-Forwarded-Proto are believed"
    )
    MAIL_URL: str = setting(
        "mailbox:", "smtp://user:pass@host:25?starttls=1, smtps://..., or mailbox: to keep every mail here"
    )
    MAIL_FROM: str = setting("JustAsk <surveys@justask.example>", "the sender of survey mails")
    MAIL_ALLOW: tuple[str, ...] = setting(
        (), "addresses or domains that real mail may reach during rehearsal, comma separated"
    )
    BOUNCE_DOMAIN: str = setting(
        "", "domain for the return path of survey mails; empty: bounces go to MAIL_FROM"
    )
    INBOUND_URL: str = setting(
        "",
        "where bounces and replies come in: imaps://user:pass@host/folder, imap://... or maildir:PATH; empty: nowhere",
    )
    INBOUND_SECRET: tuple[str, ...] = setting(
        (),
        "for a mail provider that posts raw mails to /hooks/inbound: whsec_... (Standard Webhooks) or a bearer token of "
        "24 or more characters; several comma separated; empty: nobody may",
    )
    CHAT_ALLOW: tuple[str, ...] = setting(
        (),
        "names, addresses or networks off the public internet that webhooks, of chats and of other programs, may call, "
        "comma separated; empty: none",
    )
    ENGINE: str = setting(
        "embedded",
        "who runs the timetable: embedded (one machine), or procrastinate (several machines, on PostgreSQL)",
    )
    WEB_WORKERS: int = setting(2, "web server processes")
    WEB_THREADS: int = setting(4, "threads of each web server process")
    TIME_ZONE: str = setting(
        "UTC", "zone of the installation until an administrator chooses one on the set-up page"
    )
    LOG_FORMAT: str = setting("text", "text or json")
    SEND_RATE: int = setting(
        0, "most survey mails that each worker hands over per second; 0: as fast as the relay takes them"
    )
    SEND_DOMAIN_RATES: tuple[str, ...] = setting(
        (),
        "most mails a second that are handed over to single domains, such as gmail.com=5,*=20 (*: any other)",
    )
    SEND_CONNECTIONS: int = setting(8, "SMTP connections kept open for survey mails")
    GATE_SECONDS: int = setting(
        30,
        "longest wait for other writers of the database, in seconds, before a request is answered with 503",
    )
    SESSION_IDLE_HOURS: int = setting(12, "hours without a request after which a staff session ends")
    SESSION_DAYS: int = setting(14, "days after which a staff session ends whatever happens")
    BACKUP_HOURS: int = setting(
        48,
        "hours after which doctor misses a new backup; 0: backups are made by other means than justask backup",
    )
    API_RATE: int = setting(3000, "requests a minute that one API key may make; 0: no limit")
    METRICS_KEY: str = setting(
        "",
        "opens /metrics as a bearer key; empty: only this machine reads it, while BASE_URL leads to it",
    )
    COMMENT_LENGTH: int = setting(5000, "longest comment of an answer, in characters")

    @property
    def instance(self) -> Path:
        return Path(self.INSTANCE).resolve()

    @property
    def database_url(self) -> str:
        return self.DATABASE_URL or f"sqlite:///{self.instance / 'justask.db'}"

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def is_https(self) -> bool:
        return urlsplit(self.BASE_URL).scheme == "https"

    @property
    def is_production(self) -> bool:
        """Links are https, or the server is reachable from outside this machine."""
        return self.is_https or not is_loopback(self.HOST)

    @property
    def base_url_is_local(self) -> bool:
        """Links lead to the machine of whoever opens them: loopback, or 0.0.0.0, which is no address to open."""
        host = urlsplit(self.BASE_URL).hostname or ""
        return is_loopback(host) or host in {"0.0.0.0", "::"}  # noqa: S104 nothing is bound here


def is_loopback(host: str) -> bool:
    """True for localhost and loopback addresses; a name that is no address is taken as reachable."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def load(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from `justask.env`, the environment and `overrides`, checked; SettingsError names every problem."""
    environ = os.environ if environ is None else environ
    instance = Path(overrides.get("INSTANCE") or environ.get(PREFIX + "INSTANCE") or "instance")
    given = read_env_file(instance / "justask.env") | {
        k: v for k, v in environ.items() if k.startswith(PREFIX)
    }
    problems: list[str] = []
    values = {f.name: parse(f, given, problems) for f in dataclasses.fields(Settings)} | overrides
    if PREFIX + "BASE_URL" not in given and "BASE_URL" not in overrides:
        values["BASE_URL"] = f"http://127.0.0.1:{values['PORT']}"
    settings = Settings(**values)
    problems += check(settings)
    if settings.is_production:
        problems += exposures(settings, environ)
    if problems:
        raise SettingsError(problems)
    return with_secret_key(settings)


def read_env_file(path: Path) -> dict[str, str]:
    """`NAME=value` lines; blank lines and lines that begin with # are passed over."""
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): unquoted(value.strip()) for name, value in pairs}


def unquoted(value: str) -> str:
    """Without the pair of quotes around all of it; a quoted name before an address stays as it is."""
    is_quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if is_quoted else value


def parse(of: dataclasses.Field, given: Mapping[str, str], problems: list[str]) -> Any:
    raw = given.get(PREFIX + of.name)
    if raw is None:
        return of.default
    try:
        return convert(raw.strip(), of.default)
    except ValueError:
        kind = "a whole number" if isinstance(of.default, int) else "1 or 0"
        problems.append(f"{PREFIX}{of.name} must be {kind}, not {raw!r}.")
        return of.default


def convert(raw: str, default: Any) -> Any:
    if isinstance(default, bool):
        if raw.lower() not in {"1", "0", "true", "false", "yes", "no", ""}:
            raise ValueError(raw)
        return raw.lower() in {"1", "true", "yes"}
    if isinstance(default, int):
        return int(raw)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in raw.split(",") if part.strip())
    return raw


def check(settings: Settings) -> list[str]:
    """One sentence for every setting that cannot work."""
    rules = [
        (
            urlsplit(settings.BASE_URL).scheme in {"http", "https"} and urlsplit(settings.BASE_URL).hostname,
            "JUSTASK_BASE_URL must be an http or https address.",
        ),
        (
            settings.database_url.startswith(("sqlite:///", "postgresql+psycopg://")),
            "JUSTASK_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://.",
        ),
        (
            settings.MAIL_URL == "mailbox:" or urlsplit(settings.MAIL_URL).scheme in {"smtp", "smtps"},
            "JUSTASK_MAIL_URL must be mailbox:, smtp://... or smtps://...",
        ),
        (
            is_sender(settings.MAIL_FROM),
            "JUSTASK_MAIL_FROM must be one address such as Vendor <surveys@vendor.example>, before the @ in ASCII:"
            " many mail servers carry no other letters there.",
        ),
        (
            settings.ENGINE in {"embedded", "procrastinate"},
            "JUSTASK_ENGINE must be embedded or procrastinate.",
        ),
        (
            settings.ENGINE != "procrastinate" or not settings.is_sqlite,
            "JUSTASK_ENGINE must be embedded on SQLite: procrastinate needs PostgreSQL in JUSTASK_DATABASE_URL.",
        ),
        (
            is_mailbox(settings.INBOUND_URL),
            "JUSTASK_INBOUND_URL must be imaps://user:pass@host/folder, imap://... or maildir:PATH.",
        ),
        (
            all(len(secret) >= MINIMUM_SECRET_LENGTH for secret in settings.INBOUND_SECRET),
            f"JUSTASK_INBOUND_SECRET must have {MINIMUM_SECRET_LENGTH} characters or more.",
        ),
        (
            is_zone(settings.TIME_ZONE),
            "JUSTASK_TIME_ZONE must be a zone name such as Europe/Berlin.",
        ),
        (settings.LOG_FORMAT in {"text", "json"}, "JUSTASK_LOG_FORMAT must be text or json."),
        (
            settings.WEB_WORKERS >= 1 and settings.WEB_THREADS >= 1,
            "JUSTASK_WEB_WORKERS and JUSTASK_WEB_THREADS must be 1 or more.",
        ),
        (settings.SEND_CONNECTIONS >= 1, "JUSTASK_SEND_CONNECTIONS must be 1 or more."),
        (
            all(re.fullmatch(r"[^\s=]+=[1-9]\d{0,5}", entry) for entry in settings.SEND_DOMAIN_RATES),
            "JUSTASK_SEND_DOMAIN_RATES must be a list such as gmail.com=5,*=20.",
        ),
        (settings.GATE_SECONDS >= 1, "JUSTASK_GATE_SECONDS must be 1 or more."),
        (
            not settings.METRICS_KEY or len(settings.METRICS_KEY) >= MINIMUM_METRICS_KEY_LENGTH,
            f"JUSTASK_METRICS_KEY must be {MINIMUM_METRICS_KEY_LENGTH} or more random characters, or empty.",
        ),
        (0 <= settings.PROXIES <= 9, "JUSTASK_PROXIES must lie between 0 and 9."),
        (0 < settings.PORT < 65536, "JUSTASK_PORT must lie between 1 and 65535."),
    ]
    problems = [words for holds, words in rules if not holds]
    if settings.SECRET_KEY and settings.is_production and is_weak(settings.SECRET_KEY):
        problems.append(
            f"JUSTASK_SECRET_KEY is too weak for production: use {MINIMUM_KEY_LENGTH} or more random characters."
        )
    if not settings.SECRET_KEY and not settings.is_sqlite:
        problems.append("JUSTASK_SECRET_KEY is required with PostgreSQL, the same on every machine.")
    return problems


def exposures(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """What may stand open on one's own machine only: a debugger, and files with passwords that others can read."""
    found = []
    if environ.get("FLASK_DEBUG", "").lower() not in {"", "0", "false", "no"}:
        found.append(
            "FLASK_DEBUG must not be set in production: it shows code and values to whoever meets an error."
        )
    for path in (settings.instance / name for name in ("justask.env", "secret_key")):
        if path.is_file() and path.stat().st_mode & 0o077:
            found.append(f"{path} can be read by others on this machine. Run: chmod 600 {path}")
    return found


def is_sender(text: str) -> bool:
    """Whether mail can come from there through every server, also one without SMTPUTF8."""
    local, _at, domain = parseaddr(text)[1].rpartition("@")
    return bool(local and domain) and local.isascii()


def is_mailbox(url: str) -> bool:
    """Whether incoming mail could be read there; what else an address of IMAP needs is checked where it is read."""
    if not url or url.startswith("maildir:"):
        return url != "maildir:"
    parts = urlsplit(url)
    return parts.scheme in {"imap", "imaps"} and bool(parts.hostname)


def is_weak(key: str) -> bool:
    return len(key) < MINIMUM_KEY_LENGTH or key.lower() in WEAK_KEYS or len(set(key)) < 8


def with_secret_key(settings: Settings) -> Settings:
    """The settings with a key: the given one, or the one kept in the instance folder, made on first use."""
    if settings.SECRET_KEY:
        return settings
    path = settings.instance / "secret_key"
    try:
        settings.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError), open(path, "x", opener=closed_to_others) as file:
            file.write(secrets.token_urlsafe(48))
        return dataclasses.replace(settings, SECRET_KEY=path.read_text().strip())
    except OSError as error:
        words = (
            f"JUSTASK_INSTANCE must name a folder that can be written to: {error.strerror}: {error.filename}."
        )
        raise SettingsError([words]) from error


def closed_to_others(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def is_zone(name: str) -> bool:
    """Whether there is a time zone of this name; the list of all takes longer than opening one."""
    try:
        return bool(ZoneInfo(name))
    except (ValueError, KeyError, OSError):
        return False


def zone(settings: Settings) -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)
