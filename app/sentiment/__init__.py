"""How it sounded: a pure reading of a comment, and its stored form."""
