"""How the product logs: structlog over the standard library, as text or as JSON; links and addresses never appear."""

from __future__ import annotations

import logging
import re

import structlog

TOKEN_IN_PATH = re.compile(r"/([au])/[A-Za-z0-9_-]{20,}")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def configure(log_format: str) -> None:
    """Send every record of every library through one formatter on stderr."""
    renderer = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name],
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            hide_secrets,
            renderer,
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("procrastinate").setLevel(logging.WARNING)


def hide_secrets(logger, name: str, event: dict) -> dict:
    """Blank the tokens of links and the addresses of people in every text of a record, its exception included."""
    return {key: hide(value) if isinstance(value, str) else value for key, value in event.items()}


def hide(text: str) -> str:
    """`text` without tokens and addresses, on one line for each it had."""
    return ADDRESS.sub("(address)", TOKEN_IN_PATH.sub(r"/\1/(token)", text))
