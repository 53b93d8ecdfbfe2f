"""Movers: from band to band, into silence and out of it."""
