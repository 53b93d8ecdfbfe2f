"""Putting surveys together: a draft of the next version, its length, its words and rules."""
