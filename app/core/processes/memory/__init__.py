"""How much memory the processes take: libraries loaded in part, and pools shared and given back."""

LEAN = ("-OO", "-X", "no_debug_ranges")
"""Python's options that leave out docstrings and assertions, a twentieth of the memory that web processes take, and the
columns of every instruction in its line, a sixtieth; tracebacks still name the lines."""
