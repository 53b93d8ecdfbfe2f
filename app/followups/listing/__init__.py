"""The queue as its page lists it: which rows stand on a page, customer by customer, and how each is written."""
