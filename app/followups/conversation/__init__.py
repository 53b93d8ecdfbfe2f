"""What is written to and fro about a task."""
