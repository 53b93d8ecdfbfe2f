"""Writes the settings table of the README from `config.py`, between the two marks; a test fails while they differ."""

import dataclasses
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BEGIN = "<!-- settings: written by tools/settings_table.py -->\n"
END = "<!-- end of settings -->\n"

# The settings are read from this checkout, whatever is installed.
sys.path.insert(0, str(ROOT))

import config  # noqa: E402


def main() -> None:
    """Write the table."""
    README.write_text(with_table(README.read_text("utf-8")), "utf-8")


def with_table(text: str) -> str:
    """The README's text with the table as `config.py` has it now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def table() -> str:
    """One line for each setting: name, default, meaning."""
    rows = "".join(row(field) for field in dataclasses.fields(config.Settings))
    return f"| setting | default | what it is |\n|---|---|---|\n{rows}"


def row(setting: dataclasses.Field) -> str:
    """The line of one setting."""
    return f"| `{config.PREFIX}{setting.name}` | {shown(setting.default)} | {setting.metadata['meaning']} |\n"


def shown(default: object) -> str:
    """A default as it would be typed; empty ones stay empty."""
    if default in ("", ()):
        return ""
    return f"`{int(default) if isinstance(default, bool) else default}`"


if __name__ == "__main__":
    main()
