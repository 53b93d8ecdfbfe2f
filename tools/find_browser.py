"""Prints the path of a Chromium that runs here, for the tests that walk through pages; prints nothing if there is none.

Root on a Debian machine gets one installed. Without a browser those tests are left out with a loud line, except where
`CI=true`: there it is a failure, because nobody reads a skipped test.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ON_PATH = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
ELSEWHERE = [
    (Path("/Applications"), "Google Chrome.app/Contents/MacOS/Google Chrome"),
    (Path.home() / ".cache" / "ms-playwright", "chromium-*/chrome-linux*/chrome"),
    (Path.home() / "Library" / "Caches" / "ms-playwright", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*"),
]
# Without one of its own a browser takes whatever letters there are, and what should fit one screen is measured in those.
FONT = "fonts-liberation"
MISSING = """
=====================================================================================
NO BROWSER: the tests that walk through pages in a browser {consequence}.
Install Chromium or Chrome, or name one: JUSTASK_CHROMIUM=/path/to/chromium make test
=====================================================================================
"""


def main() -> int:
    """Print the browser's path; 1 only if a browser is a must and there is none."""
    named = os.environ.get("JUSTASK_CHROMIUM")
    if named and not runs(named):
        print(f"JUSTASK_CHROMIUM={named} does not run.", file=sys.stderr)
        return 1
    browser = named or find() or (find() if install() else None)
    if browser:
        print(browser)
        return 0
    required = os.environ.get("CI", "").lower() in ("true", "1")
    consequence = "must run where CI=true" if required else "are SKIPPED"
    print(MISSING.format(consequence=consequence), file=sys.stderr)
    return 1 if required else 0


def find() -> str | None:
    """The first browser of the usual places that runs."""
    paths = [path for name in ON_PATH if (path := shutil.which(name))]
    paths += [
        str(path) for folder, pattern in ELSEWHERE for path in sorted(folder.glob(pattern), reverse=True)
    ]
    return next((path for path in paths if runs(path)), None)


def runs(path: str) -> bool:
    """Whether it starts: a stub that only advertises a package, or a browser without its libraries, does not."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install() -> bool:
    """Install Debian's Chromium, if we are root and there is an apt to ask."""
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        return False
    print("No browser here yet: installing Chromium for the tests.", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    packages = ["chromium", FONT]
    for step in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        done = subprocess.run([apt, *step], env=environment, stdout=sys.stderr, stdin=subprocess.DEVNULL)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
