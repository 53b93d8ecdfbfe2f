"""What is known about accounts, put together for their pages."""
