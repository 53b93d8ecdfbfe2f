"""An application for the tests of web processes: a page that waits until the test lets it go on."""

from __future__ import annotations

import os

from flask import Flask, request

import config
from app.core.processes import server

app = Flask(__name__)


@app.get("/")
def number() -> str:
    return str(os.getpid())


@app.post("/")
def said() -> bytes:
    return request.get_data()


@app.get("/waiting")
def waiting() -> str:
    """Answers once something was written into each of two pipes: the first says that the request is here."""
    folder = config.load().instance
    (folder / "here").write_text("here")
    return (folder / "go").read_text()


if __name__ == "__main__":
    server.serve_web(config.load(), "tests.core.waiting:app")
