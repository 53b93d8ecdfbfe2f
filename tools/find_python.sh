#!/bin/sh
# Prints the Python that the virtual environment is made with: 3.11 or later, able to make environments.
# $PYTHON, where given, is the only candidate: whoever names one wants that one or an error.
set -u

able() {
    # A pyenv shim or a removed interpreter is on the PATH and yet does not run, so each candidate is tried.
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

complete() {
    # Debian ships Python without these two until python3-venv is installed.
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

incomplete=
for candidate in ${PYTHON:-python3 python3.11 python3.12 python3.13 python3.14 python}; do
    if able "$candidate"; then
        if complete "$candidate"; then
            command -v "$candidate"
            exit 0
        fi
        incomplete=${incomplete:-$candidate}
    fi
done

if [ -n "$incomplete" ]; then
    echo "$incomplete cannot make virtual environments: its venv and ensurepip modules are missing." >&2
    echo "On Debian and Ubuntu: apt install python3-venv" >&2
elif [ -n "${PYTHON:-}" ]; then
    echo "PYTHON=$PYTHON is not a Python 3.11 or later that runs here." >&2
else
    echo "JustAsk needs Python 3.11 or later, and none was found on the PATH." >&2
    echo "Install one, or name it: make PYTHON=/path/to/python3" >&2
fi
exit 1
