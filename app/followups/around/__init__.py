"""What stands around a follow-up: beside the case on its page, and at its account."""
