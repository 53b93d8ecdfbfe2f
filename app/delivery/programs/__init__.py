"""Programs that ask by themselves: whom, on which day, and in which wave."""
