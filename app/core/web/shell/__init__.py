"""The frame around every staff page: its sections with what waits in them, kept ready and filled in for each request."""
