"""Counting each report that can be frozen: its figures, and what it counted one by one."""
