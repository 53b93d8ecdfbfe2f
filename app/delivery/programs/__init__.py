"""Programs: whom those ask that ask by themselves, on which day and in which wave, and words tried out before."""
