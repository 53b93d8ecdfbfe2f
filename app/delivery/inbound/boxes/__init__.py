"""Where mail comes in: an IMAP folder or a maildir."""
