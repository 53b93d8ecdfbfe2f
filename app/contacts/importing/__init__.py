"""Writing what was read from files: which account and person a row means, what it changes, and who owns it."""
