"""Why what a frozen report counted is counted otherwise now: one cause for each entry."""
