"""The `justask` command's first step: `serve` runs in a small process, every other command with the application.

Which of the two is known before either is imported, so that neither pays for the other.
"""

from __future__ import annotations

import sys
from importlib import import_module

PROGRAMS = {"serve": "app.serving"}
APPLICATION = "app.cli"


def main() -> None:
    """The `justask` console script."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    import_module(PROGRAMS.get(word, APPLICATION)).main()


if __name__ == "__main__":
    main()
