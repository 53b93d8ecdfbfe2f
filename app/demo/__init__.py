"""The believable company for a first look (a door)."""
