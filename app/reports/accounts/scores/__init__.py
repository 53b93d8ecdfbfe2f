"""Scores told to people: what they are called, how they went, and why they are what they are."""
