"""The default engine: plain text in, what was heard out. It knows no database, no survey and no score."""
