"""The kinds of questions, a class each: what its form field takes, and how its answers are summed up.

A further kind is a further file in one of the folders here, which is found by itself; nothing else lists them.
"""

from importlib import import_module
from pkgutil import walk_packages

from app.surveys.kinds.kind import Kind

__all__ = ["KINDS"]

_modules = [import_module(found.name) for found in walk_packages(__path__, f"{__name__}.")]

KINDS: dict[str, Kind] = {
    one.key: one()
    for module in _modules
    for one in vars(module).values()
    if isinstance(one, type) and issubclass(one, Kind) and "key" in vars(one)
}
"""By the word that stands in the database."""
