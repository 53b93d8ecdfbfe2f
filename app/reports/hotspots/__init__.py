"""Hot spots: which segments differ from the others by more than chance."""
