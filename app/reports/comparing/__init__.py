"""Two periods, or two groups of the same days, held against each other."""
