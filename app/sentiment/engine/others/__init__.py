"""Languages other than English: which one a text is in, and a basic reading by word lists of our own."""
