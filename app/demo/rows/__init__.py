"""What happened at the demo company, as rows of the product's own tables."""
