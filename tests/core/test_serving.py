"""The processes of `justask serve`: what they share, who is replaced, and how they end."""

from __future__ import annotations

import json
import marshal
import os
import py_compile
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

import config
from app.core.processes import minding
from app.core.processes.minding import Post

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180
TELL = "import os, sys; os.write(int(sys.argv[1]), b'%d\\n' % os.getpid()); "


def heed() -> None:
    """Let the signals end it that are ignored where the tests were started in the background."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def running(*program: str, **settings):
    """`program` with the settings of an installation, on a free port; ended by force when the test has not ended it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    names = {config.PREFIX + name: str(value) for name, value in (settings | {"PORT": port}).items()}
    process = subprocess.Popen(
        [sys.executable, *program],
        env=os.environ | names,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed,
    )
    process.port = port
    try:
        yield process
    finally:
        for number in [*children(process.pid), process.pid] if process.poll() is None else []:
            os.kill(number, signal.SIGKILL)
        process.wait()
        process.stderr.close()


def children(number: int) -> list[int]:
    """The processes that this one minds, as the kernel has them; none once it is gone."""
    listed = Path(f"/proc/{number}/task/{number}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def until(holds):
    """What `holds` returns once it is true; the machine may be slow."""
    end = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < end, "waited in vain"
        threading.Event().wait(0.02)
    return found


def answer(process, path: str = "/") -> str | None:
    """What is served at `path`, None while nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{process.port}{path}", timeout=PATIENCE) as page:
            return page.read().decode()
    except OSError:
        return None


def web_processes(process) -> set[int]:
    """The two web processes, once both have answered; a new connection may come to either."""
    seen = set()

    def both() -> bool:
        found = answer(process)
        seen.update([int(found)] if found else [])
        return len(seen & set(children(process.pid))) == 2

    until(both)
    return seen & set(children(process.pid))


@pytest.fixture
def waiting(tmp_path):
    for name in ("here", "go"):
        os.mkfifo(tmp_path / name)
    with running("-m", "tests.core.waiting", INSTANCE=tmp_path, WEB_WORKERS=2, WEB_THREADS=2) as process:
        yield process


def test_a_web_process_that_died_is_replaced_while_the_other_serves_on(waiting):
    first = web_processes(waiting)
    victim, other = first
    os.kill(victim, signal.SIGKILL)
    second = web_processes(waiting)
    assert other in second
    assert victim not in second
    waiting.send_signal(signal.SIGTERM)
    assert waiting.wait(PATIENCE) == 0
    assert re.search(r"a web process ended with code -9 and is replaced", waiting.stderr.read())


def test_clients_that_send_slowly_keep_nobody_else_waiting(waiting):
    web_processes(waiting)
    head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 8\r\n\r\nscore="
    slow = [socket.create_connection(("127.0.0.1", waiting.port), PATIENCE) for _ in range(32)]
    for client in slow:
        client.sendall(head)
    assert all(answer(waiting) for _ in range(8))
    slow.pop().close()
    for client in slow:
        client.sendall(b"10")
        heard = b""
        while not heard.endswith(b"score=10"):
            piece = client.recv(1000)
            assert piece, heard
            heard += piece
        client.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_request_under_way_is_answered_before_the_end(waiting, tmp_path, number):
    web_processes(waiting)
    answers = []
    asking = threading.Thread(target=lambda: answers.append(answer(waiting, "/waiting")))
    asking.start()
    assert (tmp_path / "here").read_text() == "here"
    waiting.send_signal(number)
    (tmp_path / "go").write_text("the whole answer")
    asking.join(PATIENCE)
    assert answers == ["the whole answer"]
    assert waiting.wait(PATIENCE) == 0
    assert answer(waiting) is None


def test_the_product_serves_after_one_of_its_processes_died(settings):
    names = {"INSTANCE": settings.INSTANCE, "DATABASE_URL": settings.DATABASE_URL, "WEB_WORKERS": 2}
    with running(
        "-m", "app", "serve", "--no-demo", "--no-worker", SECRET_KEY=settings.SECRET_KEY, **names
    ) as process:
        until(lambda: answer(process, "/sign-in"))
        victim = until(lambda: children(process.pid))[0]
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(children(process.pid)) == 2 and victim not in children(process.pid))
        assert all("JustAsk" in until(lambda: answer(process, "/sign-in")) for _ in range(8))
        asks = json.loads(answer(process, "/api/v1/openapi.json"))["paths"]["/api/v1/tasks"]["get"]
        assert asks["summary"] == "List tasks"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_the_application_is_forked_without_a_connection_to_the_database(tmp_path):
    program = """
from app.core.processes import web
from app.extensions import db
import os
app = web.load("wsgi:app")
with app.app_context():
    print(db.engine.pool.checkedin(), db.engine.pool.checkedout(), len(os.listdir("/proc/self/task")))
    print([name for name in map(os.readlink, [f"/proc/self/fd/{n}" for n in (3, 4, 5, 6) if os.path.exists(f"/proc/self/fd/{n}")]) if ".db" in name])
"""
    env = os.environ | {"JUSTASK_INSTANCE": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert run.stdout.split("\n")[:2] == ["0 0 1", "[]"]


def test_a_process_ends_with_the_one_that_minds_it_even_where_that_was_killed():
    program = """
import os, sys, time
from app.core.processes import bound
parent = os.getpid()
if os.fork():
    time.sleep(600)
bound.end_with(parent)
os.write(1, b"bound")
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE) as minder:
        assert minder.stdout.read(5) == b"bound"
        minder.kill()
        assert select.select([minder.stdout], [], [], PATIENCE)[0]
        assert minder.stdout.read() == b""  # Nobody holds the other end any more.


