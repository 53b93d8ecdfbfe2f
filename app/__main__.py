"""The `justask` command's first step: `serve` runs in a small process, every other command with the application.

Which of the two is known before either is imported, so that neither pays for the other.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.util import cache_from_source, find_spec

from app.core.processes.memory import LEAN, loading

PROGRAMS = {"serve": "app.serving"}
APPLICATION = "app.cli"
LARGEST_LIBRARY = "sqlalchemy"


def main() -> None:
    """The `justask` console script."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    if word in PROGRAMS and sys.flags.optimize < 2 and is_compiled_lean():
        os.execv(sys.executable, [sys.executable, *LEAN, *sys.orig_argv[1:]])  # noqa: S606 - ourselves
    if word in PROGRAMS:
        loading.install()
    import_module(PROGRAMS.get(word, APPLICATION)).main()


def is_compiled_lean() -> bool:
    """Whether the libraries were compiled for it, as `make` does; compiling them at each start would take long."""
    library = find_spec(LARGEST_LIBRARY)
    return bool(library and library.origin) and os.path.exists(
        cache_from_source(library.origin, optimization=2)
    )


if __name__ == "__main__":
    main()
