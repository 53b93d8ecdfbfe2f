"""Reading mails from outside: octets in, what they are and say out. Pure, and ready for anything."""
