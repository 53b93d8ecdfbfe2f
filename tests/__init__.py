"""Tests mirror `app/`; every test of the database runs on SQLite and on PostgreSQL."""
