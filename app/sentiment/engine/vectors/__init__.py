"""The engine for all languages, where the extra package is installed: a vector of what a text means, and a small head on it."""
