"""Mails that ask nothing: they tell people what came of their answers."""
