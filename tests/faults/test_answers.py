"""The drill of answers judges itself: one in which nobody was hit shows nothing."""

from __future__ import annotations

import pytest

from tests.faults.answers import Crowd, was_hit


@pytest.mark.parametrize("tries", [{"303": 5000}, {"303": 5000, "ConnectionRefusedError": 90, "503": 2}])
def test_kills_that_cut_nobody_off_prove_nothing(tries):
    crowd = Crowd(0, [])
    crowd.tries.update(tries)
    with pytest.raises(AssertionError, match="nothing was shown"):
        was_hit(crowd)
    crowd.tries["RemoteDisconnected"] += 1
    was_hit(crowd)
