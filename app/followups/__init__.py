"""What we promised to do: tasks, triggers, the queue, touches."""
