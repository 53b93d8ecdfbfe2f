"""The C library's pool of memory in the web processes: one for all threads, and given back when it is free.

All of this is for glibc; with another C library nothing is done.
"""

from __future__ import annotations

import ctypes
import threading

# Options of glibc's mallopt, from malloc.h.
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
# Twenty pages of SQLite, which a connection takes at once and gives back whenever another process has written, must fit
# below: fetched from the system each time, page by page, they were a sixth of what an answer costs.
LARGE_BYTES = 128 * 1024
GIVE_BACK_SECONDS = 1.0


def of_glibc() -> ctypes.CDLL | None:
    """The C library, when it is glibc."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt") or not hasattr(library, "malloc_trim"):
        return None
    library.malloc_trim.argtypes = (ctypes.c_size_t,)
    return library


def keep_one() -> None:
    """One pool for all threads, and large pieces returned at once when they are free.

    Left to itself glibc makes a pool for each thread, which Python's own lock makes useless, and after the first large
    piece (checking a password takes 19 MB) it keeps the next ones.
    """
    library = of_glibc()
    if library is not None:
        library.mallopt(M_ARENA_MAX, 1)
        library.mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)


def give_back() -> None:
    """Return the pages that lie free within the pool; some 4 ms for a web process."""
    library = of_glibc()
    if library is not None:
        library.malloc_trim(0)


def give_back_regularly(seconds: float = GIVE_BACK_SECONDS) -> None:
    """From now on `give_back` every so many seconds, in a thread of its own, as long as the process lives."""
    pause = threading.Event()

    def again_and_again() -> None:
        while not pause.wait(seconds):
            give_back()

    if of_glibc() is not None:
        threading.Thread(target=again_and_again, name="memory", daemon=True).start()
