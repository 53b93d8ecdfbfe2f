"""What happened at the demo company, in memory: asks, answers, and what its success managers did."""
