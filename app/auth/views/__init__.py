"""Views that people keep: what the address of a page asks for, under a name."""
