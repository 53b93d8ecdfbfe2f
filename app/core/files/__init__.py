"""Text files from elsewhere: in which encoding they are written, and the tables in them."""
