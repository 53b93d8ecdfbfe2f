"""The processes that run the product: how they start, load, log, and show signs of life."""
