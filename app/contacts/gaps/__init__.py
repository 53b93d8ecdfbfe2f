"""What asking needs to know of people and does not: their language and their time zone."""
