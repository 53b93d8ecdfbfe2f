"""Asking a whole audience: the gates each person passes, and the statements that move all at once."""
