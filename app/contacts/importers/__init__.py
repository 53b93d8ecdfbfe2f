"""Bringing accounts and people in from files of other systems: reading (pure) first, then writing."""
