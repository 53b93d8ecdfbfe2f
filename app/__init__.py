"""JustAsk: voice of customer for subscription companies. `create_app` puts the parts together.

It also imports them, because whatever imports a module of the product imports this package first.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import config

if TYPE_CHECKING:
    from flask import Flask

ROOT = Path(__file__).resolve().parent.parent


def create_app(settings: config.Settings | None = None) -> Flask:
    """The application for `settings` (from the environment when not given). Starts no job and sends nothing."""
    from werkzeug.middleware.proxy_fix import ProxyFix

    from app import api, public, schema  # noqa: F401
    from app.auth import access, limits, security
    from app.core import errors
    from app.core.database import transactions
    from app.core.language import wording
    from app.core.web import headers, pages
    from app.core.web.frame import Application
    from app.core.web.keeping import pages as kept_pages
    from app.core.web.shell import kept
    from app.delivery.sending.colleagues import ColleagueMail
    from app.doors import BLUEPRINTS
    from app.extensions import babel, csrf, db
    from app.reports.accounts import filters

    settings = settings or config.load()
    app = Application(__name__, instance_path=str(settings.instance))
    app.config.from_mapping(flask_config(settings))
    app.extensions["settings"] = settings
    if settings.PROXIES:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.PROXIES, x_proto=settings.PROXIES)
    db.init_app(app)
    with app.app_context():
        transactions.install(db.engine, settings.GATE_SECONDS)
        app.extensions[transactions.LOOKING] = transactions.Looking(db.engine)
    csrf.init_app(app)
    babel.init_app(app, locale_selector=pages.language, timezone_selector=pages.time_zone)
    security.install(app, ColleagueMail)
    kept_pages.install(app, access.entry(app))
    headers.install(app)
    errors.install(app)
    limits.install(app)
    access.install(app)
    pages.install(app)
    kept.install(app)
    wording.install(app)
    filters.install()
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    public.install(app)
    api.install(app)
    return app


def flask_config(settings: config.Settings) -> dict:
    """Our settings in the names that Flask and its extensions read."""
    return {
        "SECRET_KEY": settings.SECRET_KEY,
        "SECRET_KEY_FALLBACKS": list(settings.SECRET_KEYS_OLD),
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings),
        "MAX_CONTENT_LENGTH": 32 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "SESSION_COOKIE_NAME": "__Host-justask" if settings.is_https else "justask",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=settings.SESSION_DAYS),
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": settings.is_https,
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "app" / "translations"),
        "TEMPLATES_AUTO_RELOAD": False,
    }


def engine_options(settings: config.Settings) -> dict:
    """No value of a statement gets into a log; PostgreSQL waits no longer for a lock than SQLite for its gate.

    Compiled statements take some 70 kB each and every connection keeps caches of its own, so there are few of the first,
    and the connection that was used last is taken again. Paths that are often gone keep theirs (`database/prepared.py`).
    """
    lean = {"hide_parameters": True, "query_cache_size": 20, "pool_use_lifo": True}
    if settings.is_sqlite:
        return lean | {"connect_args": {"cached_statements": 32}}
    limits = {
        "options": f"-c lock_timeout={settings.GATE_SECONDS}s",
        "connect_timeout": settings.GATE_SECONDS,
    }
    return lean | {"pool_size": 8, "connect_args": limits}
