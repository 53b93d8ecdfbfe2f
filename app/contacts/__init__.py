"""Accounts, the people there with their roles, and how they come in."""
