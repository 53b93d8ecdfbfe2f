"""Coverage: whom we know at our customers, whom we can ask, asked and heard, by role and tier."""
