"""What has no business meaning: clock, columns, transactions, errors, the text gate, tokens, working time."""
