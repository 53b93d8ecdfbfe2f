"""Dataclasses that share the methods which would say the same in each of them.

Python writes and compiles a `__repr__`, and for what is frozen a `__setattr__` and a `__delattr__`, for every dataclass
anew. Nothing that serves pages calls them often, so that one of each, which looks up the fields, does for all.
"""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from reprlib import recursive_repr
from typing import Any

WRITTEN_BY_PYTHON = "<string>"


def slim(kind: type) -> None:
    """Let the dataclass `kind` share what Python wrote for it; what it or its bases wrote themselves stays."""
    if is_repr_written(kind):
        kind.__repr__ = shown
    options = vars(kind).get("__dataclass_params__")
    if options and options.frozen and all(map(is_plain, kind.__mro__[1:])):
        kind.__setattr__, kind.__delattr__ = refuse_to_set, refuse_to_delete


def is_repr_written(kind: type) -> bool:
    """Whether its `__repr__` is one that Python wrote, which it does within a guard against rings."""
    written = getattr(vars(kind).get("__repr__"), "__wrapped__", None)
    return written is not None and written.__code__.co_filename == WRITTEN_BY_PYTHON


def is_plain(base: type) -> bool:
    """Whether setting what is no field ends with `object` as far as this base is concerned."""
    own = vars(base)
    return base is object or not ({"__setattr__", "__delattr__"} & set(own)) or "__dataclass_params__" in own


@recursive_repr()
def shown(self: Any) -> str:
    said = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in fields(self) if field.repr)
    return f"{type(self).__qualname__}({said})"


def refuse_to_set(self: Any, name: str, value: Any) -> None:
    if is_fixed(self, name):
        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def refuse_to_delete(self: Any, name: str) -> None:
    if is_fixed(self, name):
        raise FrozenInstanceError(f"cannot delete field {name!r}")
    object.__delattr__(self, name)


def is_fixed(self: Any, name: str) -> bool:
    """All of a dataclass; of another class made from one, the fields that it has from there."""
    return "__dataclass_params__" in vars(type(self)) or any(name == field.name for field in fields(self))
