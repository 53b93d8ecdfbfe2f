"""Mail: wording it, building its octets, and carrying it to a server or to the built-in mailbox."""
