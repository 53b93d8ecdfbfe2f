"""Whom and what a row of a file means: which person, which account, which owner."""
