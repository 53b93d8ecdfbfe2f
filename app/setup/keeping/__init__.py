"""Keeping the data: backups, restoring them, moving to another database, and copies that send nothing until released."""
