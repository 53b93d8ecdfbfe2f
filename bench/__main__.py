"""`make bench`: every benchmark in turn, as one table of ratios. Name some to run only those: `make bench ARGS=sending`."""

from __future__ import annotations

import sys

from bench import sending

BENCHMARKS = {"sending": sending.run}
HEAD = f"{'what':14}{'ratio':>8}{'low':>8}{'high':>8}{'target':>8}{'per s':>9}{'floor/s':>9}{'CPU us':>8}{'floor':>8}"


def main(names: list[str]) -> int:
    """Run the named benchmarks, all when none is named; 1 when a target was missed."""
    print(HEAD)
    missed = 0
    for name in names or BENCHMARKS:
        row = BENCHMARKS[name]()
        print(line(row), flush=True)
        missed += "ratio" in row and row["ratio"] < row["target"]
    return 1 if missed else 0


def line(row: dict) -> str:
    if "note" in row:
        return f"{row['name']:14}{row['note']}"
    ratios = "".join(f"{row[key]:8.2f}" for key in ("ratio", "low", "high", "target"))
    rates = f"{row['mails_per_second']:9.0f}{row['floor_per_second']:9.0f}"
    return f"{row['name']:14}{ratios}{rates}{row['cpu_us']:8.0f}{row['floor_cpu_us']:8.0f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
