"""Favours: what we ask of people who are content, one at a time, and what came of it."""
