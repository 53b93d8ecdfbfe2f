"""Long runs in which things break. `make soak` starts them; the quick suite does not collect them."""
