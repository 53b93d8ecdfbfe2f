"""What is free in the C library's pool goes back to the machine."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.core.processes.memory import pools

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
from pathlib import Path
from app.core.processes.memory import pools

def taken():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

pools.keep_one()
kept = [bytearray(10_000) for _ in range(6_000)]
last = bytearray(10_000)
before = taken()
del kept
freed = taken()
pools.give_back()
print(before - taken(), before - freed)
"""


@pytest.mark.skipif(pools.of_glibc() is None, reason="for glibc only")
def test_pieces_that_are_free_between_others_are_given_back():
    found = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, check=True)
    given_back, without = map(int, found.stdout.split())
    assert given_back > 40_000_000 > without
