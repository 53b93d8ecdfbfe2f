"""Finding by name or address, from every staff page: accounts, people, follow-ups and pages."""
