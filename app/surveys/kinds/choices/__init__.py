"""Questions that are answered by choosing from a list that staff write."""
