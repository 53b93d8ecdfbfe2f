"""Questions that are answered with one number."""
