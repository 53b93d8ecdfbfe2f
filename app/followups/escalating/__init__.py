"""Telling leaders that a clock of a follow-up has run out."""
