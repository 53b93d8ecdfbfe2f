"""A process that ends with the one that started it, even where that was killed and could tell nobody.

A web process that outlives its minder would go on serving beside the next one's, with the code of yesterday. This is for
Linux, which has a signal for it; elsewhere nothing is done.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # From sys/prctl.h.


def end_with(parent: int) -> None:
    """From now on SIGTERM comes when the process `parent` is gone, and at once where it is gone already.

    Raises OSError where the kernel does not allow it.
    """
    if not sys.platform.startswith("linux"):
        return
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)
