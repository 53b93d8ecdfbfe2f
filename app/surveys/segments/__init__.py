"""Saved segments: filters of people with a name, which programs and lists use."""
