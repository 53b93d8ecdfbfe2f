"""The thank-you page and what can be done on it: asking to be contacted, saying yes or no to what we ask for."""
