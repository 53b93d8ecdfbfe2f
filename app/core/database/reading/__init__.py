"""What is read from the database, and whether it would be read again."""
