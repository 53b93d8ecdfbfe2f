"""Handing mail to one server: its connections, what its replies mean, and when it is left alone."""