def test_who_minds_the_processes_has_nothing_of_the_product_in_memory():
    folder = Path(minding.__file__).parent
    program = "import sys; sys.path.insert(0, sys.argv[1]); import minding; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, folder], capture_output=True, text=True, check=True
    )
    tops = {name.partition(".")[0] for name in run.stdout.split()}
    assert tops - sys.stdlib_module_names == {"__main__", "minding"}
    assert not tops & {"logging", "threading", "subprocess", "json", "enum", "collections", "signal"}


def test_what_an_earlier_version_left_compiled_is_not_run(tmp_path, monkeypatch):
    text, compiled = tmp_path / "minding.py", tmp_path / "minding.pyc"
    text.write_text("of_this_version = 1")
    monkeypatch.setattr(minding, "__file__", str(text))
    monkeypatch.setattr(minding, "__cached__", str(compiled))
    assert minding.program() == str(text)
    py_compile.compile(str(text), str(compiled))
    assert minding.program() == str(compiled)
    text.write_text("of_the_next_version = 1")
    assert minding.program() == str(text)


@pytest.mark.parametrize("shares", [False, True], ids=["another program's", "another installation's"])
def test_a_port_that_is_taken_is_named(tmp_path, shares):
    with socket.create_server(("127.0.0.1", 0), reuse_port=shares) as taken:
        names = {"JUSTASK_INSTANCE": str(tmp_path), "JUSTASK_PORT": str(taken.getsockname()[1])}
        run = subprocess.run(
            [sys.executable, "-m", "app", "serve"],
            cwd=ROOT,
            env=os.environ | names,
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 1
    assert (
        run.stderr == f"Nothing can be served at 127.0.0.1:{names['JUSTASK_PORT']}: Address already in use.\n"
    )


class Minded:
    """Posts minded in a process of their own; each process of theirs says its number through a pipe."""

    def __init__(self, *programs: str, **facts):
        self.read, write = os.pipe()
        os.set_inheritable(write, True)
        posts = [
            vars(Post(f"number {place}", [sys.executable, "-c", TELL + program, str(write)], **facts))
            for place, program in enumerate(programs)
        ]
        command = [sys.executable, "-I", "-S", minding.__file__, "json", marshal.dumps(posts).hex()]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, pass_fds=[write])
        os.close(write)

    def next(self) -> int:
        assert select.select([self.read], [], [], PATIENCE)[0]
        return int(os.read(self.read, 4096).split()[0])

    def end(self) -> list[str]:
        """What it said, once it has ended."""
        self.process.wait(PATIENCE)
        os.close(self.read)
        with self.process.stderr as said:
            return [json.loads(line)["event"] for line in said if line.startswith("{")]


def test_a_process_that_fails_at_once_is_replaced_after_a_pause():
    minded = Minded("sys.exit(3)")
    began = time.monotonic()
    first, second = minded.next(), minded.next()
    assert first != second
    assert time.monotonic() - began >= minding.PAUSE_SECONDS
    minded.process.terminate()
    assert minded.end()[0] == "number 0 ended with code 3 and is replaced"
    assert minded.process.returncode == 0


def test_everything_ends_when_a_needed_process_cannot_be_kept():
    minded = Minded("sys.exit(3)", is_needed=True)
    assert minded.end()[-1] == "number 0 ends as soon as it is started, so everything ends"
    assert minded.process.returncode == 1


def test_at_the_end_all_are_asked_and_waited_for(tmp_path):
    last_words = f"open({str(tmp_path)!r} + '/' + str(os.getpid()), 'w').write('done')"
    minded = Minded(
        f"import signal; signal.signal(15, lambda *_: ({last_words}, sys.exit(0))); signal.pause()"
    )
    process = minded.next()
    until(lambda: catches(process, signal.SIGTERM))
    minded.process.terminate()
    minded.end()
    assert (tmp_path / str(process)).read_text() == "done"
    assert minded.process.returncode == 0


def catches(process: int, number: int) -> bool:
    """Whether a process has a handler of its own for a signal."""
    line = next(x for x in Path(f"/proc/{process}/status").read_text().splitlines() if x.startswith("SigCgt"))
    return bool(int(line.split()[1], 16) >> (number - 1) & 1)
