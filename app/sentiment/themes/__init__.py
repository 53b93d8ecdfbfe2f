"""What comments are about: an editable dictionary of themes, the mentions found by it, and what it does not know yet."""
