"""The reader's language: which words are spoken, and how numbers and moments are written."""
