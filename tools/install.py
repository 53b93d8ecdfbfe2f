"""Installs locked Python packages into this environment with uv, under the index settings the machine has for pip.

uv is three times faster than pip but does not read pip's configuration, so a company mirror named in `pip.conf` would
be passed by. The settings that decide where packages come from are therefore handed over; uv's own variables,
where the machine sets them, come first. What uv cannot do there (a mirror behind a keyring, say), pip is asked to do.
"""

import os
import shlex
import subprocess
import sys

# Which pip setting stands for which uv variable.
HANDED_OVER = {
    "index-url": "UV_DEFAULT_INDEX",
    "cert": "SSL_CERT_FILE",
    "trusted-host": "UV_INSECURE_HOST",
    "proxy": "HTTPS_PROXY",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}
UV_NAMES_ITS_INDEX = ("UV_DEFAULT_INDEX", "UV_INDEX_URL")


def main(arguments: list[str]) -> int:
    """Install what `arguments` name, as `pip install` would."""
    environment = {**from_pip(pip_settings()), **os.environ, "VIRTUAL_ENV": sys.prefix}
    uv = [os.path.join(os.path.dirname(sys.executable), "uv"), "pip", "install", "--quiet", *arguments]
    if subprocess.run(uv, env=environment).returncode == 0:
        return 0
    print("uv could not install that here; trying pip, which takes longer.", file=sys.stderr)
    return subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *arguments]).returncode


def pip_settings() -> str:
    """What pip itself says its settings are, from its files and its environment, one `section.name='value'` a line."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    return asked.stdout


def from_pip(settings: str) -> dict[str, str]:
    """The uv variables that say the same as pip's `settings`; the environment wins over pip's files, as in pip."""
    said: dict[str, str] = {}
    for line in sorted(settings.splitlines(), key=lambda line: line.startswith(":env:")):
        key, separator, quoted = line.partition("=")
        variable = HANDED_OVER.get(key.rpartition(".")[2])
        if separator and variable:
            said[variable] = "".join(shlex.split(quoted)[:1])
    if any(name in os.environ for name in UV_NAMES_ITS_INDEX):
        said.pop("UV_DEFAULT_INDEX", None)
    return {variable: value for variable, value in said.items() if value}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
