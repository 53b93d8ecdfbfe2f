"""The first hour: the set-up page, rehearsal and going live (a door)."""
