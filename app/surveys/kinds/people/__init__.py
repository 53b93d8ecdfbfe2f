"""Questions about what becomes of the person: the goal, and whether to get in touch."""
