"""Fault drills: something is killed, stopped, doubled or taken away, and afterwards everybody's mails are counted.

`make soak` runs all of them small; `make soak ARGS="kills crowd"` runs those named at full size, `ARGS=all` every one.
Each prints one line for each database and engine, and the exit code is 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench import soak
from tests.faults import (
    answers,
    comebacks,
    crowd,
    dawdlers,
    machines,
    managing,
    moods,
    nights,
    outage,
    power,
    relays,
    reload,
    requests,
    steady,
    stopped,
    sums,
)
from tests.faults.grounds import EVERYWHERE, ON_POSTGRESQL, POSTGRESQL, PROCRASTINATE, SQLITE, Ground


@dataclass(frozen=True)
class Drill:
    """A drill: what happens in it, where it applies, its sizes, and how long it takes on one ground at full size."""

    name: str
    run: Callable[..., dict]
    meaning: str
    minutes: int
    full: dict = field(default_factory=dict)
    small: dict = field(default_factory=dict)
    grounds: tuple[Ground, ...] = EVERYWHERE


def kills(ground: Ground, **sizes: int) -> dict:
    with ground.database() as url:
        return soak.run(sizes["people"], sizes["kills"], url, ground.engine)


def hosts(ground: Ground, **sizes: int) -> dict:
    with ground.database() as url:
        return machines.run(sizes["people"], url, ground.engine)


def inbound(ground: Ground, **sizes: int) -> dict:
    with ground.database() as url:
        return comebacks.on_new(sizes["people"], sizes["kills"], database_url=url)


def limit(ground: Ground, **sizes: int) -> dict:
    with ground.database() as url:
        return relays.limit(sizes["people"], url)


def slow(ground: Ground, **sizes: int) -> dict:
    with ground.database() as url:
        return relays.slow(sizes["people"], sizes["seconds"], url)


def large(ground: Ground, **sizes: int) -> dict:
    with ground.database() as url:
        return relays.large(sizes["people"], url)


DRILLS = (
    Drill(
        "kills",
        kills,
        "kill -9 of the worker, 50 times in a wave of 5,000",
        minutes=8,
        full={"people": 5000, "kills": 50},
        small={"people": 500, "kills": 5},
    ),
    Drill(
        "machines",
        hosts,
        "two web hosts and two workers, one of each killed in a wave while answers come in",
        minutes=3,
        full={"people": 1000},
        small={"people": 300},
        grounds=ON_POSTGRESQL,
    ),
    Drill(
        "managing",
        managing.run,
        "a manager's wave in a browser over two web hosts and two workers, one of each killed",
        minutes=3,
        full={"people": 1000},
        small={"people": 400},
        grounds=ON_POSTGRESQL,
    ),
    Drill(
        "crowd",
        crowd.run,
        "two, then four workers started by mistake: a wave, its reminders, its silence",
        minutes=4,
        full={"people": 1000},
        small={"people": 100},
    ),
    Drill(
        "stopped",
        stopped.run,
        "a worker stopped beyond its lease, then continued",
        minutes=6,
        full={"people": 1000, "stops": 3},
        small={"people": 200, "stops": 1},
    ),
    Drill(
        "power",
        power.run,
        "PostgreSQL and the worker killed together, and PostgreSQL alone, ten times in a wave of 2,000",
        minutes=6,
        full={"people": 2000, "kills": 10},
        small={"people": 300, "kills": 2},
        grounds=ON_POSTGRESQL,
    ),
    Drill(
        "outage",
        outage.run,
        "the mail server away for 30 minutes, then back",
        minutes=38,
        full={"people": 2000, "minutes": 30},
        small={"people": 400, "minutes": 1},
    ),
    Drill(
        "moods",
        moods.run,
        "a server that is busy, greylists, refuses, breaks off and hangs up, in three waves",
        minutes=11,
        full={"people": 500, "minutes": 2},
        small={"people": 100, "minutes": 0},
    ),
    Drill(
        "nights",
        nights.run,
        "both nights in which clocks change, four web processes and two workers, 14 waves",
        minutes=9,
        full={"people": 5},
        small={"people": 2},
    ),
    Drill(
        "reload",
        reload.run,
        "justask serve and gunicorn --preload with four processes each, HUP in a wave while answers come in",
        minutes=5,
        full={"people": 400, "reloads": 5},
        small={"people": 100, "reloads": 1},
    ),
    Drill(
        "steady",
        steady.run,
        "half an hour of waves, answers and colleagues' pages, in which memory and descriptors stay level",
        minutes=31,
        full={"people": 200, "minutes": 30},
        small={"people": 50, "minutes": 1},
    ),
    Drill(
        "limit",
        limit,
        "a domain that may get ten mails a second, two workers, each killed once",
        minutes=5,
        full={"people": 2000},
        small={"people": 200},
        grounds=(SQLITE, PROCRASTINATE),
    ),
    Drill(
        "slow",
        slow,
        "a domain that takes 30 seconds for each mail; the others keep their pace",
        minutes=3,
        full={"people": 2000, "seconds": 30},
        small={"people": 200, "seconds": 10},
        grounds=(SQLITE, PROCRASTINATE),
    ),
    Drill(
        "large",
        large,
        "a wave of 50,000 for one worker, whose memory grows by 30 MB at most",
        minutes=4,
        full={"people": 50_000},
        small={"people": 2000},
        grounds=(SQLITE, PROCRASTINATE),
    ),
    Drill(
        "answers",
        answers.run,
        "kill -9 of the web server, 20 times in 50,000 answers",
        minutes=25,
        full={"people": 50_000, "kills": 20},
        small={"people": 300, "kills": 3},
        grounds=(SQLITE, POSTGRESQL),
    ),
    Drill(
        "sums",
        sums.run,
        "10,000 random acts on answers and accounts with 40 times kill -9, after which every sum is recounted",
        minutes=10,
        full={"acts": 10_000, "kills": 40},
        small={"acts": 400, "kills": 4},
        grounds=(SQLITE, POSTGRESQL),
    ),
    Drill(
        "dawdlers",
        dawdlers.run,
        "64 clients that send a byte now and then, while others open the page and answer",
        minutes=1,
        full={"clients": 64, "pages": 1000},
        small={"clients": 64, "pages": 60},
        grounds=(SQLITE, POSTGRESQL),
    ),
    Drill(
        "requests",
        requests.run,
        "20,000 generated requests, first on SQLite, then on PostgreSQL",
        minutes=20,
        full={"requests": 20_000, "seed": 1},
        small={"requests": 600, "seed": 1},
        grounds=(POSTGRESQL,),
    ),
    Drill(
        "comebacks",
        inbound,
        "kill -9 of the worker while it takes bounces and replies",
        minutes=2,
        full={"people": 150, "kills": 20},
        small={"people": 40, "kills": 5},
    ),
)


def told() -> str:
    """The drills as the help lists them."""
    lines = [
        f"  {one.name:10} {one.meaning}; {one.minutes} min each on {', '.join(g.name for g in one.grounds)}"
        for one in DRILLS
    ]
    return "drills, with their time at full size:\n" + "\n".join(lines)


def chosen(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make soak ARGS=...",
        description=__doc__,
        epilog=told(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [one.name for one in DRILLS]
    parser.add_argument(
        "drill", nargs="*", choices=[*names, "all", []], metavar="DRILL", help="or all; none: all, small"
    )
    parser.add_argument(
        "--on", choices=[one.name for one in EVERYWHERE], help="only this database and engine"
    )
    parser.add_argument("--small", action="store_true", help="small even when named")
    for size in sorted({name for one in DRILLS for name in one.full}):
        parser.add_argument(f"--{size}", type=int, help=f"so many {size} where the drill has some")
    given = parser.parse_args(arguments)
    given.small = given.small or not given.drill
    given.drill = names if not given.drill or "all" in given.drill else given.drill
    return given


def one_line(drill: Drill, ground: Ground, sizes: dict) -> bool:
    """Run the drill and print its figures; whether every promise was kept."""
    began = time.monotonic()
    try:
        words = ", ".join(f"{name} {value}" for name, value in drill.run(ground, **sizes).items())
        is_kept = True
    except AssertionError as error:
        words, is_kept = f"{sizes}: {error}", False
    seconds = time.monotonic() - began
    print(
        f"{drill.name:10} {ground.name:14} {'kept' if is_kept else 'BROKEN':7} {words} [{seconds:.0f} s]",
        flush=True,
    )
    return is_kept


def main() -> int:
    given = chosen(sys.argv[1:])
    kept = []
    for drill in (one for one in DRILLS if one.name in given.drill):
        own = {name: value for name in drill.full if (value := getattr(given, name)) is not None}
        sizes = (drill.small if given.small else drill.full) | own
        for ground in (one for one in drill.grounds if given.on in (None, one.name)):
            kept.append(one_line(drill, ground, sizes))
    if not kept:
        print("None of these drills applies there.")
    return 0 if kept and all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
