"""What is known about accounts, put together for their pages: read from every package, written by none."""
