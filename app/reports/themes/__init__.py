"""What comments are about, counted: shares with intervals, trends, by band, and what became of the accounts."""
