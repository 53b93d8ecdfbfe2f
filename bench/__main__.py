"""`make bench`: every benchmark in turn, as one table. Name some to run only those: `make bench ARGS=answering`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from bench import answering, figures, footprint, managing, planning, queueing, sending, spreading
from bench.figures import Absent, Figure

BENCHMARKS: dict[str, Callable[[], Iterable[Figure | Absent]]] = {
    "opening": answering.opening,
    "answering": answering.answering,
    "planning": planning.figures,
    "sending": sending.figures,
    "spreading": spreading.figures,
    "queueing": queueing.figures,
    "managing": managing.figures,
    "weight": footprint.weight,
    "memory": footprint.memory,
}


def main(names: list[str]) -> int:
    """Run the named benchmarks, all when none is named; 1 when a goal was missed, 2 for an unknown name."""
    if unknown := sorted(set(names) - set(BENCHMARKS)):
        print(f"There is no {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    print(figures.head())
    missed = 0
    for name in names or BENCHMARKS:
        for figure in BENCHMARKS[name]():
            print(figures.line(figure), flush=True)
            missed += figure.is_missed
    print(f"{missed} missed" if missed else "Every goal is met.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
