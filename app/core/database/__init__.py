"""Both databases: transactions and the write gate, columns, prepared statements, bulk rows, migrating."""
