"""Promises: who of us is in touch with a person who asked for it, and by when."""
