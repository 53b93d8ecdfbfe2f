"""How an account is doing: the formula, colours, snapshots."""
