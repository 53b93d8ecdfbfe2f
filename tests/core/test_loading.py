"""Modules loaded with less: they do what they do, and hold no types of arguments and no second copy of what Python wrote."""

from __future__ import annotations

import inspect
import subprocess
import sys
from dataclasses import FrozenInstanceError
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from app import __main__ as command
from app.core.processes import server
from app.core.processes.memory import loading
from app.core.processes.memory.loading import LeanLoader

TEXT = """
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache


def plain(first: int, *, second: str = "b") -> None: ...
@lru_cache
def remembered(first: int) -> None: ...
@contextmanager
def opened(first: int) -> None: yield first
def failing() -> None:
    raise ValueError


class Thing:
    itself: type
    def method(self, first: int) -> None: ...
    @classmethod
    def of(cls, first: int) -> None: ...
    @staticmethod
    def bare(first: int) -> None: ...
    @property
    def seen(self) -> int: ...
    @cached_property
    def kept(self) -> int: ...
    class Inner:
        def method(self, first: int) -> None: ...
Thing.itself = Thing


@dataclass(frozen=True)
class Point:
    x: int
    inside: list = field(default_factory=list)
    hidden: int = field(default=1, repr=False)
    @property
    def far(self) -> bool: ...
class Named(Point): ...
@dataclass(frozen=True, slots=True)
class Slim:
    x: int
@dataclass
class Told:
    x: int
    def __repr__(self): return "told"
class Guard:
    def __setattr__(self, name, value): raise RuntimeError(name)
@dataclass(frozen=True)
class Guarded(Guard):
    x: int
class Open(Guarded): ...
"""


@pytest.fixture(params=[SourceFileLoader, LeanLoader])
def module(request, tmp_path, monkeypatch):
    """The module as Python loads it, and loaded with less: whatever it does, it does the same."""
    return loaded(request.param, tmp_path, monkeypatch)


def loaded(loader, folder, monkeypatch):
    path = folder / "things.py"
    path.write_text(TEXT)
    spec = spec_from_file_location("things", path, loader=loader("things", str(path)))
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "things", module)
    spec.loader.exec_module(module)
    return module


def test_no_function_keeps_the_types_of_its_arguments(tmp_path, monkeypatch):
    things = loaded(LeanLoader, tmp_path, monkeypatch)
    thing = vars(things.Thing)
    functions = [
        things.plain,
        things.remembered,
        things.remembered.__wrapped__,
        things.opened,
        things.opened.__wrapped__,
        thing["method"],
        thing["of"].__func__,
        thing["bare"].__func__,
        thing["seen"].fget,
        thing["kept"].func,
        things.Thing.Inner.method,
        things.Point.__init__,
        things.Point.far.fget,
    ]
    assert [function for function in functions if getattr(function, "__annotations__", None)] == []


def test_classes_keep_their_types_and_functions_their_arguments(module):
    assert module.Point.__annotations__ == {"x": int, "inside": list, "hidden": int}
    assert list(inspect.signature(module.plain).parameters) == ["first", "second"]
    assert inspect.signature(module.plain).parameters["second"].default == "b"


def test_a_traceback_names_the_line(module):
    with pytest.raises(ValueError) as failure:
        module.failing()
    assert TEXT.splitlines()[failure.traceback[-1].lineno] == "    raise ValueError"


def test_dataclasses_are_shown_as_ever(module):
    point = module.Point(1)
    point.inside.append(point)
    assert repr(point) == "Point(x=1, inside=[...])"
    assert [*map(repr, (module.Named(2), module.Slim("é"), module.Told(1)))] == [
        "Named(x=2, inside=[])",
        "Slim(x='é')",
        "told",
    ]


def test_what_is_frozen_cannot_be_changed(module):
    for frozen in (module.Point(1), module.Slim(1), module.Named(1), module.Guarded(1)):
        with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
            frozen.x = 2
        with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
            del frozen.x
        assert frozen.x == 1
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'more'"):
        module.Point(1).more = 2


def test_a_class_made_from_what_is_frozen_may_hold_more(module):
    named = module.Named(1)
    named.more = 2
    assert named.more == 2
    del named.more
    assert not hasattr(named, "more")
    with pytest.raises(RuntimeError, match="more"):
        module.Open(1).more = 2


def test_dataclasses_share_what_would_say_the_same(tmp_path, monkeypatch):
    things = loaded(LeanLoader, tmp_path, monkeypatch)
    for name in ("__repr__", "__setattr__", "__delattr__"):
        assert vars(things.Point)[name] is vars(things.Slim)[name]


def test_who_serves_is_loaded_so_and_who_commands_is_not(monkeypatch):
    steps = []
    monkeypatch.setattr(command, "is_compiled_lean", lambda: False)
    monkeypatch.setattr(loading, "install", lambda: steps.append("lean"))
    monkeypatch.setattr(
        command, "import_module", lambda name: steps.append(name) or type("", (), {"main": lambda: None})
    )
    for word in ("serve", "doctor"):
        monkeypatch.setattr(sys, "argv", ["justask", word])
        command.main()
    assert steps == ["lean", "app.serving", "app.cli"]


def test_a_web_process_that_is_started_later_is_loaded_so_too(tmp_path):
    (tmp_path / "program.py").write_text(
        "import sys\ndef main(word: str = 'none') -> None: print(sys.argv[1:], main.__annotations__)\n"
    )
    run = subprocess.run(
        [sys.executable, *server.LOADING, "program", "wsgi:app"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": f"{tmp_path}:{command.__file__.rpartition('/app/')[0]}", "PATH": ""},
    )
    assert run.stdout == "['wsgi:app'] {}\n"
    assert server.WEB[-3:-1] == server.LOADING
