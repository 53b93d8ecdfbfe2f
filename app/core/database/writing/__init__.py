"""What keeps writers of an SQLite file in order, and lets short writings cost little."""
