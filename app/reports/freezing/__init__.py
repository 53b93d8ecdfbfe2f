"""Frozen reports: what a report said at an instant, held against what the same question gives now."""
