"""Modules loaded with less than they were written with, for processes that serve pages and nothing else.

What a module has made and nobody asks for again is given up as soon as it is made: the next module takes the room. Given
up when all are loaded, it would only leave holes among what stays.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import is_dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from types import FunctionType, ModuleType
from typing import Any

from app.core.processes.memory import records

HOLDERS = {
    classmethod: ("__func__",),
    staticmethod: ("__func__",),
    property: ("fget", "fset", "fdel"),
    cached_property: ("func",),
    type(lru_cache(len)): ("__wrapped__",),
}
"""What stands for functions, and where it has them."""


class LeanLoader(SourceFileLoader):
    """Loads a module from its file, or from what that was compiled to, as Python does; then makes it smaller."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        for made in made_by(module):
            if not isinstance(made, type):
                # Only classes are asked for what is annotated in them, since tables and records are made of it.
                with suppress(AttributeError):
                    del made.__annotations__
            elif is_dataclass(made):
                records.slim(made)


def made_by(module: ModuleType) -> Iterator[Any]:
    """The functions that `module` has made, what stands for them, and its classes; those in its classes included."""
    waiting, seen = list(vars(module).values()), set()
    while waiting:
        found = waiting.pop()
        waiting += [getattr(found, name) for name in HOLDERS.get(type(found), ())]
        is_ours = getattr(found, "__module__", None) == module.__name__
        if not is_ours or id(found) in seen or not isinstance(found, (FunctionType, type, *HOLDERS)):
            continue
        seen.add(id(found))
        if isinstance(found, type):
            waiting += vars(found).values()
        elif hasattr(found, "__wrapped__"):
            waiting.append(found.__wrapped__)
        yield found


def install() -> None:
    """From now on modules are loaded in this way."""
    loaders = (
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (LeanLoader, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )
    sys.path_hooks.insert(0, FileFinder.path_hook(*loaders))
    sys.path_importer_cache.clear()


def main() -> None:
    """`python -m app.core.processes.memory.loading PROGRAM WORD...` runs the `main` of a module that is loaded so."""
    install()
    del sys.argv[0]
    import_module(sys.argv[0]).main()


if __name__ == "__main__":
    main()
