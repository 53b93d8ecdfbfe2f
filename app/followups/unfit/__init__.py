"""Scores and comments that do not fit each other: what follows when a colleague says how a comment sounds."""
