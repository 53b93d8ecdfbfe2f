"""Acts on a chosen set of tasks, and views of the queue that people keep under a name."""
