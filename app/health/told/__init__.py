"""Facts from outside in files: how much of the product is used, and events of other systems."""
