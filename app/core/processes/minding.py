"""Minding the processes of `justask serve`: one that ends is replaced, and at the end all are asked to finish.

This is what the process that was started as `justask serve` becomes, once it has forked the web processes. It lives as
long as the installation runs and imports nothing of the product and next to nothing else, so that it takes little more
than Python itself (json, signal's enumerations and collections would take another two fifths); what it has to know stands
on its command line. A replacement runs the command of its post, and so loads everything itself.
"""

from __future__ import annotations

import _signal as signal
import marshal
import os
import select
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DRAIN_SECONDS = 30
PAUSE_SECONDS = 2.0
SHORT_SECONDS = 5.0
ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Hopeless(Exception):
    """A process that is needed ends as soon as it is started, again and again."""


class Post:
    """A place that one process at a time fills; `process` is its number, None while there is none.

    When a process `is_needed` and twice in a row ends with an error as soon as it was started, everything ends. `since`
    and `due_at` are seconds of the clock that never goes back, which survives a change of program.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        process: int | None = None,
        *,
        is_needed: bool = False,
        since: float | None = None,
        due_at: float = 0.0,
        was_short: bool = False,
    ):
        self.name, self.command, self.process = name, command, process
        self.is_needed = is_needed
        self.since = time.monotonic() if since is None else since
        self.due_at = due_at
        self.was_short = was_short

    def fill(self) -> None:
        self.since = time.monotonic()
        self.process = started(self.command)

    def leave(self, code: int) -> None:
        """Its process has ended; the next one is due at once, or after a pause when this one hardly began."""
        now = time.monotonic()
        is_short = now - self.since < SHORT_SECONDS
        self.process = None
        if self.is_needed and code and is_short and self.was_short:
            raise Hopeless(self.name)
        self.was_short = is_short
        self.due_at = now + PAUSE_SECONDS if is_short else now


def become(posts: Sequence[Post], log_format: str) -> None:
    """Turn this process, whose children fill some of the posts, into the one that minds them; never returns.

    Signals wait until it listens for them.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {*ENDS, signal.SIGCHLD})
    words = marshal.dumps([vars(post) for post in posts]).hex()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.execv(sys.executable, [sys.executable, "-I", "-S", program(), log_format, words])  # noqa: S606 - ourselves


def program() -> str:
    """This file, as Python has compiled it already, where that is of this very text: compiling it again would leave
    another sixth taken. Where nobody may write beside it, what lies there can be an earlier version's."""
    try:
        about = os.stat(__file__)
        with open(__cached__, "rb") as file:
            told = file.read(16)[4:]  # Flags, and the moment and size of the text (PEP 552).
    except OSError:
        return __file__
    present = (0, int(about.st_mtime), about.st_size)
    is_present = told == b"".join((one & 0xFFFFFFFF).to_bytes(4, "little") for one in present)
    return __cached__ if is_present else __file__


def fork(work: Callable[[], None]) -> int:
    """Do `work` in a new process, which ends with it; the number of that process."""
    number = os.fork()
    if number:
        return number
    code = 1
    try:
        work()
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def started(command: list[str]) -> int:
    """A new process for `command`, in a session of its own: what is typed at a terminal reaches it through us alone."""

    def work() -> None:
        os.setsid()
        for number in (*ENDS, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.execv(command[0], command)  # noqa: S606 - one of our own commands

    return fork(work)


class Keeper:
    """Fills the posts until a signal says to end, then empties them."""

    def __init__(self, posts: Sequence[Post], say: Callable[[str], None]):
        self.posts = posts
        self.say = say
        self.is_ending = False
        self.news, self.bell = os.pipe()

    def run(self) -> int:
        """The exit code: 1 when a process that is needed cannot be kept."""
        self.listen()
        code = 0
        try:
            while not self.is_ending:
                self.fill()
                self.rest([post.due_at for post in self.posts if post.process is None])
                self.reap()
        except Hopeless as failure:
            self.say(f"{failure} ends as soon as it is started, so everything ends")
            code = 1
        self.drain()
        return code

    def listen(self) -> None:
        """Every signal wakes `rest`; one that was told to be passed over, as by nohup, still is."""
        for end in (self.news, self.bell):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self.bell)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in ENDS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self.end)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())

    def end(self, number: int, frame: object) -> None:
        self.is_ending = True

    def fill(self) -> None:
        now = time.monotonic()
        for post in self.posts:
            if post.process is None and post.due_at <= now:
                post.fill()

    def rest(self, moments: Sequence[float]) -> None:
        """Until a signal has come or the first of these moments."""
        most = max(0.0, min(moments) - time.monotonic()) if moments else None
        if select.select([self.news], [], [], most)[0]:
            os.read(self.news, 4096)

    def reap(self) -> None:
        """Take note of the processes that have ended."""
        for number, code in ended():
            for post in self.posts:
                if post.process == number and self.is_ending:
                    post.process = None
                elif post.process == number:
                    post.leave(code)
                    self.say(f"{post.name} ended with code {code} and is replaced")

    def drain(self) -> None:
        """Ask all to finish what they are doing; who has not after 30 seconds is ended."""
        running = {post.process for post in self.posts if post.process is not None}
        until = time.monotonic() + DRAIN_SECONDS
        send(running, signal.SIGTERM)
        running -= {number for number, _code in ended()}
        while running and time.monotonic() < until:
            self.rest([until])
            running -= {number for number, _code in ended()}
        send(running, signal.SIGKILL)


def ended() -> list[tuple[int, int]]:
    """The children that have ended since, each with its exit code."""
    found = []
    while True:
        try:
            number, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if not number:
            return found
        found.append((number, os.waitstatus_to_exitcode(status)))


def send(processes: set[int], number: int) -> None:
    for process in processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            continue


def say(log_format: str, words: str) -> None:
    """A line in the log, in the form that all others have. What is said here holds nothing that JSON would escape."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    fields = {"event": words, "level": "warning", "logger": "app.core.processes.minding", "timestamp": at}
    as_json = ", ".join(f'"{name}": "{value}"' for name, value in fields.items())
    line = f"{{{as_json}}}" if log_format == "json" else f"{at} [warning  ] {words} [{fields['logger']}]"
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main() -> int:
    log_format, words = sys.argv[1:]
    posts = [Post(**facts) for facts in marshal.loads(bytes.fromhex(words))]  # noqa: S302 - from `become`
    return Keeper(posts, lambda words: say(log_format, words)).run()


if __name__ == "__main__":
    sys.exit(main())
