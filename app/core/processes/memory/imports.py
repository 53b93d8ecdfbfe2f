"""Loading a part of a library without the rest, which would only take memory and time in every process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import Any


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Make `import` of these libraries fail inside the block, unless they are in memory already."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)


@contextmanager
def bare(package: str) -> Iterator[None]:
    """Inside the block, modules of `package` are imported without its own first file and what that imports.

    Afterwards the package itself counts as never imported; ModuleNotFoundError when it is not installed.
    """
    if package in sys.modules:
        yield
        return
    spec = find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(package, name=package)
    sys.modules[package] = module_from_spec(spec)
    try:
        yield
    finally:
        sys.modules.pop(package, None)


@contextmanager
def standing_in(*names: str) -> Iterator[None]:
    """Inside the block, `import` of these modules gives a stand-in, unless they are in memory already.

    Whoever imported one then gets the real module at the first use of anything in it.
    """
    absent = {name: StandIn(name) for name in names if name not in sys.modules}
    sys.modules.update(absent)
    try:
        yield
    finally:
        for name, stand_in in absent.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


class Later:
    """A module that is imported when something of it is first used: `dns = Later("dns.resolver")`, then `dns.Resolver()`."""

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)


class StandIn(Later):
    """What stands under a module's name while others import it; the import itself asks for nothing but these two."""

    __spec__ = __path__ = None

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self._name) is self:
            del sys.modules[self._name]
        return super().__getattr__(name)
